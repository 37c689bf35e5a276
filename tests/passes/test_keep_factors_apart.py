"""Products of a transposed tensor with itself, in the runtime."""

import keras
import numpy as np
import pytest
from keras import ops

from support import builtins_of, check_converts

X = np.random.default_rng(0).standard_normal((3, 2, 4, 4)).astype("float32")


def converted(function):
    inputs = keras.Input((2, 4, 4))
    return check_converts(keras.Model(inputs, function(inputs)), X[:1], X)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_factor_that_was_transposed_for_a_softmax(axis):
    """XNNPACK computed another product where both factors were the result of one TRANSPOSE."""
    assert "TRANSPOSE" in builtins_of(converted(lambda x: ops.matmul(p := ops.softmax(x, axis), p)))


@pytest.mark.parametrize("axes", [(0, 2, 1, 3), (0, 3, 2, 1), (0, 2, 3, 1), (0, 1, 3, 2), (0, 3, 1, 2)])
def test_any_order_of_axes(axes):
    inputs = keras.Input((4, 4, 4))
    turned = ops.transpose(inputs, axes)
    x = np.random.default_rng(1).standard_normal((3, 4, 4, 4)).astype("float32")
    check_converts(keras.Model(inputs, [ops.matmul(turned, turned), turned + 1]), x[:1], x)


def test_products_of_what_was_not_transposed_stay():
    assert builtins_of(converted(lambda x: ops.matmul(x, x))) == ["BATCH_MATMUL"]
