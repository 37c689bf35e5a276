"""Medians, quantiles and percentiles against Keras."""

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from support import builtins_of, check_function

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 4, 5)).astype("float32")
HOLES = np.where(RNG.random(X.shape) < 0.4, np.nan, X)
HOLES[0, 0] = np.nan
METHODS = ["linear", "lower", "higher", "midpoint", "nearest"]
SEVERAL = [0.0, 0.1, 0.25, 0.5, 0.625, 1.0]
AXES = [(None, False), (0, True), (1, False), (-1, True), ((1, 2), False), ((0, 2), True), (None, True)]


@pytest.mark.parametrize(("axis", "keepdims"), AXES)
def test_axes(axis, keepdims):
    options = {"axis": axis, "keepdims": keepdims}
    check_function(
        lambda x: [ops.median(x, **options), ops.quantile(x, 0.3, **options), ops.percentile(x, [10, 90], **options)],
        X,
    )


@pytest.mark.parametrize(("axis", "keepdims"), AXES)
def test_axes_with_holes(axis, keepdims):
    options = {"axis": axis, "keepdims": keepdims}
    check_function(
        lambda x: [
            ops.nanmedian(x, **options),
            ops.nanquantile(x, 0.3, **options),
            ops.nanpercentile(x, [10, 90], **options),
        ],
        HOLES,
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1, 5, 8])
def test_methods(method, size):
    x = RNG.normal(size=(3, size)).astype("float32")
    check_function(lambda a: ops.quantile(a, SEVERAL, axis=1, method=method), x)
    check_function(lambda a: ops.nanquantile(a, SEVERAL, axis=1, method=method), np.where(x > 1, np.nan, x))


@pytest.mark.parametrize("method", METHODS)
def test_an_axis_of_unknown_size(method):
    check_function(lambda a: ops.quantile(a, SEVERAL, axis=0, method=method), X[:, 0])
    check_function(lambda a: ops.median(a, axis=0), X[:2, 0])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "float16"])
def test_dtypes(dtype):
    x = RNG.integers(0, 100, size=(3, 6)).astype(dtype)
    check_function(lambda a: [ops.median(a, axis=1), ops.nanmedian(a, axis=1)], x)
    if dtype != "bool":
        check_function(lambda a: [ops.quantile(a, 0.7, axis=1), ops.percentile(a, 70.0, axis=1)], x)


def test_quantiles_that_the_model_computes():
    check_function(lambda x, q: ops.quantile(x, q, axis=1), X[:, :, 0], np.array([0.2, 0.9, 0.5], "float32"))
    check_function(lambda x: ops.quantile(x, ops.mean(ops.abs(ops.tanh(x))), axis=1), X[:, :, 0])


def test_what_is_no_number_makes_the_result_so():
    check_function(lambda x: [ops.median(x, axis=1), ops.quantile(x, 0.5, axis=2)], HOLES)


@pytest.mark.parametrize("method", ["lower", "higher", "nearest"])
def test_infinities_are_elements(method):
    x = np.array([[np.inf, 1, -np.inf, 2], [np.inf, np.inf, 0, -1], [-np.inf, -np.inf, -np.inf, 3]], "float32")
    check_function(lambda a: ops.quantile(a, SEVERAL, axis=1, method=method), x)
    check_function(lambda a: [ops.median(a, axis=1), ops.nanmedian(a, axis=1)], x)


def test_a_median_of_known_size_takes_few_operators():
    lite = check_function(lambda x: ops.median(x, axis=-1), X[:, 0])
    assert builtins_of(lite).count("GATHER") <= 1


def test_other_methods_are_refused():
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Lambda(lambda a: ops.quantile(a, 0.5, axis=1, method="hazen"))(x))
    with pytest.raises(litesmith.LitesmithError, match="hazen"):
        litesmith.convert(model)
