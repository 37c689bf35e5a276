"""Blocks of a tensor where indices of their first element say, moved so that they are inside, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim, Size, is_static, same, same_shape
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_complex, as_floats, as_value, cast, reshape, strided_slice
from litesmith.ops.indexing import take_block, write_block
from litesmith.ops.scan import STACKED


def take(x: Value, starts: Sequence[Value], sizes: Sequence[Size]) -> Value:
    """The block of these sizes."""
    if x.type.dtype is DType.COMPLEX64:
        zero = as_value(0, DType.INT32)
        return as_complex(take(as_floats(x), [*starts, zero], [*sizes, 2]))
    begins = inside(starts, x.type.shape, sizes)
    known = [_number(begin) for begin in begins]
    if all(begin is not None for begin in known):
        axes = zip(known, sizes, x.type.shape, strict=True)
        return strided_slice(x, [_part(begin or 0, length, size) for begin, length, size in axes])
    return take_block(x, begins, sizes)


def write(x: Value, starts: Sequence[Value], block: Value) -> Value:
    """X with a block written."""
    if same_shape(x.type.shape, block.type.shape):
        return block
    if x.type.dtype is DType.COMPLEX64:
        zero = as_value(0, DType.INT32)
        return as_complex(write(as_floats(x), [*starts, zero], as_floats(block)))
    begins = inside(starts, x.type.shape, block.type.shape)
    if x.type.dtype in STACKED:
        return write_block(x, begins, block)
    return cast(write_block(cast(x, DType.INT32), begins, cast(block, DType.INT32)), x.type.dtype)


def inside(starts: Sequence[Value], shape: Sequence[Size], sizes: Sequence[Size]) -> list[Value]:
    """Starts (int32 scalars), moved so that blocks of these sizes are inside of a shape."""
    return [within(reshape(start, ()), *pair) for start, *pair in zip(starts, shape, sizes, strict=True)]


def within(start: Value, size: Size, length: Size) -> Value:
    """Indices along an axis (int32), moved so that `length` elements from each on are inside."""
    place = cast(start, DType.INT32)
    last = size - length
    if not isinstance(last, Dim) and last == 0:
        return as_value(0, DType.INT32) if not place.type.rank else math.multiply(place, 0)
    if is_inside(start, size, length):
        return place
    if place.constant is not None and not isinstance(last, Dim):
        return constant(np.clip(place.constant.array(), 0, last), DType.INT32)
    return math.minimum(math.maximum(place, 0), as_value(last, DType.INT32))


def is_inside(start: Value, size: Size, length: Size) -> bool:
    """Whether indices are known to be such that `length` elements from each on are inside."""
    if start.constant is None:
        return False
    places = start.constant.array()
    if not is_static((size, length)):
        return bool((places == 0).all())
    return bool(((places >= 0) & (places <= size - length)).all())


def _part(begin: int, length: Size, size: Size) -> slice:
    return slice(None) if same(length, size) else slice(begin, begin + length)


def _number(x: Value) -> int | None:
    return None if x.constant is None else int(x.constant.array())
