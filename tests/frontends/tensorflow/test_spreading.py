"""Convolutions that TensorFlow says by spreading images over the batch: dilated ones."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, imported_operators

IMAGES = floats(2, 9, 8, 3)


def spread(x, blocks, amounts, function):
    """What a function does between SpaceToBatchND and BatchToSpaceND, whose sizes are rounded up."""
    sizes = x.shape[1 : 1 + len(blocks)]
    more = [-(size + 2 * amount) % block for size, amount, block in zip(sizes, amounts, blocks, strict=True)]
    pads = [[amount, amount + rest] for amount, rest in zip(amounts, more, strict=True)]
    result = function(tf.space_to_batch_nd(x, blocks, pads))
    return tf.batch_to_space(result, blocks, [[0, rest] for rest in more])


@pytest.mark.parametrize("blocks", [(2, 3), (2, 2)])
@pytest.mark.parametrize("amounts", [(0, 0), (2, 1)])
def test_a_dilated_convolution(blocks, amounts):
    filters, depthwise = floats(3, 2, 3, 4, seed=1), floats(2, 2, 3, 2, seed=2)
    own = lambda part: tf.nn.conv2d(part, filters, 1, "VALID")  # noqa: E731
    graph = check_tensorflow(lambda x: spread(x, blocks, amounts, own), IMAGES, rtol=1e-5, atol=1e-5)
    assert "CONV_2D" in imported_operators(graph)
    assert "TRANSPOSE" not in imported_operators(graph)
    biased = lambda part: tf.nn.bias_add(tf.nn.depthwise_conv2d(part, depthwise, [1] * 4, "VALID"), np.ones(6, "f4"))  # noqa: E731
    graph = check_tensorflow(lambda x: spread(x, blocks, amounts, biased), IMAGES, rtol=1e-5, atol=1e-5)
    assert "TRANSPOSE" not in imported_operators(graph)


def test_a_dilated_convolution_of_sequences():
    filters = floats(1, 3, 4, 5)
    own = lambda part: tf.squeeze(tf.nn.conv2d(tf.expand_dims(part, 1), filters, 1, "VALID"), [1])  # noqa: E731
    graph = check_tensorflow(lambda x: spread(x, [4], [4], own), floats(2, 11, 4), rtol=1e-5, atol=1e-5)
    assert "TRANSPOSE" not in imported_operators(graph)


def test_what_is_no_dilated_convolution_stays():
    filters = floats(3, 2, 3, 4, seed=1)
    same = lambda part: tf.nn.conv2d(part, filters, 1, "SAME")  # noqa: E731
    check_tensorflow(lambda x: spread(x, (2, 3), (0, 0), same), IMAGES, rtol=1e-5, atol=1e-5)
    around = lambda part: tf.nn.conv2d(part, filters, 1, [[0, 0], [1, 1], [1, 0], [0, 0]])  # noqa: E731
    check_tensorflow(lambda x: spread(x, (2, 3), (0, 0), around), IMAGES, rtol=1e-5, atol=1e-5)
    check_tensorflow(lambda x: spread(x, (2, 3), (0, 0), lambda part: 2 * tf.cumsum(part, 1)), IMAGES, atol=1e-5)
    check_tensorflow(lambda x: spread(x, (2, 3), (0, 0), lambda part: part), IMAGES)
