"""Rows sorted into tensors and back, and what differs, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats

ROWS = floats(6, 3)
PARTS = np.array([2, 0, 2, 1, 0, 2], np.int32)
NUMBERS = np.array([[3, 1, 3, 0], [1, 5, 5, 5]], np.int32)


def test_rows_sorted_into_parts():
    check_tensorflow(lambda x, p: tf.dynamic_partition(x, p, 4), ROWS, PARTS)
    matrix = PARTS.reshape(2, 3)
    check_tensorflow(lambda x, p: tf.dynamic_partition(x, p, 3), floats(2, 3, 4), matrix)


def test_rows_put_together():
    def there_and_back(x, parts):
        places = tf.dynamic_partition(tf.range(tf.size(parts)), parts, 3)
        return tf.dynamic_stitch(places, [2 * rows for rows in tf.dynamic_partition(x, parts, 3)])

    check_tensorflow(there_and_back, ROWS, PARTS)
    known = [np.array(3), np.array([[4, 1], [3, 0]])]
    check_tensorflow(lambda x: tf.dynamic_stitch(known, [x[0], tf.reshape(x[1:5], (2, 2, 3))]), ROWS, dynamic=None)
    stitch = tf.raw_ops.ParallelDynamicStitch
    check_tensorflow(lambda x: stitch(indices=[[4, 1], [5, 0]], data=[x[:2], x[2:4]]), ROWS)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_slices_that_differ(axis):
    x = np.array([[1, 0, 1], [2, 0, 2], [1, 0, 1], [0, 5, 0]], np.int32)
    raw = tf.raw_ops
    check_tensorflow(lambda x: list(raw.UniqueV2(x=x, axis=[axis])), x)
    check_tensorflow(lambda x: list(raw.UniqueWithCountsV2(x=x, axis=[axis], out_idx=tf.int64)), x)


def test_numbers_that_differ():
    x = np.array([3, 1, 3, 7, 1, 1, -2], "float32")
    check_tensorflow(lambda x: list(tf.raw_ops.UniqueWithCountsV2(x=x, axis=[0])), x)
    check_tensorflow(lambda x: list(tf.raw_ops.ListDiff(x=x, y=[3.0, -2.0, 8.0])), x)


@pytest.mark.parametrize("binary", [False, True])
def test_counts(binary):
    count = tf.raw_ops.DenseBincount
    for x in (NUMBERS, NUMBERS[0]):
        check_tensorflow(lambda x: tf.math.bincount(x, axis=-1, minlength=4, maxlength=4, binary_output=binary), x)
        check_tensorflow(lambda x: count(input=x, size=6, weights=[], binary_output=binary), x)
    weighed = lambda x, w: count(input=x, size=6, weights=w, binary_output=binary)  # noqa: E731
    check_tensorflow(weighed, NUMBERS, floats(2, 4))


def test_places_of_what_is_sorted():
    check_tensorflow(lambda x: tf.raw_ops.NthElement(input=x, n=2), floats(3, 6))
    check_tensorflow(lambda x: tf.raw_ops.NthElement(input=x, n=2, reverse=True), floats(3, 6))
    check_tensorflow(lambda x: tf.histogram_fixed_width(x, [-1.0, 1.0], 5), floats(50))
    check_tensorflow(lambda x: tf.unravel_index(x, [2, 3, 4]), np.array([0, 5, 23, 11], np.int32))


def test_the_largest():
    predictions, targets = floats(4, 6), np.array([0, 3, 5, 1], np.int32)
    check_tensorflow(lambda x, t: tf.raw_ops.InTopK(predictions=x, targets=t, k=3), predictions, targets)
    check_tensorflow(lambda x: list(tf.math.approx_max_k(x, 3)), predictions)
