"""Functions that are approximated, against Keras: the error of each element relative to its value."""

import numpy as np
import pytest
import scipy.special
from keras import ops

from support import check_function, converted

RNG = np.random.default_rng(12)
INSIDE = np.concatenate([RNG.uniform(-1, 1, 2000), 1 - 10.0 ** -RNG.uniform(0, 7, 500), [0.0, -0.0, 1e-30, -1e-7]])
SMALL = np.concatenate([RNG.uniform(-16, 16, 2000), [0.0, 8.0, -8.0, 1e-20]])
LARGE = np.append(RNG.uniform(-91, 91, 500), 90.9)


@pytest.mark.parametrize(
    ("function", "x", "rtol"), [(ops.erfinv, INSIDE, 1e-6), (ops.i0, SMALL, 1e-6), (ops.i0, LARGE, 6e-6)]
)
def test_relative_errors(function, x, rtol):
    x = x.astype("float32")
    exact = getattr(scipy.special, function.__name__)
    np.testing.assert_allclose(converted(function, x).run(x), exact(x.astype("float64")), rtol=rtol, atol=1e-37)


def test_edges():
    x = np.array([0.0, 1.0, -1.0, 1.0000001, -3.0, np.inf, -np.inf, np.nan], "float32")
    check_function(ops.erfinv, x)
    check_function(ops.i0, np.array([0.0, -0.0, 93, np.nan], "float32"))
    infinite = np.array([np.inf, -np.inf], "float32")  # numpy says that these have none
    assert (converted(ops.i0, infinite).run(infinite) == np.inf).all()


@pytest.mark.parametrize("function", [ops.erfinv, ops.i0])
def test_integers_and_half_floats(function):
    check_function(function, np.array([0, 1, -1], "int32"))
    check_function(lambda x: function(ops.cast(x, "float16")), np.array([0.25, 0.5, -0.125], "float32"))


@pytest.mark.parametrize("equal_nan", [False, True])
def test_all_close(equal_nan):
    x = np.array([1.0, np.inf, np.nan, 3.0], "float32")
    check_function(lambda x, y: ops.allclose(x, y, equal_nan=equal_nan), x, x + np.float32(1e-6))
    check_function(lambda x, y: ops.allclose(x, y, rtol=1e-3), x[:2], x[:2] * np.float32(1.0005))
    check_function(lambda x, y: ops.allclose(x, y), x[:2], x[:2] + 1)
