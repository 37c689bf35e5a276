"""What neural networks are made of, in LiteRT operators."""

from __future__ import annotations

from litesmith.ir.builder import emit
from litesmith.ir.graph import Value
from litesmith.ops.array import axis_of, move_axis
from litesmith.opset import elementwise


def relu(x: Value) -> Value:
    """max(x, 0)."""
    return emit(elementwise.Relu(), x)


def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-x))."""
    return emit(elementwise.Logistic(), x)


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return emit(elementwise.Tanh(), x)


def softmax(x: Value, axis: int = -1) -> Value:
    """exp(x), divided by its sum along an axis."""
    last = x.type.rank - 1
    place = axis_of(axis, x.type.rank)
    if place == last:
        return emit(elementwise.Softmax(), x)
    return move_axis(emit(elementwise.Softmax(), move_axis(x, place, last)), last, place)
