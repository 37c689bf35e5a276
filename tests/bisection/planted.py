"""Errors put into conversions on purpose, and models to put them into."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from litesmith import api
from litesmith.ir.builder import building, constant, emit
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Value
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType
from litesmith.opset.binary import Mul
from litesmith.passes.base import Pass
from litesmith.passes.pipeline import PIPELINE, Stage

optimize = api.optimize


@dataclass(frozen=True)
class WrongWeight(Pass):
    """Scales the first weight that a layer's operations read, or the first value where they read none.

    `layer`: the last name of its path.
    """

    layer: str

    def run(self, graph, record):
        chosen = [op for op in graph.operations if op.source.layer.rpartition("/")[2] == self.layer]
        weights = [(op, place) for op in chosen for place, value in enumerate(op.operands) if _is_weight(value)]
        if weights:
            self._scale_weight(graph, *weights[0])
        elif chosen:
            self._scale_input(graph, chosen[0])
        return len(chosen)

    def _scale_weight(self, graph, operation, place):
        old = operation.operands[place]
        graph.rewire(operation, place, Value(old.type, old.name, constant=Constant.of(old.constant.array() * 1.5)))

    def _scale_input(self, graph, operation):
        place, value = next((place, x) for place, x in enumerate(operation.operands) if _is_computed(x))
        with building(graph, operation), source_scope(operation.source.through("wrong")):
            graph.rewire(operation, place, emit(Mul(), value, constant(np.float32(1.5))))


def _is_computed(value):
    return value is not None and not value.is_constant and value.type.dtype is DType.FLOAT32


def _is_weight(value):
    return value is not None and value.is_constant and value.type.dtype is DType.FLOAT32 and value.type.elements > 1


def plant(monkeypatch, *steps):
    """Let every conversion run these passes at the end."""
    wrong = Stage("wrong", steps)
    monkeypatch.setattr(api, "optimize", lambda model, stages=PIPELINE: optimize(model, [*stages, wrong]))


def pictures():
    """Convolutions, normalizations and pooling, a model inside, and two outputs."""
    inner = keras.Input((10, 10, 6))
    y = layers.SeparableConv2D(6, 3, padding="same", name="separable")(inner)
    y = layers.GroupNormalization(2, name="groups")(y)
    y = layers.Activation("gelu", name="gelu")(y)
    block = keras.Model(inner, layers.Add(name="shortcut")([y, inner]), name="block")
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(6, 3, name="features")(image)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="slopes")(x)
    x = block(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.AveragePooling2D(2, name="average")(x)
    x = layers.UpSampling2D(2, name="larger")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, name="transposed")(x)
    x = layers.LeakyReLU(0.3, name="leaky")(x)
    x = layers.MaxPooling2D(2, name="highest")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    outputs = [
        layers.Dense(3, activation="softmax", name="kind")(x),
        layers.Dense(2, activation="tanh", name="place")(x),
    ]
    return keras.Model(image, outputs, name="pictures")


def sequences():
    """Recurrent layers and attention over a mask, a layer that is used twice, and two inputs."""
    words = keras.Input((7,), dtype="int32", name="words")
    other = keras.Input((7, 8), name="other")
    x = layers.Embedding(11, 8, name="table")(words)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both")(x)
    x = layers.Multiply(name="times")([x, other])
    x = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    shared = layers.Dense(8, activation="swish", name="shared")
    x = shared(layers.LayerNormalization(name="centred")(shared(x)))
    x = layers.Conv1D(6, 3, padding="causal", name="causal")(x)
    x = layers.LSTM(5, name="memory")(x)
    x = layers.RMSNormalization(name="rms")(x)
    return keras.Model([words, other], layers.Dense(1, name="score")(x), name="sequences")


MODELS = {
    pictures: [
        *("separable", "groups", "gelu", "shortcut", "features", "slopes", "depthwise", "average", "larger"),
        *("transposed", "leaky", "highest", "mean", "kind", "place"),
    ],
    sequences: ["table", "both", "times", "attention", "shared", "centred", "causal", "memory", "rms", "score"],
}
"""The layers of each model where an error is planted, by name."""
