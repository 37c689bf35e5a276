"""Shapes, slices, and elements picked by index, with open sizes, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, imported_operators

X = floats(2, 4, 6)


def test_a_shape_computed_step_by_step_stays_a_size():
    def function(x):
        sizes = tf.shape(x)
        return tf.reshape(x, [sizes[0], sizes[1] // 2, tf.reduce_prod(sizes[2:]) * 2])

    assert imported_operators(check_tensorflow(function, X)) == ["RESHAPE"]
    check_tensorflow(function, X, dynamic=(0, 1))


def test_sizes_as_numbers():
    check_tensorflow(lambda x: x / tf.cast(tf.shape(x)[1], tf.float32), X, dynamic=(0, 1))
    check_tensorflow(lambda x: (tf.size(x), tf.rank(x), tf.shape(x, out_type=tf.int64)), X, dynamic=(0, 1))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 1:3],
        lambda x: x[:, ::-1, ::2],
        lambda x: x[..., tf.newaxis, 0],
        lambda x: x[:, -1],
        lambda x: x[0],
        lambda x: x[:, 3:0:-2, -3:],
        lambda x: x[:, tf.shape(x)[1] // 2 :],
        lambda x: x[:, tf.cast(tf.abs(x[0, 0, 0]), tf.int32) :],
        lambda x: tf.slice(x, [0, 1, 2], [-1, 2, 3]),
        lambda x: tf.slice(x, [0, tf.cast(tf.abs(x[0, 0, 0]), tf.int32), 0], [-1, 2, -1]),
        lambda x: tf.expand_dims(tf.squeeze(x[:, :1], 1), -1),
        lambda x: tf.transpose(x, [0, 2, 1]),
        lambda x: tf.tile(x, [1, 2, 3]),
        lambda x: tf.broadcast_to(x[:, :1], tf.shape(x)),
        lambda x: tf.stack([x, x + 1], 1),
        lambda x: tf.unstack(x, axis=2),
        lambda x: tf.concat([x, x[:, :2]], 1),
        lambda x: tf.split(x, 2, 2),
        lambda x: tf.split(x, [1, -1, 2], 2),
        lambda x: tf.reverse(x, [1]),
        lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]]),
        lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], constant_values=2.0),
        lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], "REFLECT"),
        lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], "SYMMETRIC"),
        lambda x: tf.roll(x, [1, -2], [1, 2]),
        lambda x: tf.linalg.band_part(x, 1, 0),
        lambda x: tf.space_to_batch(x, [2], [[0, 0]]),
        lambda x: tf.zeros_like(x) + tf.ones_like(x),
        lambda x: tf.fill(tf.shape(x)[:2], 7),
        lambda x: tf.range(tf.shape(x)[1]),
        lambda x: tf.reshape(x, [-1, 3]),
        lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [24]], 0)),
    ],
)
def test_shaping_and_slicing(function):
    check_tensorflow(function, X)


def test_slices_of_open_axes():
    check_tensorflow(lambda x: x[:, 1:-1, ::2], X, dynamic=(0, 1))
    check_tensorflow(lambda x: tf.concat([x[:, :1], x[:, -1:]], 1), X, dynamic=(0, 1))
    check_tensorflow(lambda x: tf.range(1, tf.shape(x)[1] + 1, 2), X, dynamic=(0, 1))


def test_blocks_and_batches():
    image = floats(2, 4, 6, 3)
    check_tensorflow(lambda x: tf.space_to_batch(x, [2, 3], [[1, 1], [0, 0]]), image)
    check_tensorflow(lambda x: tf.batch_to_space(x, [1, 2], [[0, 0], [1, 0]]), image)
    check_tensorflow(lambda x: tf.nn.space_to_depth(x, 2), image)
    check_tensorflow(lambda x: tf.nn.depth_to_space(x, 2), floats(2, 3, 3, 8))


PLACES = np.array([[0, 3], [2, 1]], np.int32)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, i: tf.gather(x, i[0], axis=1),
        lambda x, i: tf.gather(x, i, axis=1, batch_dims=1),
        lambda x, i: tf.gather(x, i, axis=2, batch_dims=1),
        lambda x, i: tf.gather_nd(x, [[0, 1, 2], [1, 0, 5]]),
        lambda x, i: tf.gather_nd(x[0], i),
        lambda x, i: tf.scatter_nd(i, x[0, :2, 0], [4, 5]),
        lambda x, i: tf.tensor_scatter_nd_update(x[0], i, x[1, :2, 0]),
        lambda x, i: tf.tensor_scatter_nd_add(x[0], i, x[1, :2, 0]),
        lambda x, i: tf.tensor_scatter_nd_max(x[0], i, x[1, :2, 0]),
        lambda x, i: tf.one_hot(i, 5),
        lambda x, i: tf.one_hot(i, 5, on_value=3.0, off_value=-1.0, axis=1),
        lambda x, i: tf.math.unsorted_segment_sum(x[0], [1, 0, 1, 2], 4),
    ],
)
def test_elements_by_index(function):
    check_tensorflow(function, X, PLACES, dynamic=None)
