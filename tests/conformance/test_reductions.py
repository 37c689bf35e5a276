"""Reductions against Keras."""

import numpy as np
import pytest
from keras import ops

from support import builtins_of, check_function

RNG = np.random.default_rng(3)
REALS = RNG.normal(size=(3, 4, 5, 6)).astype("float32")
FUNCTIONS = [
    *(ops.sum, ops.mean, ops.max, ops.min, ops.amax, ops.amin, ops.prod, ops.var, ops.std, ops.logsumexp),
    *(ops.any, ops.all, ops.nansum),
]
AXES = [None, 1, -1, (1, 2), (1, 3), (-1, 1), (0, 2), [2, 3], (0, 1, 2, 3), ()]


def named(function):
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("function", FUNCTIONS, ids=named)
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes(function, axis, keepdims):
    if function is ops.logsumexp and axis in ((), [2, 3]):
        pytest.skip("Keras refuses it")
    check_function(lambda x: function(x, axis=axis, keepdims=keepdims), REALS)


@pytest.mark.parametrize(
    "function", [ops.sum, ops.mean, ops.max, ops.min, ops.prod, ops.var, ops.std, ops.any, ops.all, ops.argmax]
)
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32"])
def test_integers(function, dtype):
    x = RNG.integers(0, 100, size=(3, 4, 5)).astype(dtype)
    check_function(lambda a: function(a, axis=1), x)
    check_function(lambda a: function(a, axis=-1, keepdims=True), x)


@pytest.mark.parametrize("function", [ops.sum, ops.mean, ops.max, ops.min, ops.prod, ops.std, ops.any, ops.argmax])
def test_scalars(function):
    check_function(function, np.array(3.5, "float32"))


@pytest.mark.parametrize("function", [ops.sum, ops.mean, ops.max])
def test_more_axes_than_the_delegate_takes(function):
    x = RNG.normal(size=(3, 2, 1, 2, 3, 2, 2)).astype("float32")
    check_function(lambda a: function(a, axis=(1, 4)), x)
    check_function(lambda a: function(a, axis=(2, 3), keepdims=True), x)


def test_scattered_axes_are_reduced_in_turn():
    lite = check_function(lambda x: ops.mean(x, axis=(1, 3), keepdims=True), REALS)
    assert builtins_of(lite) == ["MEAN", "MEAN"]


@pytest.mark.parametrize("function", [ops.argmax, ops.argmin])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float16", "int16", "int32"])
def test_places_of_extremes(function, axis, keepdims, dtype):
    x = (RNG.normal(size=(3, 4, 5)) * 3).astype(dtype)
    check_function(lambda a: function(a, axis=axis, keepdims=keepdims), x)


@pytest.mark.parametrize("function", [ops.cumsum, ops.cumprod])
@pytest.mark.parametrize("axis", [1, 2, -1])
@pytest.mark.parametrize("dtype", ["float32", "int32", "int8", "bool"])
def test_running_sums_and_products(function, axis, dtype):
    x = RNG.integers(-2, 3, size=(3, 4, 5)).astype(dtype)
    check_function(lambda a: function(a, axis=axis), x)


def test_running_sum_of_all_elements():
    check_function(ops.cumsum, REALS[:, :2, :2, 0])


@pytest.mark.parametrize("axis", [None, 1, (1, 2)], ids=str)
def test_count_nonzero(axis):
    check_function(lambda x: ops.count_nonzero(x, axis=axis), np.where(REALS > 0, REALS, 0))


@pytest.mark.parametrize("axes", [[1], [1, 2], [0, 3], [-1]], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_moments(axes, keepdims):
    # Keras takes the difference of two squares, which cancels: its error is the larger one.
    check_function(lambda x: list(ops.moments(x, axes, keepdims=keepdims)), REALS + 1, atol=3e-6)


def test_log_sum_exp_does_not_overflow():
    x = np.array([[1000.0, 999.0, -1000.0], [-np.inf, -np.inf, -np.inf], [0.0, -np.inf, 1.0]], "float32")
    check_function(lambda a: ops.logsumexp(a, axis=1), x)


@pytest.mark.parametrize("axis", [None, 1, -1])
def test_average(axis):
    check_function(lambda x: ops.average(x, axis=axis), REALS)
    check_function(lambda x, w: ops.average(x, axis=axis, weights=w), REALS, np.abs(REALS) + 1)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_average_with_weights_of_one_axis(axis):
    weights = np.arange(1, 1 + REALS.shape[axis]).astype("float32")
    check_function(lambda x: ops.average(x, axis=axis, weights=weights), REALS)


def test_extremes_with_initial_value():
    check_function(lambda x: [ops.max(x, axis=1, initial=0.5), ops.min(x, axis=1, initial=-0.5)], REALS)


def test_what_is_no_number_is_left_out():
    x = np.where(REALS > 1, np.nan, REALS)
    check_function(lambda a: [ops.nansum(a, axis=1), ops.nanprod(a, axis=1), ops.nanmean(a, axis=-1)], x)


@pytest.mark.parametrize("order", [1, 2])
def test_differences(order):
    check_function(lambda x: ops.diff(x, n=order, axis=1), REALS)


@pytest.mark.parametrize("order", [None, 0, 1, 2, 3, np.inf, -np.inf])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_of_vectors(order, keepdims):
    check_function(lambda x: ops.norm(x, ord=order, axis=1, keepdims=keepdims), REALS)


@pytest.mark.parametrize("axis", [None, (1, 2)], ids=str)
def test_norms_of_all_elements(axis):
    check_function(lambda x: ops.norm(x, axis=axis), REALS)
