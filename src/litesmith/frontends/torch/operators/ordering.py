"""Sorting and searching."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, ordering
from litesmith.ops.array import axis_of, cast, move_axis, reshape
from litesmith.ops.distinct import as_rows, distinct, from_rows
from litesmith.ops.indexing import take_along_axis


@imports("sort")
def sort(x: Value, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Sequence[Value]:
    """Equal elements by place, which torch promises of stable sorts."""
    if not x.type.rank:
        return [x, constant(0, DType.INT64)]
    order = argsort(x, dim, descending)
    return [take_along_axis(x, order, axis_of(dim, x.type.rank)), order]


@imports("argsort", "argsort.stable")
def argsort(x: Value, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Value:
    if not x.type.rank:
        return constant(0, DType.INT64)
    place = axis_of(dim, x.type.rank)
    comparable = cast(x, ordering.sortable(x.type.dtype))
    if not descending:
        return cast(ordering.argsort(comparable, place), DType.INT64)
    rows = move_axis(comparable, place, x.type.rank - 1)
    _, found = ordering.top_k(rows, rows.type.shape[-1])
    return cast(move_axis(found, x.type.rank - 1, place), DType.INT64)


@imports("msort")
def msort(x: Value) -> Value:
    return ordering.sort(x, 0)


@imports("topk")
def topk(x: Value, k: Size, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sequence[Value]:
    if not x.type.rank:
        return [x, constant(0, DType.INT64)]
    place, last = axis_of(dim, x.type.rank), x.type.rank - 1
    rows = move_axis(x, place, last)
    if largest:
        found = ordering.top_k(rows, k)
    else:
        comparable = cast(rows, ordering.sortable(x.type.dtype))
        opposite = math.negative(comparable) if comparable.type.dtype.is_float else math.subtract(-1, comparable)
        _, places = ordering.top_k(opposite, k)
        found = (take_along_axis(rows, places, last), places)
    values, places = (move_axis(each, last, place) for each in found)
    return [values, cast(places, DType.INT64)]


@imports("_unique2")
def unique(x: Value, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False) -> Sequence[Value]:
    """Smallest first, the place of each element among them, and how often they occur."""
    found = distinct(reshape(x, (-1,)))
    return [found.values, cast(reshape(found.inverse, x.type.shape), DType.INT64), cast(found.counts, DType.INT64)]


@imports("unique_dim")
def unique_dim(
    x: Value, dim: int, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> Sequence[Value]:
    found = distinct(as_rows(x, axis_of(dim, x.type.rank)))
    values = from_rows(found.values, x, axis_of(dim, x.type.rank))
    return [values, cast(found.inverse, DType.INT64), cast(found.counts, DType.INT64)]
