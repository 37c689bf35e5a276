"""Arithmetic, comparison and reduction, in LiteRT operators.

Both operands of a function have one element type; promotion is the frontend's rule. Types that
an operator's kernel does not take are computed in a wider one, with the wrap-around of their own.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from litesmith.ir.dims import product as product_of
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops.array import Axes, as_value, axes_of, cast, full, move_axis, reshape
from litesmith.ops.einsum import dense as dense
from litesmith.ops.einsum import matmul as matmul
from litesmith.ops.sizes import int32
from litesmith.ops.widening import compute
from litesmith.opset import binary, elementwise, reduction

Operand = Any
"""A value, or a number that takes the other operand's type."""

LARGEST = float(np.finfo(np.float32).max)
MAX_DELEGATED_RANK = 6
"""The highest rank that XNNPACK reduces; it refuses models with higher ones."""


def _pair(x: Operand, y: Operand) -> tuple[Value, Value]:
    if isinstance(x, Value):
        return x, as_value(y, x.type.dtype)
    return as_value(x, y.type.dtype), y


def _binary(operator: Callable[[], Operator]) -> Callable[[Operand, Operand], Value]:
    def apply(x: Operand, y: Operand) -> Value:
        return compute(operator(), *_pair(x, y))

    return apply


def _unary(operator: Callable[[], Operator]) -> Callable[[Value], Value]:
    def apply(x: Value) -> Value:
        return compute(operator(), x)

    return apply


add = _binary(binary.Add)
subtract = _binary(binary.Sub)
multiply = _binary(binary.Mul)
divide = _binary(binary.Div)
minimum = _binary(binary.Minimum)
floor_mod = _binary(binary.FloorMod)
less = _binary(binary.Less)
less_equal = _binary(binary.LessEqual)
greater = _binary(binary.Greater)
greater_equal = _binary(binary.GreaterEqual)
equal = _binary(binary.Equal)
not_equal = _binary(binary.NotEqual)
logical_and = _binary(binary.LogicalAnd)
logical_or = _binary(binary.LogicalOr)
bitwise_xor = _binary(binary.BitwiseXor)
right_shift = _binary(binary.RightShift)

negative = _unary(elementwise.Neg)
exp = _unary(elementwise.Exp)
log = _unary(elementwise.Log)
"""The natural logarithm; XNNPACK's kernel is off by up to 1.3e-7 near 1, and takes infinity to 88.4."""
sqrt = _unary(elementwise.Sqrt)
sin = _unary(elementwise.Sin)
"""The sine of radians; XNNPACK's kernel loses precision with the magnitude: 3e-7 up to 20."""
cos = _unary(elementwise.Cos)
"""The cosine of radians; as precise as `sin`."""
floor = _unary(elementwise.Floor)
ceil = _unary(elementwise.Ceil)
round_half_even = _unary(elementwise.Round)
logical_not = _unary(elementwise.LogicalNot)


def maximum(x: Operand, y: Operand) -> Value:
    """The larger of two; with 0 it is RELU, which other operators take in."""
    left, right = _pair(x, y)
    if _number(right) != 0 or left.type.dtype is not DType.FLOAT32:
        return compute(binary.Maximum(), left, right)
    limited = left.producer is not None and isinstance(left.producer.operator, (elementwise.Relu, elementwise.Relu6))
    return left if limited else compute(elementwise.Relu(), left)


def is_unsigned(dtype: DType) -> bool:
    """Whether a type has no negative numbers."""
    return dtype is DType.BOOL or dtype.value.startswith("uint")


def absolute(x: Value) -> Value:
    """The magnitude; the lowest integer is its own."""
    dtype = x.type.dtype
    if is_unsigned(dtype):
        return x
    return maximum(x, negative(x)) if dtype is DType.INT64 else compute(elementwise.Abs(), x)


def sign(x: Value) -> Value:
    """-1, 0 or 1; what is not a number stays so."""
    dtype = x.type.dtype
    if is_unsigned(dtype):
        return minimum(x, 1)
    return clip(x, -1, 1) if dtype.is_integer else compute(elementwise.Sign(), x)


def square(x: Value) -> Value:
    """X times itself."""
    return compute(elementwise.Square(), x) if x.type.dtype.is_float else multiply(x, x)


