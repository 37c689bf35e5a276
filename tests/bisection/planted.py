"""Errors put into conversions on purpose, and models to put them into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from litesmith import conversion
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, building_subgraph, constant, emit, emit_many
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Value
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.lite_model import LiteModel
from litesmith.opset.binary import Add, LessEqual, Mul, Sub
from litesmith.opset.control import While
from litesmith.opset.conversion import Cast
from litesmith.opset.elementwise import Neg, Sqrt
from litesmith.opset.reduction import ReduceMax
from litesmith.opset.unmodeled import Unmodeled
from litesmith.passes.base import Pass, Record
from litesmith.passes.pipeline import PIPELINE

optimize = conversion.optimize


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
            return 1
        reads = [(op, place) for op in chosen for place, value in enumerate(op.operands) if _is_computed(value)]
        if reads:
            self._scale_input(graph, *reads[0])
        return len(reads)

    def _scale_weight(self, graph, operation, place):
        old = operation.operands[place]
        graph.rewire(operation, place, Value(old.type, old.name, constant=Constant.of(old.constant.array() * 1.5)))

    def _scale_input(self, graph, operation, place):
        with building(graph, operation), source_scope(operation.source.through("wrong")):
            graph.rewire(operation, place, emit(Mul(), operation.operands[place], constant(np.float32(1.5))))


def _is_computed(value):
    return value is not None and not value.is_constant and value.type.dtype is DType.FLOAT32


def _is_weight(value):
    return value is not None and value.is_constant and value.type.dtype is DType.FLOAT32 and value.type.elements > 1


@dataclass(frozen=True)
class WrongResult(Pass):
    """Puts something in place of the value that a layer's first operation reads; `make` builds it of that value."""

    layer: str
    make: Callable[[Value], Value]

    def run(self, graph, record):
        for operation in graph.operations:
            computed = [place for place, value in enumerate(operation.operands) if _is_computed(value)]
            if operation.source.layer.rpartition("/")[2] == self.layer and computed:
                with building(graph, operation), source_scope(operation.source.through("wrong")):
                    graph.rewire(operation, computed[0], self.make(operation.operands[computed[0]]))
                return 1
        return 0


def deadly(value):
    """What ends the process: the kernel of SUB aborts on int8 without scales."""
    small = emit(Cast(DType.FLOAT32, DType.INT8), value)
    type = small.type
    (less,) = emit_many(Sub(), small, small, types=[type])
    return emit(Cast(DType.INT8, DType.FLOAT32), less)


def refused(value):
    """A custom operator that nobody has."""
    unknown = Unmodeled("Nope", True, 1, None, (), b"", ())
    (made,) = emit_many(unknown, value, types=[value.type])
    return made


def root(value):
    """NaN where the value is negative."""
    return emit(Sqrt(), value)


def endless(value):
    """The value, behind a loop that does not end."""
    with building_subgraph("always") as always:
        i = always.graph.add_input(TensorType(DType.INT32, ()), "i")
        always.graph.outputs = [emit(LessEqual(), i, i)]
    with building_subgraph("same") as same:
        i = same.graph.add_input(TensorType(DType.INT32, ()), "i")
        same.graph.outputs = [emit(Neg(), i)]
    largest = emit(Cast(DType.FLOAT32, DType.INT32), value)
    number = emit(ReduceMax(keep_dims=False), largest, constant(np.arange(value.type.rank, dtype="int32")))
    (count,) = emit_many(While(always.graph, same.graph), number, types=[number.type])
    return emit(Add(), value, emit(Cast(DType.INT32, DType.FLOAT32), count))


def plant(monkeypatch, *steps):
    """Let every conversion end with these passes, which nothing looks after."""

    def wrong(model, stages=PIPELINE):
        record = optimize(model, stages)
        put(model, *steps)
        return record

    monkeypatch.setattr(conversion, "optimize", wrong)


def put(model, *steps):
    """Run passes on all graphs that a model has by now."""
    for step in steps:
        for graph in list(model.all_graphs()):
            step.run(graph, Record())


def changed(lite, *steps):
    """Another file, changed by passes."""
    model = read(bytes(lite))
    put(model, *steps)
    return LiteModel(to_bytes(model))


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
