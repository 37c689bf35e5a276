"""Rounding of floats, in LiteRT operators: exact."""

from __future__ import annotations

from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, math
from litesmith.ops.array import cast
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select

MANTISSA = 23
LARGEST_EXPONENT = 127


@decomposition
def round_half_away(x: Value) -> Value:
    """The nearest integer; of two, the one further from 0."""
    magnitude = math.absolute(x)
    whole = math.floor(magnitude)
    up = cast(math.greater_equal(math.subtract(magnitude, whole), 0.5), x.type.dtype)
    return math.multiply(math.sign(x), math.add(whole, up))


@decomposition
def integer_power(x: Value, exponent: int) -> Value:
    """X to a known power, by squaring."""
    if exponent < 0:
        return math.divide(1, integer_power(x, -exponent))
    if exponent == 0:
        return math.add(math.multiply(x, 0), 1)
    result: Value | None = None
    square = x
    while True:
        if exponent % 2:
            result = square if result is None else math.multiply(result, square)
        exponent //= 2
        if not exponent:
            assert result is not None
            return result
        square = math.square(square)


@decomposition
def with_fewer_bits(x: Value, exponent_bits: int, mantissa_bits: int) -> Value:
    """A float32 rounded to a mantissa and an exponent of fewer bits (ties to even); infinite and 0 beyond."""
    single = cast(x, DType.FLOAT32)
    pattern = bits.view(single, DType.INT32)
    dropped = MANTISSA - mantissa_bits
    if dropped > 0:
        last = math.floor_mod(math.right_shift(pattern, dropped), 2)
        rounded = math.add(pattern, math.add(last, (1 << (dropped - 1)) - 1))
        pattern = math.multiply(math.right_shift(rounded, dropped), 1 << dropped)
    found = bits.view(pattern, DType.FLOAT32)
    if exponent_bits < 8:
        bias = (1 << (exponent_bits - 1)) - 1
        most = (2.0 - 2.0**-mantissa_bits) * 2.0**bias
        magnitude = math.absolute(found)
        found = select(math.greater(magnitude, most), math.multiply(found, constant(float("inf"))), found)
        found = select(math.less(magnitude, 2.0 ** (1 - bias)), math.multiply(single, 0.0), found)
    return cast(select(math.is_finite(single), found, single), x.type.dtype)
