"""The tensor that models are followed with, in the hands of code that expects another."""

import numpy as np
import pytest

from litesmith.diagnostics.base import LitesmithError
from support import check_function


@pytest.mark.parametrize(
    "function",
    [lambda x, a: a * x, lambda x, a: x * a, lambda x, a: a - x, lambda x, a: a**x, lambda x, a: np.float32(3) / x],
)
def test_numpy_arrays_leave_arithmetic_to_the_tensor(function):
    array = np.arange(1, 5, dtype="float32")
    check_function(lambda x: function(x, array), np.array([[0.5, 1, 2, 3]], "float32"))


def test_comparisons_of_numpy_arrays_are_turned_around():
    array = np.arange(4, dtype="float32")
    check_function(lambda x: [array < x, array >= x, array == x], np.array([[0, 0.5, 2, 9]], "float32"))


@pytest.mark.parametrize("function", [np.sin, np.mean, lambda x: np.concatenate([x, x]), np.asarray])
def test_other_functions_of_numpy_are_a_finding(function):
    with pytest.raises(LitesmithError, match=r"K103.*numpy"):
        check_function(function, np.ones((1, 4), "float32"))
