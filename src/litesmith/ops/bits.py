"""Functions of the bits of numbers, in LiteRT operators: exact.

float64 and the narrow floats have no bits of their own in LiteRT, which computes them in float32.
"""

from __future__ import annotations

import numpy as np

from litesmith.ir.builder import constant, emit_many
from litesmith.ir.dims import Shape
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, reshape
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
