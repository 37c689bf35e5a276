"""Derivatives of functions of single elements, which models compute that take gradients of themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Sizes, imports
from litesmith.ir.dims import Dim, Size, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, nn
from litesmith.ops.array import as_value
from litesmith.ops.indexing import select

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
"""Of SELU."""


def _where(condition: Value, x: Value, otherwise: Value | float) -> Value:
    return select(condition, x, as_value(otherwise, x.type.dtype))


def _of_relu6(gradient: Value, x: Value) -> Value:
    return _where(math.logical_and(math.greater(x, 0.0), math.less(x, 6.0)), gradient, 0.0)


def _of_elu(gradient: Value, y: Value) -> Value:
    return _where(math.less(y, 0.0), math.multiply(gradient, math.add(y, 1.0)), gradient)


def _of_selu(gradient: Value, y: Value) -> Value:
    below = math.multiply(gradient, math.add(y, SCALE * ALPHA))
    return _where(math.less(y, 0.0), below, math.multiply(gradient, SCALE))


OF_RESULTS: dict[str, Callable[[Value, Value], Value]] = {
    "SigmoidGrad": lambda y, gradient: math.multiply(gradient, math.multiply(y, math.subtract(1.0, y))),
    "TanhGrad": lambda y, gradient: math.multiply(gradient, math.subtract(1.0, math.square(y))),
    "SqrtGrad": lambda y, gradient: math.divide(math.multiply(gradient, 0.5), y),
    "RsqrtGrad": lambda y, gradient: math.multiply(math.multiply(gradient, -0.5), math.multiply(math.square(y), y)),
    "ReciprocalGrad": lambda y, gradient: math.negative(math.multiply(gradient, math.square(y))),
    "InvGrad": lambda y, gradient: math.negative(math.multiply(gradient, math.square(y))),
}
"""Of a function's result and the gradient of it."""

OF_GRADIENTS: dict[str, Callable[[Value, Value], Value]] = {
    "ReluGrad": lambda gradient, x: _where(math.greater(x, 0.0), gradient, 0.0),
    "Relu6Grad": _of_relu6,
    "EluGrad": _of_elu,
    "SeluGrad": _of_selu,
    "SoftplusGrad": lambda gradient, x: math.multiply(gradient, nn.sigmoid(x)),
    "SoftsignGrad": lambda gradient, x: math.divide(gradient, math.square(math.add(math.absolute(x), 1.0))),
}
"""Of the gradient of a function's result, and the operand; for exponential units the result."""


def _register(name: str, function: Callable[[Value, Value], Value]) -> None:
    @imports(name)
    def derivative(first: Value, second: Value) -> Value:
        return function(first, second)


for _name, _function in {**OF_RESULTS, **OF_GRADIENTS}.items():
    _register(_name, _function)


@imports("LeakyReluGrad")
def of_leaky_relu(gradient: Value, x: Value, *, alpha: float = 0.2) -> Value:
    return _where(math.greater(x, 0.0), gradient, math.multiply(gradient, alpha))


@imports("BiasAddGrad")
def of_bias_add(gradient: Value, *, data_format: str = "NHWC") -> Value:
    channels = 1 if data_format.startswith("NC") else gradient.type.rank - 1
    return math.sum(gradient, tuple(axis for axis in range(gradient.type.rank) if axis != channels))


@imports("BroadcastGradientArgs", outputs=("r0", "r1"))
def broadcast_axes(first: Sizes, second: Sizes) -> tuple[Known, Known]:
    """The axes that each of two shapes is repeated along where they are broadcast."""
    rank = max(len(first), len(second))
    one, other = ([*[1] * (rank - len(sizes)), *sizes] for sizes in (first, second))
    return Known.of(_repeated(one, other), DType.INT32), Known.of(_repeated(other, one), DType.INT32)


def _repeated(sizes: Sequence[Size], others: Sequence[Size]) -> list[int]:
    return [
        axis
        for axis, (size, wanted) in enumerate(zip(sizes, others, strict=True))
        if not isinstance(size, Dim) and size == 1 and not same(size, wanted)
    ]
