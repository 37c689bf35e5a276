"""Sorting and searching, in LiteRT operators."""

from __future__ import annotations

from litesmith.ir.builder import emit_many
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import axis_of, cast, expand_dims, flip, move_axis
from litesmith.ops.sizes import size_scalar
from litesmith.opset.selection import TopKV2


def top_k(x: Value, k: Size) -> tuple[Value, Value]:
    """The k largest along the last axis, largest first, and where they stand (int32); ties by place."""
    dtype = x.type.dtype
    values, places = emit_many(TopKV2(), cast(x, sortable(dtype)), size_scalar(k))
    return cast(values, dtype), places


def sortable(dtype: DType) -> DType:
    """The type in which elements are compared and negated without loss."""
    if dtype in (DType.FLOAT32, DType.INT32, DType.INT64):
        return dtype
    return DType.FLOAT32 if dtype.is_float else DType.INT32


def sort(x: Value, axis: int = -1) -> Value:
    """The elements along an axis, smallest first."""
    place, last = axis_of(axis, x.type.rank), x.type.rank - 1
    rows = move_axis(x, place, last)
    values, _ = top_k(rows, rows.type.shape[-1])
    return move_axis(flip(values, last), last, place)


def argsort(x: Value, axis: int = -1) -> Value:
    """Where the elements along an axis stand, smallest first (int32); ties by place."""
    place, last = axis_of(axis, x.type.rank), x.type.rank - 1
    rows = move_axis(cast(x, sortable(x.type.dtype)), place, last)
    _, places = top_k(_backwards(rows), rows.type.shape[-1])
    return move_axis(places, last, place)


def _backwards(x: Value) -> Value:
    """Numbers in opposite order: -x, and for integers -1 - x, which does not overflow."""
    return math.negative(x) if x.type.dtype.is_float else math.subtract(-1, x)


def search_sorted(boundaries: Value, x: Value, right: bool) -> Value:
    """How many of the sorted boundaries are below each element (int32), or not above it with `right`."""
    compare = math.less_equal if right else math.less
    below = compare(boundaries, expand_dims(x, -1))
    return math.sum(cast(below, DType.INT32), -1)
