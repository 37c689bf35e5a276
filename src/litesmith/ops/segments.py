"""Rows with equal ids combined into one row each, and counting, in LiteRT operators.

Rows of a negative id are left out; an id that is no place of the result is an error when the model runs.
"""

from __future__ import annotations

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Size, product
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops import math, statistics
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, full, reshape, slice_axis
from litesmith.ops.creation import count_up, linspace
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.ops.measured import as_size
from litesmith.ops.scattering import accumulator
from litesmith.ops.sizes import shape_tensor, size_scalar
from litesmith.opset.selection import UnsortedSegmentMax, UnsortedSegmentMin, UnsortedSegmentProd, UnsortedSegmentSum
from litesmith.opset.slicing import ScatterNd

OPERATORS: dict[str, type[Operator]] = {
    "sum": UnsortedSegmentSum,
    "prod": UnsortedSegmentProd,
    "max": UnsortedSegmentMax,
    "min": UnsortedSegmentMin,
}
EMPTY = {"max": -np.inf, "min": np.inf}
"""What stands for an id that does not occur, in floats; in integers it is the lowest or highest number."""


def segment(x: Value, ids: Value, count: Size, reduction: str, *, infinite: bool = True) -> Value:
    """The "sum", "prod", "max" or "min" of the rows of each id: [count, rest].

    Args:
        ids: of the leading axes of `x`, which they number together.
        count: how many ids there are.
        infinite: whether the "max" and "min" of no floats are infinities, or the lowest and the highest number.
    """
    dtype = x.type.dtype
    wide = accumulator(dtype)
    if wide is DType.INT64:
        return _sum_of_int64(x, ids, count, reduction)
    result = emit(OPERATORS[reduction](), cast(x, wide), cast(ids, DType.INT32), size_scalar(count))
    if infinite and dtype.is_float and reduction in EMPTY:
        # The kernel's start is the lowest or highest number, beyond which only infinity is.
        edge = EMPTY[reduction]
        is_edge = math.less_equal if reduction == "max" else math.greater_equal
        unmet = is_edge(result, float(np.copysign(math.LARGEST, edge)))
        result = select(unmet, as_value(edge, wide), result)
    if dtype.is_integer and dtype is not wide:
        result = _within(result, dtype)
    return cast(result, dtype)


def _within(x: Value, dtype: DType) -> Value:
    """Int32 limited to a narrower type, for ids that do not occur."""
    limits = np.iinfo(dtype.numpy)
    return math.clip(x, int(limits.min), int(limits.max)) if limits.bits < 32 else x


def _sum_of_int64(x: Value, ids: Value, count: Size, reduction: str) -> Value:
    """Sums by SCATTER_ND, whose last row takes what has a negative id."""
    if reduction != "sum":
        raise Unsupported(f"segments of int64 by {reduction!r} (cast to int32)")
    places = select(math.less(ids, 0), as_value(count, ids.type.dtype), ids)
    rows = reshape(x, (ids.type.elements, *x.type.shape[ids.type.rank :]))
    shape = (count + 1, *rows.type.shape[1:])
    tuples = reshape(cast(places, DType.INT32), (ids.type.elements, 1))
    return slice_axis(emit(ScatterNd(), tuples, rows, shape_tensor(shape)), 0, 0, count)


def count_ids(ids: Value, least: int = 0, name: str = "ids") -> Size:
    """How many ids there are: one more than the largest, and `least` at least; known when the model runs."""
    largest = math.max(cast(ids, DType.INT32))
    return as_size(math.maximum(math.add(largest, 1), as_value(least, DType.INT32)), name)


def bin_count(x: Value, weights: Value | None, least: int) -> Value:
    """How often each number from 0 occurs along the last axis, or the sum of its weights.

    The result has a place for the largest number, and `least` places at least.
    """
    ids, count = cast(x, DType.INT32), count_ids(x, least, "numbers")
    given = full(x.type.shape, 1, DType.INT32) if weights is None else weights
    if x.type.rank == 1:
        return segment(given, ids, count, "sum")
    rows = x.type.shape[0]
    starts = math.multiply(count_up(0, rows), as_value(count, DType.INT32))
    places = math.add(ids, expand_dims(starts, -1))
    return reshape(segment(given, places, product((rows, count)), "sum"), (rows, count))


def histogram(x: Value, bins: int, bounds: tuple[float, float] | None) -> tuple[Value, Value]:
    """How many floats of a vector lie in each of equal bins (int32), and the edges of the bins.

    The last bin holds its upper edge. Without `bounds` the bins reach from the smallest to the largest element.
    """
    edges = _edges(x, bins, bounds)
    below = math.sum(cast(math.less(x, reshape(edges, (bins + 1, 1))), DType.INT32), 1)
    above = math.sum(cast(math.less_equal(x, slice_axis(edges, 0, -1, None)), DType.INT32), 0, True)
    up_to = concatenate([slice_axis(below, 0, 0, -1), above])
    return statistics.differences(up_to, 1, 0), edges


def _edges(x: Value, bins: int, bounds: tuple[float, float] | None) -> Value:
    if bounds is None:
        first, last = math.min(x), math.max(x)
        one = cast(math.equal(first, last), x.type.dtype)
        half = math.multiply(one, 0.5)
        return linspace(math.subtract(first, half), math.add(last, half), bins + 1, endpoint=True, axis=0)
    low, high = bounds
    if low == high:
        low, high = low - 0.5, high + 0.5
    return constant(np.linspace(low, high, bins + 1), x.type.dtype)