def squared_difference(x: Operand, y: Operand) -> Value:
    """The square of x - y."""
    x, y = _pair(x, y)
    if x.type.dtype is DType.INT64:
        return square(subtract(x, y))
    return compute(binary.SquaredDifference(), x, y)


def reciprocal(x: Value) -> Value:
    """1 / x, of floats."""
    return divide(1.0, x)


def rsqrt(x: Value) -> Value:
    """1 / sqrt(x), of floats.

    RSQRT after an epsilon was added to x, and two operators elsewhere: XNNPACK's RSQRT of 0 is
    not a number instead of infinity.
    """
    return compute(elementwise.Rsqrt(), x) if _has_epsilon(x) else reciprocal(sqrt(x))


def _has_epsilon(x: Value) -> bool:
    """Whether x is a sum with a positive number."""
    if x.producer is None or not isinstance(x.producer.operator, binary.Add):
        return False
    return builtins.any((_number(operand) or 0) > 0 for operand in x.producer.operands)


def _number(x: Operand) -> float | None:
    """The number that an operand is, or that a scalar constant holds; None for all else."""
    if not isinstance(x, Value):
        return None if x is None else float(x)
    if x.constant is None or x.type.rank or x.type.dtype is DType.BOOL:
        return None
    number = x.constant.array()
    if x.type.dtype is DType.COMPLEX64:
        return None if number.imag else float(number.real)
    return float(number)


def power(x: Operand, y: Operand) -> Value:
    """X to the power of y; POW, which is slow, only where y is not 1, 2, 3, 4, 1/2 or -1."""
    base, raised = _pair(x, y)
    exponent = _number(raised)
    if exponent == 1:
        return base
    if exponent in (2, 4):
        return square(base) if exponent == 2 else square(square(base))
    if exponent == 3:
        return multiply(square(base), base)
    if exponent in (0.5, -1) and base.type.dtype.is_float:
        return sqrt(base) if exponent == 0.5 else reciprocal(base)
    return compute(binary.Pow(), base, raised)


def floor_divide(x: Operand, y: Operand) -> Value:
    """The quotient rounded down, as Python's `//`.

    Floats are right also where FLOOR(x / y) is one too much (1 // 0.1 is 9); divided by 0 they are
    not a number. An integer divided by 0 is an error when the model runs.
    """
    x, y = _pair(x, y)
    if x.type.dtype in (DType.INT64, DType.UINT32):
        return _long_quotient(x, y)
    if not x.type.dtype.is_float:
        return compute(binary.FloorDiv(), x, y)
    divisor = _number(y)
    if divisor is not None and np.frexp(divisor)[0] in (0.5, -0.5):
        return floor(multiply(x, 1.0 / divisor))
    return round_half_even(divide(subtract(x, floor_mod(x, y)), y))


def _long_quotient(x: Value, y: Value) -> Value:
    """The quotient of integers that no kernel divides, rounded down.

    Of what the divisor divides without a rest, the quotient in float32 is wrong by 2 ** -22 of it at most, and so is
    the quotient of what is left then: the sum of three is exact.
    """
    whole, divisor = cast(x, DType.INT64), cast(y, DType.INT64)
    above = floor_mod(whole, divisor)
    below = logical_and(not_equal(above, 0), not_equal(less(whole, 0), less(divisor, 0)))
    rest = subtract(whole, subtract(above, multiply(cast(below, DType.INT64), divisor)))  # nearer to 0: no overflow
    rounded = cast(divisor, DType.FLOAT32)
    quotient = negative(cast(below, DType.INT64))
    for _ in range(3):
        part = cast(round_half_even(divide(cast(rest, DType.FLOAT32), rounded)), DType.INT64)
        rest, quotient = subtract(rest, multiply(part, divisor)), add(quotient, part)
    return cast(quotient, x.type.dtype)


def truncated_mod(x: Operand, y: Operand) -> Value:
    """The remainder with the sign of x, as C's `fmod`."""
    x, y = _pair(x, y)
    if x.type.dtype in (DType.INT8, DType.INT16, DType.INT32):  # -128 has no magnitude in int8
        return subtract(x, multiply(compute(binary.Div(), x, y), y))
    rest = floor_mod(absolute(x), absolute(y))
    return rest if is_unsigned(x.type.dtype) else multiply(sign(x), rest)


def truncate(x: Value) -> Value:
    """X without its fraction."""
    return multiply(sign(x), floor(absolute(x))) if x.type.dtype.is_float else x


