"""Squares of differences, and when they stay two operations."""

import numpy as np
import pytest
from keras import ops

from litesmith.passes.recognize_squared_difference import RecognizeSquaredDifference
from support import builtins_of, check_function, check_rewrite

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")
Y = np.random.default_rng(1).standard_normal((3, 1)).astype("float32")


@pytest.mark.parametrize(
    "function", [lambda x, y: ops.square(x - y), lambda x, y: (x - y) ** 2, lambda x, y: (x - y) * (x - y)]
)
def test_however_it_is_written(function):
    assert builtins_of(check_function(function, X, Y)) == ["SQUARED_DIFFERENCE"]


@pytest.mark.parametrize(
    "lines",
    [
        "%2 = square %1 : float32[4]\n%3 = add %1, %2 : float32[4]\nreturn %3",
        "%2 = square %1 : float32[4]\nreturn %1, %2",
        "%2 = mul %1, %x : float32[4]\nreturn %2",
        "%2 = mul(fused_activation_function=RELU6) %1, %1 : float32[4]\nreturn %2",
        "%2 = pow %1, const float32[] 3.0 : float32[4]\nreturn %2",
    ],
)
def test_what_stays(lines):
    check_rewrite(
        RecognizeSquaredDifference(),
        f"graph main(%x: float32[4], %y: float32[4]) {{\n%1 = sub %x, %y : float32[4]\n{lines}\n}}",
        None,
    )


def test_a_fused_activation_stays():
    check_rewrite(
        RecognizeSquaredDifference(),
        """graph main(%x: float32[4], %y: float32[4]) {
          %1 = sub(fused_activation_function=RELU) %x, %y : float32[4]
          %2 = square %1 : float32[4]
          return %2
        }""",
        None,
    )
