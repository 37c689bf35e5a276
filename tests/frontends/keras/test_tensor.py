"""The tensor that models are followed with, in the hands of code that expects another."""

import keras
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


ODD = np.array([True, False, True, False])
INTEGERS = np.array([[0, 1, -5, 2**31 - 1], [7, 12, 96, -(2**31)]], "int32")


@pytest.mark.parametrize(
    "function", [lambda x: x & ODD, lambda x: ODD | x, lambda x: x ^ ODD, lambda x: ODD & x, lambda x: ~x]
)
def test_operators_of_booleans(function):
    check_function(function, INTEGERS > 3)


@pytest.mark.parametrize(
    "function", [lambda x: x ^ 5, lambda x: 12 ^ x, lambda x: ~x, lambda x: x & 3, lambda x: 3 | x]
)
def test_operators_of_integers_combine_their_bits(function):
    check_function(function, INTEGERS)


@pytest.mark.parametrize("function", [np.sin, np.mean, lambda x: np.concatenate([x, x]), np.asarray])
def test_other_functions_of_numpy_are_a_finding(function):
    with pytest.raises(LitesmithError, match=r"K103.*numpy"):
        check_function(function, np.ones((1, 4), "float32"))


def test_a_branch_on_values_is_a_finding_that_names_where_and_cond():
    def positive(x):
        return x if keras.ops.sum(x) > 0 else -x

    with pytest.raises(LitesmithError, match=r"K103(.|\n)*keras.ops.where or keras.ops.cond in place of if"):
        check_function(positive, np.ones((1, 4), "float32"))
