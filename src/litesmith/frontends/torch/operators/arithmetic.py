"""Arithmetic of two tensors, or of a tensor and a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from litesmith.frontends.torch.promotion import as_floats, as_one_type
from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, math, special
from litesmith.ops.array import as_value, cast
from litesmith.ops.indexing import select


def _add(x: Value, y: Value) -> Value:
    return math.logical_or(x, y) if x.type.dtype is DType.BOOL else math.add(x, y)


def _scaled(y: Value, alpha: Any) -> Value:
    return y if not isinstance(alpha, Value) and alpha == 1 else math.multiply(y, as_value(alpha, y.type.dtype))


@imports("add")
def add(x: Value, other: Any, alpha: Any = 1) -> Value:
    left, right = as_one_type(x, other)
    return _add(left, _scaled(right, alpha))


@imports("sub", "subtract")
def sub(x: Value, other: Any, alpha: Any = 1) -> Value:
    left, right = as_one_type(x, other)
    return math.subtract(left, _scaled(right, alpha))


@imports("rsub")
def rsub(x: Value, other: Any, alpha: Any = 1) -> Value:
    left, right = as_one_type(x, other)
    return math.subtract(right, _scaled(left, alpha))


@imports("mul", "multiply")
def mul(x: Value, other: Any) -> Value:
    left, right = as_one_type(x, other)
    return math.logical_and(left, right) if left.type.dtype is DType.BOOL else math.multiply(left, right)


@imports("div", "divide", "true_divide")
def div(x: Value, other: Any, rounding_mode: str | None = None) -> Value:
    """True division, or towards 0, or down."""
    if rounding_mode == "floor":
        return floor_divide(x, other)
    if rounding_mode is None:
        return math.divide(*as_floats(x, other))
    left, right = as_one_type(x, other)
    if left.type.dtype.is_float:
        return math.truncate(math.divide(left, right))
    rest = math.truncated_mod(left, right)
    return math.floor_divide(math.subtract(left, rest), right)


@imports("floor_divide")
def floor_divide(x: Value, other: Any) -> Value:
    left, right = as_one_type(x, other)
    return math.floor_divide(left, right)


@imports("remainder")
def remainder(x: Any, other: Any) -> Value:
    """With the sign of the divisor."""
    return math.floor_mod(*as_one_type(x, other))


@imports("fmod")
def fmod(x: Value, other: Any) -> Value:
    """With the sign of the dividend."""
    return math.truncated_mod(*as_one_type(x, other))


@imports("pow", "float_power")
def pow_(x: Any, exponent: Any, dtypes: Sequence[DType]) -> Value:
    dtype = dtypes[0]
    if isinstance(x, Value) and not isinstance(exponent, Value):
        return math.power(cast(x, dtype), exponent)
    return math.power(as_value(x, dtype), as_value(exponent, dtype))


@imports("maximum", "max.other")
def maximum(x: Value, other: Any) -> Value:
    """What is not a number stays so."""
    left, right = as_one_type(x, other)
    return math.logical_or(left, right) if left.type.dtype is DType.BOOL else math.maximum(left, right)


@imports("minimum", "min.other")
def minimum(x: Value, other: Any) -> Value:
    left, right = as_one_type(x, other)
    return math.logical_and(left, right) if left.type.dtype is DType.BOOL else math.minimum(left, right)


def _without_nan(function: Callable[[Value, Value], Value], x: Value, other: Any) -> Value:
    """Of what is not a number, the other one."""
    left, right = as_one_type(x, other)
    if not left.type.dtype.is_float:
        return function(left, right)
    return select(math.is_nan(left), right, select(math.is_nan(right), left, function(left, right)))


imports("fmax")(partial(_without_nan, math.maximum))
imports("fmin")(partial(_without_nan, math.minimum))


@imports("atan2", "arctan2")
def atan2(x: Value, other: Value) -> Value:
    return special.arctan2(*as_floats(x, other))


@imports("hypot")
def hypot(x: Value, other: Value) -> Value:
    return special.hypot(*as_floats(x, other))


@imports("logaddexp")
def logaddexp(x: Value, other: Value) -> Value:
    return special.log_add_exp(*as_floats(x, other))


@imports("logaddexp2")
def logaddexp2(x: Value, other: Value) -> Value:
    return special.log2_add_exp2(*as_floats(x, other))


@imports("nextafter")
def nextafter(x: Value, other: Value) -> Value:
    return bits.next_after(x, other)


@imports("copysign")
def copysign(x: Value, other: Any) -> Value:
    left, right = as_floats(x, other)
    magnitude = math.absolute(left)
    return select(bits.sign_bit(right), math.negative(magnitude), magnitude)


@imports("xlogy", "special_xlogy")
def xlogy(x: Any, other: Any) -> Value:
    """0 where x is 0, whatever the logarithm is, but for what is not a number."""
    left, right = as_floats(x, other)
    product = math.multiply(left, math.log(right))
    is_nothing = math.logical_and(math.equal(left, 0.0), math.logical_not(math.is_nan(right)))
    return select(is_nothing, constant(0.0, left.type.dtype), product)


@imports("heaviside")
def heaviside(x: Value, values: Value) -> Value:
    left, right = as_one_type(x, values)
    above = cast(math.greater(left, 0), left.type.dtype)
    return select(math.equal(left, 0), right, above)


@imports("lerp")
def lerp(x: Value, end: Value, weight: Any) -> Value:
    """From x to end, counted from the nearer of the two as torch does it."""
    start, stop, part = as_one_type(x, end, weight)
    distance = math.subtract(stop, start)
    return math.add(start, math.multiply(distance, part))


@imports("addcmul")
def addcmul(x: Value, tensor1: Value, tensor2: Value, value: Any = 1) -> Value:
    base, left, right = as_one_type(x, tensor1, tensor2)
    return math.add(base, _scaled(math.multiply(left, right), value))


@imports("addcdiv")
def addcdiv(x: Value, tensor1: Value, tensor2: Value, value: Any = 1) -> Value:
    base, left, right = as_floats(x, tensor1, tensor2)
    return math.add(base, _scaled(math.divide(left, right), value))
