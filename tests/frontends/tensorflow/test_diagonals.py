"""Diagonals of matrices, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats


@pytest.mark.parametrize("k", [0, 2, -1])
def test_diagonals_of_matrices(k):
    x = floats(2, 3)
    check_tensorflow(lambda x: tf.linalg.diag(x, k=k), x)
    check_tensorflow(lambda x: tf.linalg.diag(x, k=k, num_cols=7, padding_value=9), x)
    check_tensorflow(lambda x: tf.linalg.diag(x, k=k), np.arange(6, dtype="int32").reshape(2, 3))
    size = 5 - abs(k)
    check_tensorflow(lambda matrix, x: tf.linalg.set_diag(matrix, x, k=k), floats(2, 5, 5), floats(2, size))
    check_tensorflow(lambda matrix: tf.linalg.diag_part(matrix, k=k), floats(2, 5, 5))


@pytest.mark.parametrize("align", ["RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"])
@pytest.mark.parametrize("k", [(-1, 1), (1, 3), (-3, -2), (-2, 3), (0, 1)])
@pytest.mark.parametrize("shape", [(4, 6), (5, 4)])
def test_bands_of_diagonals(align, k, shape):
    matrices = floats(2, *shape)
    taken = lambda x: tf.linalg.diag_part(x, k=k, padding_value=9, align=align)  # noqa: E731
    check_tensorflow(taken, matrices)
    bands = np.asarray(taken(matrices))
    put = lambda x: tf.linalg.diag(x, k=k, num_rows=shape[0], num_cols=shape[1], padding_value=7, align=align)  # noqa: E731
    check_tensorflow(put, bands)
    check_tensorflow(lambda x, bands: tf.linalg.set_diag(x, bands, k=k, align=align), matrices, 2 * bands, dynamic=None)


def test_bands_of_matrices_without_sizes():
    check_tensorflow(lambda x: tf.linalg.diag(x, k=(-1, 0)), floats(2, 2, 4))
    check_tensorflow(lambda x: tf.linalg.diag(x, k=(-1, 1), num_rows=4), floats(2, 3, 4), dynamic=None)
    check_tensorflow(lambda x: tf.linalg.diag(x), floats(2, 4), dynamic=(0, 1))


def test_versions():
    raw = tf.raw_ops
    bands = floats(2, 2, 3)
    options = {"k": [0, 1], "num_rows": 3, "num_cols": 3, "padding_value": 0.0}
    check_tensorflow(lambda x: raw.MatrixDiagV2(diagonal=x, **options), bands)
    check_tensorflow(lambda x: raw.MatrixDiagPartV2(input=x, k=[-1, 0], padding_value=2.0), floats(2, 3, 3))
    check_tensorflow(
        lambda x, y: raw.MatrixSetDiagV2(input=x, diagonal=y, k=[0, 1]), floats(2, 3, 3), bands, dynamic=None
    )
    check_tensorflow(tf.linalg.tensor_diag, floats(2, 3), dynamic=None)
    check_tensorflow(tf.linalg.tensor_diag_part, floats(2, 3, 2, 3), dynamic=None)
    check_tensorflow(tf.linalg.tensor_diag, floats(4))
