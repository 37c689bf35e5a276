"""Sorting and searching."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.promotion import promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ops import math, ordering
from litesmith.ops.array import as_value, expand_dims, reshape, slice_axis
from litesmith.ops.indexing import take_along_axis
from litesmith.ops.sizes import known_size


@lowers("ops.sort")
def sort(x: Any, axis: int | None = -1) -> Value:
    value = as_value(x)
    return ordering.sort(reshape(value, (-1,)), 0) if axis is None else ordering.sort(value, axis)


@lowers("ops.argsort")
def argsort(x: Any, axis: int | None = -1) -> Value:
    value = as_value(x)
    return ordering.argsort(reshape(value, (-1,)), 0) if axis is None else ordering.argsort(value, axis)


@lowers("ops.top_k")
def top_k(x: Any, k: Any, sorted: bool = True) -> tuple[Value, Value]:
    rows = as_value(x)
    return ordering.top_k(rows, _as_many_as_there_are(k, rows))


def _as_many_as_there_are(k: Any, rows: Value) -> Size:
    """`k`, or how many elements a row has: what Keras gives on numpy, where other backends raise an error."""
    wanted, size = known_size(k), rows.type.shape[-1]
    return wanted if isinstance(wanted, Dim) or isinstance(size, Dim) else min(wanted, size)


@lowers("ops.in_top_k")
def in_top_k(targets: Any, predictions: Any, k: Any) -> Value:
    rows = as_value(predictions)
    best, _ = ordering.top_k(rows, _as_many_as_there_are(k, rows))
    chosen = take_along_axis(rows, expand_dims(as_value(targets), 1), -1)
    return math.any(math.greater_equal(chosen, slice_axis(best, -1, -1, None)), -1)


@lowers("ops.searchsorted")
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Value:
    boundaries, x = promote(sorted_sequence, values)
    return ordering.search_sorted(boundaries, x, side == "right")


@lowers("ops.digitize")
def digitize(x: Any, bins: Any) -> Value:
    return searchsorted(bins, x, "right")


@lowers("ops.isin")
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Value:
    elements, wanted = promote(x1, x2)
    found = math.any(math.equal(expand_dims(elements, -1), reshape(wanted, (-1,))), -1)
    return math.logical_not(found) if invert else found
