"""Functions of the bits of numbers, in LiteRT operators: exact.

float64 and the narrow floats have no bits of their own in LiteRT, which computes them in float32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from litesmith.ir.builder import constant, emit_many
from litesmith.ir.dims import Shape
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import as_value, broadcast_shape, cast, expand_dims, reshape
from litesmith.ops.decomposing import decomposition
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.opset.conversion import Bitcast

WIDTHS = {
    **dict.fromkeys((DType.INT8, DType.UINT8, DType.BOOL), 1),
    **dict.fromkeys((DType.INT16, DType.UINT16), 2),
    **dict.fromkeys((DType.FLOAT32, DType.INT32, DType.UINT32), 4),
    **dict.fromkeys((DType.INT64, DType.UINT64), 8),
}
"""The bytes of elements that keep their type in LiteRT."""


def view(x: Value, dtype: DType) -> Value:
    """The bytes of a tensor read as elements of another type; wider or narrower ones change the last axis."""
    before, after = (WIDTHS.get(kind) for kind in (x.type.dtype, dtype))
    if before is None or after is None:
        other = x.type.dtype if before is None else dtype
        raise Unsupported(f"the bits of {other}, which is computed in another type (cast to float32 or an integer)")
    shape = x.type.shape
    if before == after:
        return _bitcast(x, dtype, shape)
    if not shape:
        raise Unsupported(f"a scalar of {x.type.dtype} viewed as {dtype}")
    if before > after:
        parts = before // after
        return reshape(_bitcast(x, dtype, (*shape, parts)), (*shape[:-1], shape[-1] * parts))
    parts = after // before
    joined = (*shape[:-1], shape[-1] // parts)
    return _bitcast(reshape(x, (*joined, parts)), dtype, joined)


def _bitcast(x: Value, dtype: DType, shape: Shape) -> Value:
    if x.type.dtype is dtype:
        return x
    (result,) = emit_many(Bitcast(), x, types=[TensorType(dtype, shape)])
    return result


def sign_bit(x: Value) -> Value:
    """Whether a number is negative; of floats, whether it has a minus sign, as -0 has."""
    if not x.type.dtype.is_float:
        return math.less(x, 0)
    return math.less(view(cast(x, DType.FLOAT32), DType.INT32), 0)


@decomposition
def next_after(x: Value, y: Value) -> Value:
    """The float32 next to x in the direction of y; y where they are equal."""
    below, above = math.less(y, x), math.less(x, y)
    bits = view(x, DType.INT32)
    # Bits count up with the magnitude, of negative numbers as well.
    outwards = math.equal(above, math.greater(x, 0.0))
    stepped = view(math.add(bits, select(outwards, constant(1), constant(-1))), DType.FLOAT32)
    smallest = constant(np.float32(1e-45))
    from_zero = select(above, smallest, constant(np.float32(-1e-45)))
    found = select(math.equal(x, 0.0), from_zero, stepped)
    unknown = math.logical_or(math.is_nan(x), math.is_nan(y))
    moved = select(math.logical_or(below, above), found, y)
    return select(unknown, constant(np.float32(np.nan)), moved)


@decomposition
def scaled_by_power(x: Value, exponent: Value) -> Value:
    """X * 2 ** exponent for int32 exponents: exact, but what is below 1.2e-38 may be 0, as XNNPACK takes it."""
    rest = math.clip(exponent, -400, 400)
    result = cast(x, DType.FLOAT32)
    for _ in range(3):
        part = math.clip(rest, -126, 127)
        result = math.multiply(result, _power_of_two(part))
        rest = math.subtract(rest, part)
    return cast(result, x.type.dtype)


def _power_of_two(exponent: Value) -> Value:
    """2 ** exponent for -126..127: a float whose bits are the exponent's alone."""
    bits = math.multiply(math.add(exponent, 127), as_value(1 << 23, DType.INT32))
    return view(bits, DType.FLOAT32)


def bitwise_and(x: Value, y: Value) -> Value:
    """Bits that both integers have."""
    return _combined(_and, x, y)


