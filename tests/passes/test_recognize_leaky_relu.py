"""LEAKY_RELU as people write it, and what is nearly one."""

import numpy as np
import pytest
from keras import ops

from support import builtins_of, check_function

X = np.array([[-np.inf, -3, -0.0, 0, 2, np.inf]] * 3, "float32")


@pytest.mark.parametrize(
    "function",
    [lambda x: ops.maximum(x, 0.1 * x), lambda x: ops.maximum(x / 5, x), lambda x: ops.maximum(-x * -0.3, x)],
)
def test_however_it_is_written(function):
    assert builtins_of(check_function(function, X)) == ["LEAKY_RELU"]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.maximum(x, 1.5 * x),
        lambda x: ops.maximum(x, -0.5 * x),
        lambda x: ops.maximum(x, 0.1 * x + 1),
        lambda x: ops.minimum(x, 0.1 * x),
    ],
)
def test_what_is_nearly_one(function):
    assert "LEAKY_RELU" not in builtins_of(check_function(function, X))
