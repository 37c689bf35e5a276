"""Lookup tables, against TensorFlow; read from SavedModels and frozen graphs without it."""

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from litesmith.diagnostics.base import LitesmithError
from tensorflow_support import check_tensorflow, imported_operators, refusal

IDS = np.array([10, 500, 7, 20, -3, 2**40], np.int64)


def table_of(keys, values, default, dtype="int64"):
    entries = tf.lookup.KeyValueTensorInitializer(tf.constant(keys, dtype), tf.constant(values))
    return tf.lookup.StaticHashTable(entries, default)


@pytest.mark.parametrize("keys", [[10, 20, 500], [-3, 2**40, 7, 20], [2**62, -(2**62), 10]])
def test_integers_are_looked_up(keys):
    values = [float(place) for place, _ in enumerate(keys)]
    numbers = table_of(keys, values, -1.0)
    check_tensorflow(numbers.lookup, IDS)
    check_tensorflow(lambda x: numbers.lookup(tf.reshape(x, (2, -1))), IDS, dynamic=None)
    places = table_of(keys, list(range(len(keys))), -7)
    graph = check_tensorflow(places.lookup, IDS)
    assert "HASHTABLE_FIND" not in imported_operators(graph)


def test_tables_of_int32_and_of_other_values():
    small = table_of([1, 5, 3], [1.5, 2.5, 3.5], 0.0, "int32")
    check_tensorflow(small.lookup, np.array([5, 3, 4, 1], np.int32))
    rows = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, -1.0])
    rows.insert([3, 20], [[1.0, 2.0], [3.0, 4.0]])
    check_tensorflow(rows.lookup, IDS)
    check_tensorflow(lambda x: tf.cast(rows.size(), tf.float32) * tf.cast(x, tf.float32), IDS)


def test_a_default_that_the_model_computes():
    rows = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, -1.0])
    rows.insert([3, 20], [[1.0, 2.0], [3.0, 4.0]])
    check_tensorflow(lambda x, y: rows.lookup(x, y), IDS, np.ones((6, 2), "float32"))


def test_writing_is_refused():
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, 0.0)
    table.insert([1], [1.0])

    def counted(x):
        with tf.control_dependencies([table.insert(x, tf.cast(x, tf.float32))]):
            return table.lookup(x)

    assert "which the model writes" in refusal(counted, IDS)


class Tables(tf.Module):
    """Tables of every kind, one of them without use."""

    def __init__(self):
        self.fixed = table_of([10, 20, 500], [1.0, 2.0, 3.0], -1.0)
        self.words = table_of(["a", "b"], [1, 2], 0, "string")
        self.changed = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, 0.0)
        self.changed.insert([7, 20], [5.0, 6.0])
        self.scale = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="ids")])
    def numbers(self, ids):
        return {"y": self.scale * self.fixed.lookup(ids) + self.changed.lookup(ids)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def texts(self, texts):
        return {"y": self.words.lookup(texts)}


def test_a_saved_model_keeps_its_tables(tmp_path):
    module = Tables()
    signatures = {"serving_default": module.numbers, "texts": module.texts}
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=signatures)
    lite = litesmith.convert(tmp_path / "model")
    np.testing.assert_array_equal(lite.run({"ids": IDS})["y"], module.numbers(IDS)["y"])
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(tmp_path / "model", signature="texts")
    assert "look them up before the model" in str(raised.value)


def test_a_frozen_graph_keeps_its_tables(tmp_path):
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        ids = v1.placeholder(tf.int64, [None], "ids")
        table_of([10, 20, 500], [1.0, 2.0, 3.0], -1.0).lookup(ids, name="y")
    (tmp_path / "frozen.pb").write_bytes(graph.as_graph_def().SerializeToString())
    lite = litesmith.convert(tmp_path / "frozen.pb", outputs=["y/LookupTableFindV2"], verify=False)
    np.testing.assert_array_equal(lite.run(IDS), [1, 3, -1, 2, -1, -1])


class Rows(tf.Module):
    """Rows that are written where indices say."""

    def __init__(self):
        self.rows = tf.Variable(np.arange(8, dtype="float32").reshape(4, 2))

    @tf.function(input_signature=[tf.TensorSpec([2], tf.int32, name="at"), tf.TensorSpec([2, 2], name="x")])
    def write(self, at, x):
        before = self.rows.gather_nd(at[:, None])
        self.rows.scatter_update(tf.IndexedSlices(x, at))
        self.rows.scatter_add(tf.IndexedSlices(2 * x, at))
        self.rows.scatter_sub(tf.IndexedSlices(x * x, at))
        self.rows.scatter_max(tf.IndexedSlices(x, at - 1))
        self.rows[1].assign(x[0])
        self.rows[at[0], 1:].assign([3.0])
        self.rows.scatter_nd_add(at[:, None], x)
        self.rows.scatter_nd_sub(at[:, None] - 1, x)
        return {"rows": self.rows.read_value(), "before": before, "picked": self.rows.gather_nd(at[:, None])}


def test_rows_of_variables_are_written():
    converted, original = Rows(), Rows()
    lite = litesmith.convert(converted.write, verify=False)
    for step in range(3):
        given = {"at": np.array([3, 1 + step % 2], np.int32), "x": np.full((2, 2), 1.5 + step, "float32")}
        found, expected = lite.run(given), original.write(**given)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)