def bitwise_or(x: Value, y: Value) -> Value:
    """Bits that one of two integers has."""
    return _combined(lambda a, b: math.subtract(math.add(a, b), _and(a, b)), x, y)


def bitwise_xor(x: Value, y: Value) -> Value:
    """Bits that one of two integers has and the other has not."""
    return _combined(math.bitwise_xor, x, y)


def _combined(function: Callable[[Value, Value], Value], x: Value, y: Value) -> Value:
    """A function of the bits of int32, for integers of any type."""
    dtype = x.type.dtype
    shape = broadcast_shape(x, y)
    if WIDTHS[dtype] < 4:
        return cast(function(cast(x, DType.INT32), cast(y, DType.INT32)), dtype)
    if dtype is DType.INT32:
        return function(x, y)
    words = [view(expand_dims(value, -1), DType.INT32) for value in (x, y)]
    return reshape(view(function(*words), dtype), shape)


def _and(x: Value, y: Value) -> Value:
    """Bits that both int32 have: half of x + y - (x xor y), which cannot overflow for 16 bits at a time."""
    x_upper, y_upper = (math.right_shift(value, 16) for value in (x, y))
    x_lower, y_lower = (math.subtract(v, math.multiply(u, 1 << 16)) for v, u in ((x, x_upper), (y, y_upper)))
    return math.add(math.multiply(_and_of_16_bits(x_upper, y_upper), 1 << 16), _and_of_16_bits(x_lower, y_lower))


def _and_of_16_bits(x: Value, y: Value) -> Value:
    return math.right_shift(math.subtract(math.add(x, y), math.bitwise_xor(x, y)), 1)


UNSIGNED = {DType.INT8: DType.UINT8, DType.INT16: DType.UINT16, DType.INT32: DType.UINT32}
SIGNED = {unsigned: signed for signed, unsigned in UNSIGNED.items()}


def shift_right(x: Value, places: Value, signed: bool) -> Value:
    """Integers shifted right, filled with the sign if `signed`, else with zeros; by their width or more, all of it."""
    dtype = x.type.dtype
    if dtype in UNSIGNED and not signed:
        unsigned = UNSIGNED[dtype]
        return view(shift_right(view(x, unsigned), view(places, unsigned), signed=False), dtype)
    if dtype in SIGNED and signed:
        return view(shift_right(view(x, SIGNED[dtype]), view(places, SIGNED[dtype]), signed=True), dtype)
    if _are_within(places, dtype.bits):
        return math.right_shift(x, places)
    inside = math.less(places, dtype.bits)
    if not math.is_unsigned(dtype):
        inside = math.logical_and(inside, math.greater_equal(places, 0))
    shifted = math.right_shift(x, select(inside, places, as_value(dtype.bits - 1, dtype)))
    return select(inside, shifted, as_value(0, dtype)) if math.is_unsigned(dtype) else shifted


def shift_left(x: Value, places: Value) -> Value:
    """Integers shifted left; by their width or more, 0."""
    dtype = x.type.dtype
    if places.constant is not None and _are_within(places, dtype.bits):
        factors = np.left_shift(np.ones_like(places.constant.array()), places.constant.array())
        return math.multiply(x, constant(factors))
    result, power = x, 1
    while power < dtype.bits:
        # The bit of `places` that stands for this power says whether to shift by it.
        step = math.floor_mod(math.right_shift(places, power.bit_length() - 1), 2)
        factor = constant(np.left_shift(np.ones((), dtype.numpy), np.asarray(power, dtype.numpy)))
        result = select(math.equal(step, 0), result, math.multiply(result, factor))
        power *= 2
    inside = math.less(places, dtype.bits)
    if not math.is_unsigned(dtype):
        inside = math.logical_and(inside, math.greater_equal(places, 0))
    return select(inside, result, as_value(0, dtype))


def _are_within(places: Value, width: int) -> bool:
    """Whether numbers are known to be places of an integer."""
    if places.constant is None:
        return False
    array = places.constant.array()
    return bool(((array >= 0) & (array < width)).all())
