"""What mutated graphs showed TensorFlow to heed, and the import not, or otherwise: attributes and operands."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.tensorflow.importing import import_function
from litesmith.ir.graph import Model
from litesmith.ir.types import DType, TensorType
from litesmith.runtime.interpreter import Session
from tensorflow_support import check_tensorflow, floats, refusal, v1


@pytest.mark.parametrize("dtype", [tf.int16, tf.int32, tf.int64])
def test_places_of_the_largest_are_of_the_type_that_is_said(dtype):
    check_tensorflow(lambda x: list(tf.math.top_k(x, 2, index_type=dtype)), floats(3, 5))


@pytest.mark.parametrize("places", [[0, -1], [-3, 4], [5, 11]])
@pytest.mark.parametrize("name", ["InplaceUpdate", "InplaceAdd", "InplaceSub"])
def test_rows_written_in_place_go_round(name, places):
    rows = floats(2, 3, seed=1)
    check_tensorflow(
        lambda x: getattr(tf.raw_ops, name)(x=tf.identity(x), i=places, v=rows), floats(5, 3), dynamic=None
    )


@pytest.mark.parametrize("version", ["", "V3"])
def test_statistics_of_a_batch_are_told_with_and_without_bias(version):
    normalization = getattr(tf.raw_ops, f"FusedBatchNorm{version}")

    def statistics(x):
        given = dict.fromkeys(("scale", "offset", "mean", "variance"), tf.ones([2]))
        return list(normalization(x=x, is_training=True, **given)[:5])

    check_tensorflow(statistics, floats(2, 3, 4, 2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: tf.raw_ops.Svd(input=x, compute_uv=False).u,
        lambda x: tf.raw_ops.SelfAdjointEigV2(input=x, compute_v=False).v,
        lambda x: tf.math.abs(tf.raw_ops.Eig(input=x, compute_v=False, Tout=tf.complex64).v),
    ],
)
def test_what_a_decomposition_leaves_undefined_is_refused(function):
    assert "told not to compute" in refusal(function, floats(3, 3))


def test_values_alone_are_computed():
    check_tensorflow(lambda x: tf.raw_ops.Svd(input=x, compute_uv=False).s, floats(3, 3), dynamic=None, atol=1e-5)


def test_known_numbers_are_not_cut_off():
    def cast(x):
        return x + tf.cast(tf.raw_ops.Cast(x=[1.0039], DstT=tf.bfloat16, Truncate=True), tf.float32)

    assert "Truncate" in refusal(cast, floats(1))


def test_axes_that_are_not_there_are_refused(tmp_path):
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [3], "x")
        tf.add(x, tf.raw_ops.Sum(input=[1.0, 2.0], axis=tf.constant([0], name="axis")), "y")
    definition = graph.as_graph_def()
    (axis,) = [node for node in definition.node if node.name == "axis"]
    axis.attr["value"].CopyFrom(v1.AttrValue(tensor=tf.make_tensor_proto([1])))
    (tmp_path / "graph.pb").write_bytes(definition.SerializeToString())
    with pytest.raises(LitesmithError, match=r"axes \[1\] of 1"):
        litesmith.convert(tmp_path / "graph.pb", verify=False)


def test_tables_of_one_name_in_two_containers_are_two(tmp_path):
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        x = v1.placeholder(tf.int64, [3], "x")
        found, fills = [], []
        for name, values in {"a": [1.0, 2.0], "b": [10.0, 20.0]}.items():
            table = tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.float32, shared_name="t", container=name)
            keys = tf.constant([3, 4], tf.int64)
            fills.append(tf.raw_ops.InitializeTableV2(table_handle=table, keys=keys, values=values))
            found.append(tf.raw_ops.LookupTableFindV2(table_handle=table, keys=x, default_value=-1.0))
        both = tf.add(*found, "y")
        session.run(fills)
        expected = session.run(both, {x: [4, 3, 0]})
    (tmp_path / "graph.pb").write_bytes(graph.as_graph_def().SerializeToString())
    lite = litesmith.convert(tmp_path / "graph.pb", outputs=["y"], verify=False)
    np.testing.assert_array_equal(lite.run(np.array([4, 3, 0], np.int64)), expected)


def test_floats_are_divided_toward_zero():
    x, y = np.array([7, -7, 1, -1, 0.5, 6], "float32"), np.array([2, 2, 3, 3, -0.25, 3], "float32")
    check_tensorflow(lambda x, y: [tf.truncatediv(x, y), tf.raw_ops.Div(x=x, y=y)], x, y)
    check_tensorflow(lambda x: x + tf.truncatediv(tf.constant(-7.0), 2.0), x)


@pytest.mark.parametrize("mode", ["HALF_TO_EVEN", "HALF_UP"])
def test_bounds_that_are_found_cut_nothing_off(mode):
    """Levels for numbers from 0 on, of numbers that are also below."""
    quantize = tf.raw_ops.QuantizeAndDequantizeV4
    options = {"input_min": 0.0, "input_max": 0.0, "range_given": False, "signed_input": False, "round_mode": mode}
    check_tensorflow(lambda x: quantize(input=x, num_bits=4, **options), floats(40), dynamic=None)
    assert "1 bits" in refusal(
        lambda x: quantize(input=x, num_bits=1, **options | {"signed_input": True}, narrow_range=True), floats(4)
    )


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_are_rounded_to_themselves(dtype):
    """As `tf.round` says it; TensorFlow 2.21's own kernel makes zeros of them."""
    x = np.array([1, -2, 3], dtype)
    graph = import_function(lambda x: tf.raw_ops.Round(x=x) + 0, [TensorType(DType(dtype), (3,))])
    np.testing.assert_array_equal(Session(to_bytes(Model([graph]))).run([x])[0], x)


def test_bands_beyond_a_spectrogram_are_refused():
    """TensorFlow tells its log of them, and returns zeros."""
    cepstrum = tf.raw_ops.Mfcc
    check_tensorflow(
        lambda x: cepstrum(spectrogram=x, sample_rate=8000), np.abs(floats(1, 2, 9)), dynamic=None, rtol=1e-4
    )
    assert "up to 4000 Hz, of a spectrogram up to 3500 Hz" in refusal(
        lambda x: cepstrum(spectrogram=x, sample_rate=7000), floats(1, 2, 9)
    )


def test_targets_that_are_no_class_are_not_among_the_largest():
    predictions = floats(6, 4)
    predictions[1, 2], predictions[2, 0], predictions[3, 3] = np.inf, -np.inf, np.nan
    targets = np.array([0, 2, 1, 0, 4, -1], "int32")
    check_tensorflow(lambda x, places: tf.math.in_top_k(places, x, 3), predictions, targets)