CLIPPING: dict[tuple[float | None, float | None], Callable[[], Operator]] = {
    (0.0, None): elementwise.Relu,
    (0.0, 6.0): elementwise.Relu6,
    (-1.0, 1.0): elementwise.ReluN1To1,
}
"""Limits that have an operator of their own which XNNPACK runs (it does not run RELU_0_TO_1)."""


def clip(x: Value, low: Operand | None, high: Operand | None) -> Value:
    """X limited to low..high, either of which may be missing."""
    upper = _number(high)
    limiting = CLIPPING.get((_number(low), upper)) if high is None or upper is not None else None
    if limiting is not None and x.type.dtype is DType.FLOAT32:
        return compute(limiting(), x)
    limited = x if low is None else maximum(x, low)
    return limited if high is None else minimum(limited, high)


def is_nan(x: Value) -> Value:
    """Whether an element is not a number."""
    return not_equal(x, x) if _is_inexact(x) else full(x.type.shape, False, DType.BOOL)


def _is_inexact(x: Value) -> bool:
    """Whether elements may be infinite, or not numbers."""
    return x.type.dtype.is_float or x.type.dtype is DType.COMPLEX64


def is_infinite(x: Value) -> Value:
    """Whether an element is one of the infinities (or, of float64, beyond the range of float32)."""
    if not _is_inexact(x):
        return full(x.type.shape, False, DType.BOOL)
    return greater(_magnitude(x), LARGEST)


def is_infinity(x: Value, negative: bool = False) -> Value:
    """Whether an element is infinity, or minus infinity."""
    if not x.type.dtype.is_float:
        return full(x.type.shape, False, DType.BOOL)
    single = cast(x, DType.FLOAT32)
    return less(single, -LARGEST) if negative else greater(single, LARGEST)


def is_finite(x: Value) -> Value:
    """Whether an element is a number other than the infinities."""
    if not _is_inexact(x):
        return full(x.type.shape, True, DType.BOOL)
    return less_equal(_magnitude(x), LARGEST)


def _magnitude(x: Value) -> Value:
    """The magnitude of reals, and half that of complex numbers, which is finite where they are."""
    return absolute(multiply(x, 0.5) if x.type.dtype is DType.COMPLEX64 else cast(x, DType.FLOAT32))


def _reduction(operator: Callable[..., Operator]) -> Callable[..., Value]:
    def apply(x: Value, axes: int | Axes | None = None, keep: bool = False) -> Value:
        reduced = sorted(set(axes_of(axes, x.type.rank)))
        if not reduced:
            return x
        if x.type.rank > MAX_DELEGATED_RANK:
            return _reduce_rows(operator, x, reduced, keep)
        dropped = 0
        for run in _runs(reduced):
            x = compute(operator(keep_dims=keep), x, int32([axis - dropped for axis in run]))
            dropped += 0 if keep else len(run)
        return x

    return apply


def _runs(axes: Sequence[int]) -> list[list[int]]:
    """Axes in order, neighbours together: XNNPACK reduces them twice as fast as scattered axes."""
    runs = [[axes[0]]]
    for before, axis in pairwise(axes):
        if axis == before + 1:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    return runs


def _reduce_rows(operator: Callable[..., Operator], x: Value, axes: Sequence[int], keep: bool) -> Value:
    """A reduction as that of a matrix's rows, for ranks that XNNPACK refuses."""
    shape, kept = x.type.shape, [axis for axis in range(x.type.rank) if axis not in axes]
    behind = move_axis(x, axes, list(range(len(kept), x.type.rank)))
    rows = reshape(behind, (product_of(shape[axis] for axis in kept), product_of(shape[axis] for axis in axes)))
    result = compute(operator(keep_dims=False), rows, int32([1]))
    return reshape(result, [1 if axis in axes else shape[axis] for axis in (range(x.type.rank) if keep else kept)])


sum = _reduction(reduction.Sum)
mean = _reduction(reduction.Mean)
"""The mean, of floats."""
product = _reduction(reduction.ReduceProd)
max = _reduction(reduction.ReduceMax)
min = _reduction(reduction.ReduceMin)
any = _reduction(reduction.ReduceAny)
all = _reduction(reduction.ReduceAll)


def variance(x: Value, axes: int | Axes | None = None, keep: bool = False) -> Value:
    """The mean squared distance from the mean, of floats."""
    return mean(squared_difference(x, mean(x, axes, True)), axes, keep)
