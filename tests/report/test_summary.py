"""What a file holds, in numbers."""

import json

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.quantities import seconds_text, shape_text, size_text
from litesmith.flatbuffer.layer_names import layer_of
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import to_bytes
from litesmith.lite_model import LiteModel
from litesmith.opset.parse import parse_model
from litesmith.opset.unmodeled import Unmodeled
from litesmith.report.layout import summary_layout, to_text
from litesmith.report.summary import summarize


@pytest.fixture(scope="module")
def lite():
    image, size = keras.Input((6,), name="image"), keras.Input((2,), name="size")
    shared = layers.Dense(6, name="shared")
    x = shared(shared(image))
    block = keras.Sequential([keras.Input((8,)), layers.Dense(50, name="wide"), layers.Dense(2)], name="block")
    outputs = {"score": block(layers.Concatenate(name="joined")([x, size])), "hidden": x}
    return litesmith.convert(keras.Model([image, size], outputs))


def test_bytes_go_to_the_layer_that_reads_them_and_shared_ones_count_once(lite):
    sizes = {layer.layer: layer.bytes for layer in summarize(lite).layers}
    assert sizes["shared"] == 4 * (6 * 6 + 6)
    assert sizes["block/wide"] == 4 * (8 * 50 + 50)
    assert sizes["joined"] == 0
    assert summarize(lite).weight_bytes == sum(sizes.values()) < len(lite)


def test_layers_stand_by_size_and_count_their_operators(lite):
    summary = summarize(lite)
    assert summary.layers[0].layer == "block/wide"
    counts = {layer.layer: layer.operators for layer in summary.layers}
    assert counts["shared"] == 2
    assert sum(counts.values()) == sum(summary.operators.values()) == len(lite.graph.operations)


def test_signatures_have_names_types_and_open_sizes(lite):
    (signature,) = summarize(lite).signatures
    assert signature.name == "serving_default"
    assert [(face.name, face.dtype, face.shape) for face in signature.inputs] == [
        ("image", "float32", (None, 6)),
        ("size", "float32", (None, 2)),
    ]
    assert {face.name for face in signature.outputs} == {"score", "hidden"}


def test_a_summary_of_the_live_model_and_of_its_file_are_the_same(lite):
    assert summarize(lite) == summarize(LiteModel(bytes(lite)))


def test_json_is_plain_data(lite):
    data = summarize(lite).to_json()
    again = json.loads(json.dumps(data))
    image = {"name": "image", "dtype": "float32", "shape": [None, 6], "size_names": [None, None]}
    assert again["signatures"][0]["inputs"][0] == image
    assert again["loops"] == []
    assert again["bytes"] == len(lite)


def test_the_text_shows_sizes_operators_and_layers(lite):
    text = lite.summary()
    assert text == str(summarize(lite))
    lines = text.splitlines()
    assert lines[0].startswith(size_text(len(lite)))
    assert "made by Litesmith" in lines[0]
    assert any(line.split() == ["input", "image", "float32", "(None,", "6)"] for line in lines)
    assert any(line.split() == ["FULLY_CONNECTED", "4"] for line in lines)
    assert any(line.startswith("block/wide") and "1,800 bytes" in line for line in lines)
    assert all(len(line) <= 100 for line in lines)


def test_small_layers_are_added_up(lite):
    summary = summarize(lite)
    text = to_text(summary_layout(summary, layers=1))
    assert f"... {len(summary.layers) - 1} others" in text
    assert "others" not in to_text(summary_layout(summary, layers=None))


def test_operators_without_a_definition_and_files_without_signatures_are_shown():
    model = parse_model("graph main(%x: float32[2, 3]) {\n  %1 = tanh %x : float32[2, 3]\n  return %1\n}")
    operation = model.main.operations[0]
    operation.operator = Unmodeled(name="my_op", is_custom=True)
    model.signatures.clear()
    summary = summarize(LiteModel(to_bytes(model)))
    assert summary.operators == {"CUSTOM my_op": 1}
    assert summary.signatures[0].inputs[0].shape == (2, 3)
    assert "CUSTOM my_op" in str(summary)
    operation.operator = Unmodeled(name="RFFT2D")
    assert read(to_bytes(model)).main.operations
    assert summarize(LiteModel(to_bytes(model))).operators == {"RFFT2D": 1}


@pytest.mark.parametrize(
    ("tensor", "maker", "layer"),
    [
        ("encoder/dense:2", "Litesmith", "encoder/dense"),
        ("dense_2", "Litesmith", "dense_2"),
        ("m/conv/Relu;m/bn/FusedBatchNormV3;m/conv/Conv2D", "MLIR Converted.", "m/conv"),
        ("StatefulPartitionedCall:0", "MLIR Converted.", "StatefulPartitionedCall:0"),
    ],
)
def test_a_tensors_name_tells_its_layer(tensor, maker, layer):
    assert layer_of(tensor, maker) == layer


def test_layers_that_are_called_like_numbered_tensors_are_told_apart():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="d", activation="softsign"), layers.Dense(5, name="d_1")]
    )
    sizes = {layer.layer: layer.bytes for layer in summarize(litesmith.convert(model)).layers}
    assert sizes["d_1"] == 4 * (3 * 5 + 5)
    assert set(sizes) == {"d", "d_1"}


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (9999, "9,999 bytes"), (10_000, "10.0 kB"), (123_456, "123 kB"), (999_600, "1.0 MB"),
     (14_000_000, "14.0 MB"), (3_210_000_000, "3.2 GB"), (10**18, "1000000 TB")],
)  # fmt: skip
def test_sizes_have_three_digits(count, text):
    assert size_text(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0042, "4 ms"), (0.31, "0.31 s"), (9.99, "9.99 s"), (62.4, "62 s")])
def test_times_have_the_digits_that_matter(seconds, text):
    assert seconds_text(seconds) == text


def test_shapes_look_like_keras_shapes():
    assert [shape_text(shape) for shape in [(), (None,), (None, 3)]] == ["()", "(None,)", "(None, 3)"]


def test_strings_count_by_what_the_file_holds():
    from litesmith.ir.builder import building, constant, emit
    from litesmith.ir.graph import Graph, Model
    from litesmith.ir.types import DType, TensorType
    from litesmith.opset.registry import definitions

    graph = Graph("main")
    with building(graph):
        words = constant(np.array([b"some", b"words"], object), DType.STRING)
        index = graph.add_input(TensorType(DType.INT32, ()), "i")
        graph.outputs = [emit(definitions()["GATHER"](), words, index)]
    assert summarize(LiteModel(to_bytes(Model([graph])))).weight_bytes == 4 * 4 + len(b"somewords")
