"""Segments, counts and histograms against Keras."""

import numpy as np
import pytest
from keras import ops

from support import check_function, compare_arrays, converted

RNG = np.random.default_rng(6)
X = RNG.normal(size=(7, 3)).astype("float32")
IDS = np.array([0, 3, 0, -1, 4, 3, 3], "int32")
REDUCTIONS = [ops.segment_sum, ops.segment_prod, ops.segment_max, ops.segment_min]


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_segments_with_gaps(reduce):
    check_function(lambda x, ids: reduce(x, ids, num_segments=6), X, IDS)
    check_function(lambda x, ids: reduce(x[:, 0], ids, num_segments=6), X, IDS)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_as_many_segments_as_the_ids_say(reduce):
    check_function(lambda x, ids: [reduce(x, ids), reduce(x, ids) * 2], X, IDS)


def test_sorted_and_constant_ids():
    ids = np.array([0, 0, 1, 1, 1, 3, 3], "int32")
    check_function(
        lambda x: [ops.segment_sum(x, ids, sorted=True), ops.segment_max(x, ids, num_segments=4)],
        X,
        dynamic_batch=False,
    )


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_sums_of_integers(dtype):
    x = RNG.integers(0, 9, size=(7, 3)).astype("int32")
    check_function(lambda x, ids: ops.segment_sum(ops.cast(x, dtype), ids, num_segments=6), x, IDS)


@pytest.mark.parametrize(("dtype", "low", "high"), [("int32", -(2**31), 2**31 - 1), ("uint8", 0, 255)])
def test_extremes_of_no_integers_are_the_limits(dtype, low, high):
    def extremes(x, ids):
        return [ops.segment_max(x, ids, num_segments=3), ops.segment_min(x, ids, num_segments=3)]

    x, ids = np.array([4, 2, 7], dtype), np.array([0, 0, 2], "int32")
    found = converted(extremes, x, ids).run([x, ids])
    compare_arrays([np.array([4, low, 7], dtype), np.array([2, high, 7], dtype)], found)


@pytest.mark.parametrize("minlength", [0, 3, 12])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_counts(minlength, dtype):
    x = np.array([1, 5, 5, 0, 2, 5], dtype)
    check_function(lambda x: [ops.bincount(x, minlength=minlength), ops.bincount(x) * 2], x)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_weighted_counts(dtype):
    x, weights = np.array([1, 5, 5, 0, 2, 5], "int32"), np.array([1, 2, 3, 4, 5, 6], dtype)
    check_function(lambda x, w: ops.bincount(x, weights=w, minlength=4), x, weights)


@pytest.mark.parametrize("minlength", [0, 8])
def test_counts_of_rows(minlength):
    x = np.array([[1, 5, 5], [5, 0, 2]], "int32")
    check_function(lambda x: ops.bincount(x, minlength=minlength), x)
    check_function(lambda x: ops.bincount(x, weights=ops.cast(x, "float32") / 2, minlength=minlength), x)


def test_what_is_made_of_counts():
    def entropy(x):
        counts = ops.cast(ops.bincount(x), "float32")
        part = counts / ops.sum(counts)
        return [ops.sum(part * ops.log(part + 1e-6)), ops.reshape(counts, (-1, 1)), ops.argmax(counts)]

    check_function(entropy, np.array([1, 5, 5, 0, 2, 5], "int32"))


@pytest.mark.parametrize("bins", [1, 4, 10])
@pytest.mark.parametrize("bounds", [None, (-1.0, 1.0), (0.5, 0.5), (-2, 3)])
def test_histograms(bins, bounds):
    check_function(lambda x: list(ops.histogram(x, bins=bins, range=bounds)), X.reshape(-1))


def test_histograms_of_edges_and_equal_elements():
    check_function(lambda x: list(ops.histogram(x, bins=4, range=(0, 4))), np.array([0, 1, 1, 2, 4, 4, 5], "float32"))
    check_function(lambda x: list(ops.histogram(x, bins=3)), np.full(4, 2.5, "float32"))
