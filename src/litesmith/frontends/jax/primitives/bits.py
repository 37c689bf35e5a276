"""Operations on the bits of integers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from litesmith.frontends.jax.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, math
from litesmith.ops.array import cast, expand_dims, squeeze

Binary = Callable[[Value, Value], Value]

COMBINED: dict[str, tuple[Binary, Binary]] = {
    "and": (bits.bitwise_and, math.logical_and),
    "or": (bits.bitwise_or, math.logical_or),
    "xor": (bits.bitwise_xor, math.not_equal),
}
"""What each does to integers, and to booleans."""


def _combined(of_bits: Binary, of_truths: Binary, x: Value, y: Value) -> Value:
    return (of_truths if x.type.dtype is DType.BOOL else of_bits)(x, y)


for _name, _functions in COMBINED.items():
    imports(_name)(partial(_combined, *_functions))


@imports("not")
def not_(x: Value) -> Value:
    if x.type.dtype is DType.BOOL:
        return math.logical_not(x)
    return math.subtract(int(np.iinfo(x.type.dtype.numpy).max) if math.is_unsigned(x.type.dtype) else -1, x)


@imports("shift_left")
def shift_left(x: Value, places: Value) -> Value:
    return bits.shift_left(x, places)


@imports("shift_right_logical")
def shift_right_logical(x: Value, places: Value) -> Value:
    return bits.shift_right(x, places, signed=False)


@imports("shift_right_arithmetic")
def shift_right_arithmetic(x: Value, places: Value) -> Value:
    return bits.shift_right(x, places, signed=True)


@imports("population_count")
def population_count(x: Value) -> Value:
    return math.sum(math.floor_mod(_shifted(x), 2), -1)


@imports("clz")
def count_leading_zeros(x: Value) -> Value:
    """All places but those to which a one bit can still be shifted."""
    width = x.type.dtype.bits
    above = cast(math.not_equal(_shifted(x), 0), x.type.dtype)
    return math.subtract(width, math.sum(above, -1))


def _shifted(x: Value) -> Value:
    """The integer shifted right by 0, 1, ... places, along a new last axis."""
    places = constant(np.arange(x.type.dtype.bits), x.type.dtype)
    return bits.shift_right(expand_dims(x, -1), places, signed=not math.is_unsigned(x.type.dtype))


@imports("bitcast_convert_type")
def bitcast_convert_type(x: Value, *, new_dtype: DType) -> Value:
    """To narrower elements with a new last axis, to wider ones without the last one."""
    before, after = x.type.dtype.bits, new_dtype.bits
    if DType.BOOL in (x.type.dtype, new_dtype) or before == after:
        return bits.view(x, new_dtype)
    if before > after:
        return bits.view(expand_dims(x, -1), new_dtype)
    return squeeze(bits.view(x, new_dtype), -1)
