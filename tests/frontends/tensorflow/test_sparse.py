"""Sparse and ragged tensors, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, refusal

MATRIX = np.where(np.random.default_rng(2).random((4, 5)) < 0.4, floats(4, 5), 0).astype("float32")
WORDS = np.array([3, 1, 4, 1, 5, 9, 2], np.int32)
SPLITS = np.array([0, 2, 2, 6, 7], np.int64)
VALUES = floats(7, 2)


def test_sparse_to_dense():
    check_tensorflow(lambda x: tf.sparse.to_dense(tf.sparse.from_dense(x)), MATRIX, dynamic=(0, 1))
    check_tensorflow(lambda x: tf.sparse.to_dense(tf.sparse.from_dense(x), 2.0), 0 * MATRIX, dynamic=(0, 1))
    check_tensorflow(lambda x: tf.sparse.to_dense(tf.sparse.from_dense(x)), 0 * MATRIX)
    check_tensorflow(lambda x: tf.sparse.to_dense(tf.sparse.from_dense(x), True), MATRIX > 0)
    raw = tf.raw_ops.SparseToDense
    for at in ([1, 3, 4], [[1], [3], [4]]):
        dense = lambda x: raw(sparse_indices=at, output_shape=[6], sparse_values=x, default_value=-1.0)  # noqa: B023, E731
        check_tensorflow(dense, floats(3), dynamic=None)
    check_tensorflow(
        lambda x: raw(sparse_indices=[1, 3], output_shape=[6], sparse_values=x, default_value=9.0), np.float32(2)
    )


def test_products_of_sparse_matrices():
    def products(x, y, z):
        sparse = tf.sparse.from_dense(x)
        return (
            tf.sparse.sparse_dense_matmul(sparse, y),
            tf.sparse.sparse_dense_matmul(sparse, z, adjoint_a=True),
            tf.sparse.sparse_dense_matmul(sparse, y, adjoint_b=True),
        )

    check_tensorflow(products, MATRIX, floats(5, 5), floats(4, 3), dynamic=None)


def test_what_is_done_with_sparse_tensors():
    def done(x, y):
        sparse = tf.sparse.from_dense(x)
        turned = tf.sparse.transpose(sparse)
        folded = tf.sparse.reshape(sparse, [2, -1])
        results = [tf.sparse.add(sparse, y), tf.sparse.reduce_sum(sparse, 1), tf.sparse.to_dense(turned)]
        return [*results, tf.sparse.to_dense(folded), tf.sparse.to_dense(sparse * y), tf.sparse.to_dense(sparse / y)]

    check_tensorflow(done, MATRIX, floats(4, 5, seed=4), dynamic=None)


@pytest.mark.parametrize("kind", ["sum", "mean", "sqrt_n"])
def test_rows_picked_and_combined(kind):
    at, ids = np.array([0, 2, 3, 3, 1], np.int32), np.array([0, 0, 1, 3, 3], np.int32)
    combine = getattr(tf.sparse, f"segment_{kind}")
    check_tensorflow(lambda x: combine(x, at, ids), floats(4, 3))
    check_tensorflow(lambda x: combine(x, at, ids, num_segments=6), floats(4, 3))


def test_embeddings_of_several_words():
    def embedded(table):
        ids = tf.sparse.SparseTensor([[0, 0], [0, 2], [2, 1]], [3, 1, 2], [3, 3])
        return tf.nn.embedding_lookup_sparse(table, ids, None, combiner="mean")

    check_tensorflow(embedded, floats(5, 4), dynamic=None)


def test_ragged_to_dense():
    ragged = lambda x, s: tf.RaggedTensor.from_row_splits(x, s, validate=False)  # noqa: E731
    check_tensorflow(lambda x, s: ragged(x, s).to_tensor(), VALUES, SPLITS, dynamic=None)
    check_tensorflow(lambda x, s: ragged(x, s).to_tensor(-1.0, shape=(None, 3, 2)), VALUES, SPLITS, dynamic=None)
    check_tensorflow(lambda x, s: ragged(x, s).to_tensor(7, shape=(None, 6)), WORDS, SPLITS, dynamic=None)
    ids = np.array([0, 0, 2, 2, 2, 3, 3], np.int64)
    rows = lambda x, i: tf.RaggedTensor.from_value_rowids(x, i, nrows=5, validate=False).to_tensor()  # noqa: E731
    check_tensorflow(rows, VALUES, ids, dynamic=None)


def test_ragged_ranges_and_rows():
    counts = lambda n: tf.ragged.range(n).flat_values  # noqa: E731
    check_tensorflow(counts, np.array([3, 0, 2], np.int32))
    stepped = lambda a, b: tf.ragged.range(a, b, 2).row_splits  # noqa: E731
    check_tensorflow(stepped, np.array([0, 5, 1], np.int32), np.array([5, 3, 8], np.int32))
    reals = lambda b: tf.ragged.range(0.5, b, 0.5).flat_values  # noqa: E731
    check_tensorflow(reals, np.array([2.25, 0.1, 1.0], np.float32))

    def picked(x, s, at):
        return tf.gather(tf.RaggedTensor.from_row_splits(x, s, validate=False), at).to_tensor()

    check_tensorflow(picked, VALUES, SPLITS, np.array([2, 0, 3, 1, 2], np.int32), dynamic=None)


def test_several_ragged_axes_are_refused():
    nested = lambda x: tf.RaggedTensor.from_nested_row_splits(x, [[0, 1, 2], SPLITS[:3]], validate=False)  # noqa: E731
    assert "one ragged axis" in refusal(lambda x: nested(x).to_tensor(), VALUES)


def test_empty_rows_are_filled():
    def filled(x):
        found, is_empty = tf.sparse.fill_empty_rows(tf.sparse.from_dense(x), -1.0)
        return found.indices, found.values, is_empty

    check_tensorflow(filled, np.array([[0, 0, 3], [0, 0, 0], [1, 0, 2], [0, 0, 0]], "float32"), dynamic=None)

    def embedded(table, ids):
        return tf.nn.safe_embedding_lookup_sparse([table], tf.sparse.from_dense(ids), combiner="sum")

    check_tensorflow(embedded, floats(6, 3), np.array([[1, 0, 4], [0, 0, 0], [5, 5, 2]], np.int64), dynamic=None)
