"""Linear algebra and Fourier transforms, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats

MATRIX = floats(2, 4, 4) + 3 * np.eye(4, dtype="float32")
POSITIVE = MATRIX @ MATRIX.transpose(0, 2, 1)
RIGHT = floats(2, 4, 3, seed=1)
NEAR = {"dynamic": None, "rtol": 1e-4, "atol": 1e-4}


def test_solving():
    check_tensorflow(lambda a: (tf.linalg.inv(a), tf.linalg.det(a), tf.linalg.slogdet(a)), MATRIX, **NEAR)
    check_tensorflow(lambda a, b: (tf.linalg.solve(a, b), tf.linalg.solve(a, b, adjoint=True)), MATRIX, RIGHT, **NEAR)
    for lower in (False, True):
        for adjoint in (False, True):
            solve = lambda a, b: tf.linalg.triangular_solve(a, b, lower, adjoint)  # noqa: B023, E731
            check_tensorflow(solve, MATRIX, RIGHT, **NEAR)
    check_tensorflow(tf.linalg.cholesky, POSITIVE, **NEAR)


def test_factors():
    check_tensorflow(lambda a: tf.linalg.matmul(*tf.linalg.qr(a)), MATRIX, **NEAR)
    check_tensorflow(lambda a: tf.linalg.svd(a, compute_uv=False), MATRIX, **NEAR)

    def put_together(a):
        s, u, v = tf.linalg.svd(a)
        return tf.matmul(u * s[:, None], v, transpose_b=True)

    check_tensorflow(put_together, MATRIX, **NEAR)


def test_eigenvectors():
    def put_together(a):
        values, vectors = tf.linalg.eigh(a)
        return values, tf.matmul(vectors * values[:, None], vectors, transpose_b=True)

    check_tensorflow(put_together, POSITIVE, **NEAR)
    check_tensorflow(put_together, np.tril(POSITIVE) + np.triu(floats(2, 4, 4), 1), **NEAR)


def test_diagonals():
    check_tensorflow(tf.linalg.diag_part, MATRIX)
    check_tensorflow(lambda a: tf.linalg.diag_part(a, k=1), MATRIX)
    check_tensorflow(lambda a: tf.linalg.trace(a), MATRIX)
    check_tensorflow(lambda a, b: tf.linalg.cross(a[..., :3], b), MATRIX, RIGHT)


@pytest.mark.parametrize("length", [8, 12])
def test_fourier_transforms(length):
    x = floats(3, length)
    check_tensorflow(lambda x: tf.math.real(tf.signal.fft(tf.complex(x, x[::-1]))), x, dynamic=None, atol=1e-5)
    check_tensorflow(lambda x: tf.signal.irfft(tf.signal.rfft(x)), x, atol=1e-5)
    check_tensorflow(lambda x: tf.abs(tf.signal.rfft(x, [16])), x, atol=1e-5)
