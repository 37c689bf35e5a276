"""Arithmetic, comparison, reduction and products, in LiteRT operators.

Both operands of a function have one element type; promotion is the frontend's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litesmith.ir.builder import emit
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops.array import Axes, as_value, axes_of, cast
from litesmith.ops.einsum import dense as dense
from litesmith.ops.einsum import matmul as matmul
from litesmith.ops.sizes import int32
from litesmith.opset import binary, elementwise, reduction

Operand = Any
"""A value, or a number that takes the other operand's type."""


def _pair(x: Operand, y: Operand) -> tuple[Value, Value]:
    if isinstance(x, Value):
        return x, as_value(y, x.type.dtype)
    return as_value(x, y.type.dtype), y


def _binary(operator: Callable[[], Operator]) -> Callable[[Operand, Operand], Value]:
    def apply(x: Operand, y: Operand) -> Value:
        return emit(operator(), *_pair(x, y))

    return apply


def _unary(operator: Callable[[], Operator]) -> Callable[[Value], Value]:
    def apply(x: Value) -> Value:
        return emit(operator(), x)

    return apply


add = _binary(binary.Add)
subtract = _binary(binary.Sub)
multiply = _binary(binary.Mul)
divide = _binary(binary.Div)
maximum = _binary(binary.Maximum)
minimum = _binary(binary.Minimum)
power = _binary(binary.Pow)
floor_divide = _binary(binary.FloorDiv)
floor_mod = _binary(binary.FloorMod)
squared_difference = _binary(binary.SquaredDifference)
less = _binary(binary.Less)
less_equal = _binary(binary.LessEqual)
greater = _binary(binary.Greater)
greater_equal = _binary(binary.GreaterEqual)
equal = _binary(binary.Equal)
not_equal = _binary(binary.NotEqual)
logical_and = _binary(binary.LogicalAnd)
logical_or = _binary(binary.LogicalOr)

absolute = _unary(elementwise.Abs)
negative = _unary(elementwise.Neg)
exp = _unary(elementwise.Exp)
log = _unary(elementwise.Log)
sqrt = _unary(elementwise.Sqrt)
rsqrt = _unary(elementwise.Rsqrt)
sin = _unary(elementwise.Sin)
cos = _unary(elementwise.Cos)
floor = _unary(elementwise.Floor)
ceil = _unary(elementwise.Ceil)
round_half_even = _unary(elementwise.Round)
sign = _unary(elementwise.Sign)
logical_not = _unary(elementwise.LogicalNot)


def square(x: Value) -> Value:
    """X times itself."""
    return emit(elementwise.Square(), x) if x.type.dtype is DType.FLOAT32 else multiply(x, x)


def clip(x: Value, low: Operand, high: Operand) -> Value:
    """X limited to low..high."""
    return minimum(maximum(x, low), high)


def _reduction(operator: Callable[..., Operator]) -> Callable[..., Value]:
    def apply(x: Value, axes: int | Axes | None = None, keep: bool = False) -> Value:
        reduced = axes_of(axes, x.type.rank)
        if not reduced:
            return x
        return emit(operator(keep_dims=keep), x, int32(list(reduced)))

    return apply


sum = _reduction(reduction.Sum)
mean = _reduction(reduction.Mean)
product = _reduction(reduction.ReduceProd)
max = _reduction(reduction.ReduceMax)
min = _reduction(reduction.ReduceMin)
any = _reduction(reduction.ReduceAny)
all = _reduction(reduction.ReduceAll)


def variance(x: Value, axes: int | Axes | None = None, keep: bool = False) -> Value:
    """The mean squared distance from the mean."""
    return mean(squared_difference(x, mean(x, axes, True)), axes, keep)


def truncate(x: Value) -> Value:
    """X without its fraction."""
    return cast(cast(x, DType.INT32), x.type.dtype)
