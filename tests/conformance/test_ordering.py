import numpy as np
import pytest
from keras import ops

from support import check_function

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4, 6)).astype("float32")
DTYPES = ["float32", "float16", "int32", "int64", "uint8", "int16"]
INTEGERS = np.array([[3, -(2**31), 7, 2**31 - 1, 0]], "int32")


@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_sort(axis):
    check_function(lambda x: ops.sort(x, axis), X)


@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_argsort(axis):
    check_function(lambda x: ops.argsort(x, axis), X)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sort_for_every_element_type(dtype):
    check_function(lambda x: ops.sort(ops.cast(x, dtype)), abs(X) * 50)


@pytest.mark.parametrize("function", [ops.sort, ops.argsort])
def test_smallest_and_largest_integers(function):
    check_function(function, INTEGERS)


def test_argsort_keeps_the_order_of_equal_elements():
    lite = check_function(ops.sort, np.array([[2, 1, 2, 1, 1]], "int32"))
    assert lite is not None
    check_function(lambda x: ops.argsort(x * 10 + ops.arange(5)), np.array([[2, 1, 2, 1, 1]], "int32"))


@pytest.mark.parametrize("k", [1, 3, 6])
def test_top_k(k):
    def best(x):
        values, places = ops.top_k(x, k)
        return values, ops.cast(places, "int32")

    check_function(best, X)


def test_in_top_k():
    check_function(lambda i, x: ops.in_top_k(i, x, 2), np.array([0, 3, 5], "int32"), X[:, 0])


def test_top_k_of_fewer():
    """All are among the best, as for numpy; some other backends raise an error."""
    check_function(lambda i, x: ops.in_top_k(i, x, 5), np.array([0, 1, 1], "int32"), X[:, 0, :2])
    check_function(lambda x: ops.top_k(x, 5)[0], X[:, 0, :2])


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(side):
    table = np.array([-1, 0, 0.5, 2], "float32")
    values = np.array([[-2, 0, 0.5], [0.2, 2, 3]], "float32")
    check_function(lambda x: ops.searchsorted(table, x, side=side), values)


def test_digitize():
    check_function(lambda x: ops.digitize(x, np.array([-1, 0, 0.5])), X)


@pytest.mark.parametrize("invert", [False, True])
def test_isin(invert):
    check_function(lambda x: ops.isin(ops.cast(x, "int32"), np.array([[0, 2], [-1, 7]]), invert=invert), X * 3)
