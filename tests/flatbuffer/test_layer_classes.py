"""A file says of which classes its layers are, and what says something else is not read."""

import json

import keras
import pytest
from keras import layers

import litesmith
from litesmith.flatbuffer.layer_classes import METADATA, LayerClasses


class Block(layers.Layer):
    """A layer of the user's own with others in it."""

    def __init__(self):
        super().__init__(name="block")
        self.dense, self.norm = layers.Dense(8, name="dense"), layers.LayerNormalization(name="norm")

    def call(self, x):
        return self.norm(self.dense(x))


def network():
    x = keras.Input((8,))
    return keras.Model(x, layers.Dense(8, name="head")(Block()(x)))


def test_a_file_keeps_the_classes_of_layers_and_of_what_is_around_them(tmp_path):
    lite = litesmith.convert(network())
    stored = {"Block": ["block"], "Dense": ["block/dense", "head"], "LayerNormalization": ["block/norm"]}
    assert json.loads(lite.model.metadata[METADATA]) == stored
    read = litesmith.load(lite.save(tmp_path / "model.tflite"))
    classes = {operation.source.layer: operation.source.classes for operation in read.graph.operations}
    assert classes["block/dense"] == ("Block", "Dense")
    assert classes["block/norm"] == ("Block", "LayerNormalization")


def test_models_of_no_layers_keep_nothing():
    jax = pytest.importorskip("jax")
    spec = jax.ShapeDtypeStruct((1, 4), "float32")
    assert METADATA not in litesmith.convert(lambda x: x + 1, inputs=[spec]).model.metadata


def test_a_quantized_file_keeps_none():
    lite = litesmith.convert(network())
    assert METADATA not in litesmith.quantize(lite, litesmith.Recipe("float32").use("weights_int8", "*")).model.metadata


@pytest.mark.parametrize("data", [b"", b"\xff", b"[1]", b"3", b'{"Dense": 3}', b"[" * 100_000])
def test_what_is_something_else_says_nothing(data):
    assert LayerClasses({METADATA: data}).of("dense") == ()
