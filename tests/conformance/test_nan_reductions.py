"""Reductions that leave out what is not a number, against Keras."""

import numpy as np
import pytest
from keras import ops

from support import check_function

RNG = np.random.default_rng(8)
X = RNG.normal(size=(3, 4, 5)).astype("float32")
HOLES = np.where(RNG.random(X.shape) < 0.4, np.nan, X)
HOLES[0, 0] = np.nan
HOLES[1, 1] = [np.nan, -np.inf, np.nan, np.inf, 3]
HOLES[2, 1] = [np.nan, -np.inf, np.nan, -np.inf, np.nan]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize(("axis", "keepdims"), [(None, False), (1, True), (-1, False), ((0, 2), True), ((1, 2), False)])
def test_extremes(axis, keepdims):
    check_function(
        lambda x: [ops.nanmax(x, axis=axis, keepdims=keepdims), ops.nanmin(x, axis=axis, keepdims=keepdims)], HOLES
    )


@pytest.mark.parametrize(("axis", "keepdims"), [(None, False), (0, False), (1, True), (-1, False)])
def test_places_of_extremes(axis, keepdims):
    check_function(
        lambda x: [ops.nanargmax(x, axis=axis, keepdims=keepdims), ops.nanargmin(x, axis=axis, keepdims=keepdims)],
        HOLES,
    )


@pytest.mark.parametrize(("axis", "keepdims"), [(None, False), (1, True), (-1, False), ((0, 2), True), ((1, 2), False)])
def test_deviations(axis, keepdims):
    x = np.where(np.isinf(HOLES), np.nan, HOLES) * 3 + 1
    check_function(
        lambda x: [ops.nanvar(x, axis=axis, keepdims=keepdims), ops.nanstd(x, axis=axis, keepdims=keepdims)], x
    )


@pytest.mark.parametrize("axis", [None, 1, -1])
def test_running_sums_and_products(axis):
    x = np.where(np.isinf(HOLES), np.nan, HOLES)[: 3 if axis is not None else 1]
    check_function(
        lambda x: [ops.nancumsum(x, axis=axis), ops.nancumprod(x, axis=axis)], x, dynamic_batch=axis is not None
    )


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "float16"])
def test_dtypes(dtype):
    x = RNG.integers(0, 5, size=(3, 6)).astype(dtype)
    check_function(lambda x: [ops.nanvar(x, axis=1), ops.nanargmax(x, axis=1), ops.nancumsum(x, axis=1)], x)
    if dtype != "bool":
        check_function(lambda x: [ops.nanmax(x, axis=1), ops.nanmin(x, axis=1), ops.nancumprod(x, axis=1)], x)
