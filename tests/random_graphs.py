"""Random float graphs of the operators that factors of channels pass, and of some that they must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant, emit
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model, Value
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add, Minimum, Mul
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.elementwise import HardSwish, LeakyRelu, Logistic, Prelu, Relu
from litesmith.opset.enums import Activation, Padding
from litesmith.opset.joining import Concatenation
from litesmith.opset.matmul import FullyConnected
from litesmith.opset.pooling import AveragePool2D, MaxPool2D
from litesmith.opset.reduction import Mean
from litesmith.opset.shaping import Reshape
from litesmith.opset.slicing import Pad, Slice
from litesmith.runtime.interpreter import Session

SIZE = 4
Array = np.ndarray[Any, Any]


def random_model(steps: list[tuple[str, int]], seed: int, octaves: float = 2.0) -> Model:
    """A model of a graph of these steps on images [batch, 4, 4, 3], each with a number that says what it takes.

    Channels that filters compute differ by 2 ** (octaves * N(0, 1)).
    """
    random = np.random.default_rng(seed)
    graph = Graph("main")
    image = graph.add_input(TensorType(DType.FLOAT32, (symbol("batch", 5), SIZE, SIZE, 3)), "x")
    with building(graph):
        values = [_filtered(image, random, octaves, 3, Activation.NONE)]
        for name, number in steps:
            values.append(STEPS[name](Place(values, number, random, octaves)))
        flattened = values[number % len(values)]
        pooled = emit(Mean(keep_dims=False), values[-1], constant(np.array([1, 2], np.int32)))
        sizes = constant(np.array([-1, SIZE**2 * _width(flattened)], np.int32))
        flat = emit(Reshape(), flattened, sizes)
        graph.outputs = [_dense(pooled, random), _dense(flat, random)]
    graph.prune()
    return Model([graph])


def _width(value: Value) -> int:
    return int(value.type.shape[-1])


def _dense(value: Value, random: Any) -> Value:
    weights = random.standard_normal((3, _width(value))).astype(np.float32)
    return emit(FullyConnected(), value, constant(weights), constant(random.standard_normal(3).astype(np.float32)))


def _scales(count: int, random: Any, octaves: float) -> Array:
    return (2.0 ** (octaves * random.standard_normal(count))).astype(np.float32)


def _filtered(value: Value, random: Any, octaves: float, kernel: int, activation: Activation, width: int = 4) -> Value:
    scales = _scales(width, random, octaves)
    weights = random.standard_normal((width, kernel, kernel, _width(value)))
    weights *= scales[:, None, None, None] / np.sqrt(weights[0].size)
    bias = random.standard_normal(width).astype(np.float32) * scales
    operator = Conv2D(Padding.SAME, fused_activation_function=activation)
    return emit(operator, value, constant(weights.astype(np.float32)), constant(bias))


@dataclass
class Place:
    """Where a step is added.

    Attributes:
        values: what there is; the last is what most steps take.
        number: what a step chooses by.
    """

    values: list[Value]
    number: int
    random: Any
    octaves: float

    @property
    def last(self) -> Value:
        return self.values[-1]

    @property
    def other(self) -> Value:
        return self.values[self.number % len(self.values)]

    @property
    def activation(self) -> Activation:
        return (Activation.NONE, Activation.RELU, Activation.RELU6)[self.number % 3]

    @property
    def numbers(self) -> Array:
        return np.asarray(self.random.standard_normal(_width(self.last)), np.float32)

    def filtered(self, value: Value, kernel: int) -> Value:
        return _filtered(value, self.random, self.octaves, kernel, self.activation)


def _depthwise(place: Place) -> Value:
    weights = place.random.standard_normal((1, 3, 3, _width(place.last))).astype(np.float32)
    weights *= _scales(_width(place.last), place.random, place.octaves)
    operator = DepthwiseConv2D(Padding.SAME, fused_activation_function=place.activation)
    return emit(operator, place.last, constant(weights), constant(place.numbers))


def _padded(place: Place) -> Value:
    padded = emit(Pad(), place.last, constant(np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32)))
    return emit(Slice(), padded, constant(np.array([0, 0, 1, 0], np.int32)), constant(np.int32([-1, SIZE, SIZE, -1])))


def _halved(place: Place) -> Value:
    half = _width(place.last) // 2
    begin, size = np.int32([0, 0, 0, half]), np.int32([-1, SIZE, SIZE, _width(place.last) - half])
    return emit(Slice(), place.last, constant(begin), constant(size))


def _gated(place: Place) -> Value:
    means = emit(Mean(keep_dims=True), place.last, constant(np.array([1, 2], np.int32)))
    gates = _filtered(means, place.random, 0, 1, Activation.NONE, _width(place.last))
    return emit(Mul(), place.last, emit(Logistic(), gates))


def _added(place: Place) -> Value:
    other = place.other
    if _width(other) != _width(place.last):
        other = _filtered(other, place.random, place.octaves, 1, Activation.NONE, _width(place.last))
    return emit(Add(fused_activation_function=place.activation), place.last, other)


STEPS: dict[str, Callable[[Place], Value]] = {
    "pointwise": lambda at: at.filtered(at.last, 1),
    "convolution": lambda at: at.filtered(at.last, 3),
    "again": lambda at: at.filtered(at.other, 1),
    "depthwise": _depthwise,
    "relu": lambda at: emit(Relu(), at.last),
    "leaky relu": lambda at: emit(LeakyRelu(alpha=0.2), at.last),
    "prelu": lambda at: emit(Prelu(), at.last, constant(np.abs(at.numbers).reshape(1, 1, -1))),
    "hard swish": lambda at: emit(HardSwish(), at.last),
    "maximum pool": lambda at: emit(MaxPool2D(Padding.SAME, filter_width=2, filter_height=2), at.last),
    "average pool": lambda at: emit(AveragePool2D(Padding.SAME, filter_width=2, filter_height=2), at.last),
    "pad and crop": _padded,
    "scale": lambda at: emit(Mul(), at.last, constant(at.numbers if at.number % 2 else np.float32(0.5))),
    "shift": lambda at: emit(Add(fused_activation_function=at.activation), at.last, constant(at.numbers)),
    "minimum": lambda at: emit(Minimum(), at.last, constant(np.abs(at.numbers) if at.number % 2 else np.float32(1.5))),
    "gate": _gated,
    "add": _added,
    "concatenate": lambda at: emit(Concatenation(axis=3), at.last, at.other),
    "slice": _halved,
}
"""What a step adds to a graph."""


def model_of(build: Callable[[Value], Value], *shape: int) -> Model:
    """A model of one input [batch, *shape] and of what `build` makes of it."""
    graph = Graph("main")
    value = graph.add_input(TensorType(DType.FLOAT32, (symbol("batch", 5), *shape)), "x")
    with building(graph):
        graph.outputs = [build(value)]
    return Model([graph])


def dense(value: Value, weights: Any, bias: Any = None) -> Value:
    """FULLY_CONNECTED with these weights [out, in]."""
    added = constant(np.zeros(len(weights), np.float32) if bias is None else np.asarray(bias, np.float32))
    return emit(FullyConnected(keep_num_dims=True), value, constant(np.asarray(weights, np.float32)), added)


def results(model: Model, array: Any) -> list[Any]:
    """What the runtime computes."""
    return Session(to_bytes(model)).run([array])
