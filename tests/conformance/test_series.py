"""Divisors, integrals, powers, correlations and distances against Keras."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from support import check_function, converted

RNG = np.random.default_rng(13)
X = RNG.normal(size=(4, 6)).astype("float32")
INTEGERS = RNG.integers(-60, 60, size=(4, 6)).astype("int32")


@pytest.mark.parametrize("function", [ops.gcd, ops.lcm])
def test_divisors(function):
    x, y = INTEGERS, RNG.integers(-60, 60, size=(4, 6)).astype("int32")
    x[0, :3], y[0, 1:4] = 0, 0
    check_function(function, x, y)
    check_function(lambda a: [function(a, 12), function(a[:, :1], a)], x)
    check_function(lambda a, b: function(ops.cast(a, "int8"), ops.cast(b, "int8")), x // 4, y // 4)
    check_function(lambda a, b: function(ops.cast(a, "uint8"), ops.cast(b, "uint8")), abs(x) // 4, abs(y) // 4)


LARGE = arrays(np.int32, (6,), elements=st.integers(-(2**31) + 1, 2**31 - 1))
DIVISOR = converted(ops.gcd, np.ones(6, "int32"), np.ones(6, "int32"))


@settings(max_examples=60, deadline=None)
@given(LARGE, LARGE)
def test_divisors_of_large_numbers(x, y):
    np.testing.assert_array_equal(DIVISOR.run([x, y]), np.gcd(x, y))


def test_the_slowest_divisor():
    x, y = np.array([1836311903] * 6, "int32"), np.array([1134903170] * 6, "int32")  # neighbours of Fibonacci
    np.testing.assert_array_equal(DIVISOR.run([x, y]), np.ones(6))


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (60,), (2, 30)])
def test_places_as_indices(dtype, shape):
    check_function(lambda x: list(ops.unravel_index(x, shape)), RNG.integers(0, 60, size=(4, 6)).astype(dtype))


def test_places_in_a_shape_of_unknown_size():
    check_function(lambda x: list(ops.unravel_index(ops.cast(ops.argmax(x), "int32"), ops.shape(x))), X)


@pytest.mark.parametrize("axis", [-1, 0, None])
def test_partitions(axis):
    x = INTEGERS
    lite = converted(lambda a: ops.argpartition(a, 3, axis=axis), x)
    places = np.asarray(lite.run(x))
    flat = x.reshape(-1) if axis is None else x
    found = np.take_along_axis(flat, places, axis=axis or 0 if axis is None else axis)
    at = 0 if axis is None else axis
    wanted = np.sort(flat, axis=at)
    kth = np.take(wanted, [3], axis=at)
    np.testing.assert_array_equal(np.take(found, [3], axis=at), kth)
    assert (np.take(found, range(3), axis=at) <= kth).all()


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_integrals(axis):
    points = np.sort(RNG.normal(size=X.shape[axis])).astype("float32")
    check_function(lambda y: ops.trapezoid(y, axis=axis), X)
    check_function(lambda y: ops.trapezoid(y, dx=0.25, axis=axis), X)
    check_function(lambda y: ops.trapezoid(y, x=points, axis=axis), X, dynamic_batch=False)
    check_function(lambda y, x: ops.trapezoid(y, x=x, axis=axis), X, X[::-1] * 2)
    check_function(lambda y: ops.trapezoid(y, axis=axis), INTEGERS)


@pytest.mark.parametrize("columns", [None, 0, 1, 5])
@pytest.mark.parametrize("increasing", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_powers(columns, increasing, dtype):
    check_function(lambda x: ops.vander(x, N=columns, increasing=increasing), np.array([-3, 0, 1, 2], dtype))


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
@pytest.mark.parametrize(("m", "n"), [(6, 3), (6, 4), (3, 6), (4, 6), (5, 5), (7, 1)])
def test_correlations_of_shifts(mode, m, n):
    x, y = RNG.normal(size=m).astype("float32"), RNG.normal(size=n).astype("float32")
    check_function(lambda x, y: ops.correlate(x, y, mode=mode), x, y, dynamic_batch=False)
    if mode != "same":
        filter = y.copy()
        check_function(lambda x: ops.correlate(x, filter, mode=mode), x)


def test_correlations_of_integers():
    check_function(lambda x: ops.correlate(x, np.array([1, 2, 3], "int32"), mode="full"), INTEGERS[0])


@pytest.mark.parametrize(("first", "second"), [((4, 3), (5, 3)), ((2, 4, 3), (2, 5, 3)), ((4, 1), (4, 1))])
def test_distances(first, second):
    x, y = RNG.normal(size=first).astype("float32"), RNG.normal(size=second).astype("float32")
    check_function(ops.cdist, x, y, dynamic_batch=len(first) == 3)
    check_function(lambda x: ops.cdist(x, x), x)


def test_correlations_of_rows():
    check_function(ops.corrcoef, X)
    check_function(lambda x: [ops.corrcoef(x[0]), ops.corrcoef(ops.transpose(x))], X)
    check_function(ops.corrcoef, INTEGERS)
    check_function(ops.corrcoef, X * 1e3 + 1e4, atol=1e-4)  # float32 sums in another order
