"""Rows combined by ids, and what differs, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats

ROWS = floats(5, 3)
IDS = np.array([0, 0, 2, 2, 3], np.int32)
OTHERS = np.array([3, 1, 3, 0, 1], np.int32)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean"])
def test_segments(name):
    check_tensorflow(getattr(tf.math, f"segment_{name}"), ROWS, IDS, dynamic=None)
    check_tensorflow(lambda x, ids: getattr(tf.math, f"unsorted_segment_{name}")(x, ids, 5), ROWS, OTHERS, dynamic=None)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_what_differs(dtype):
    x = np.array([3, 1, 3, 7, 1, 1, -2], dtype)
    check_tensorflow(tf.unique, x)
    check_tensorflow(tf.unique_with_counts, x)


def test_sequences_turned_around():
    check_tensorflow(lambda x, n: tf.reverse_sequence(x, n, seq_axis=1), floats(3, 4, 2), np.array([1, 4, 2], np.int32))
