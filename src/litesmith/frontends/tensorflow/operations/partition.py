"""Rows sorted into several tensors and back, and what differs or is missing: results whose size depends on values."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.tensorflow.operations.segments import in_order_of_appearance
from litesmith.frontends.tensorflow.registry import Int, Sizes, imports, modest
from litesmith.ir.dims import Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, scattering, segments
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, full, move_axis, reshape, stack, unstack
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, select
from litesmith.ops.measured import true_places
from litesmith.ops.ordering import sort

MOST_PARTS = 4096
"""That rows are sorted into."""


@imports("DynamicPartition")
def dynamic_partition(x: Value, parts: Value, *, num_partitions: int) -> list[Value]:
    """The rows of each part, in order."""
    if num_partitions > MOST_PARTS:
        raise Unsupported(f"rows sorted into {num_partitions} tensors")
    rank = parts.type.rank
    rows = reshape(x, (parts.type.elements, *x.type.shape[rank:])) if rank != 1 else x
    flat = reshape(parts, (parts.type.elements,)) if rank != 1 else parts
    return [_rows_where(rows, math.equal(flat, as_value(part, DType.INT32))) for part in range(num_partitions)]


def _rows_where(rows: Value, condition: Value) -> Value:
    places = cast(true_places(condition, "part"), DType.INT32)
    return gather(rows, reshape(places, (places.type.shape[0],)), 0)


@imports("DynamicStitch", "ParallelDynamicStitch")
def dynamic_stitch(*operands: Value) -> Value:
    """Rows put where their indices say, of several for one place the last; zeros where none is put."""
    half = len(operands) // 2
    indices = concatenate([_flat(each) for each in operands[:half]])
    rows = concatenate([_rows(each, index) for index, each in zip(operands[:half], operands[half:], strict=True)])
    count = _count(operands[:half], indices)
    modest((count, *rows.type.shape[1:]))
    empty = full((count, *rows.type.shape[1:]), 0, rows.type.dtype)
    return scattering.scatter_update(empty, expand_dims(indices, 1), rows)


def _flat(indices: Value) -> Value:
    return reshape(indices, (indices.type.elements,))


def _rows(x: Value, indices: Value) -> Value:
    return reshape(x, (indices.type.elements, *x.type.shape[indices.type.rank :]))


def _count(indices: Sequence[Value], joined: Value) -> Size:
    """One more than the largest index, which is a number where all are constants."""
    if all(each.constant is not None for each in indices):
        arrays = [each.constant.array() for each in indices if each.constant is not None]
        return max((int(array.max(initial=-1)) for array in arrays), default=-1) + 1
    return segments.count_ids(joined, name="stitched")


@imports("UniqueV2", outputs=("y", "idx"))
def unique(x: Value, axis: Int, *, out_idx: DType = DType.INT32) -> tuple[Value, Value]:
    values, places, _ = _distinct_along(x, axis)
    return values, cast(places, out_idx)


@imports("UniqueWithCountsV2", outputs=("y", "idx", "count"))
def unique_with_counts(x: Value, axis: Int, *, out_idx: DType = DType.INT32) -> tuple[Value, Value, Value]:
    values, places, counts = _distinct_along(x, axis)
    return values, cast(places, out_idx), cast(counts, out_idx)


def _distinct_along(x: Value, axis: int) -> tuple[Value, Value, Value]:
    """The slices along an axis that differ, in the order in which they occur."""
    if x.type.rank == 1:
        return in_order_of_appearance(x)
    first = move_axis(x, axis, 0)
    rest = first.type.shape[1:]
    values, places, counts = in_order_of_appearance(reshape(first, (first.type.shape[0], product(rest))))
    return move_axis(reshape(values, (values.type.shape[0], *rest)), 0, axis), places, counts


@imports("ListDiff", outputs=("out", "idx"))
def list_difference(x: Value, others: Value, *, out_idx: DType = DType.INT32) -> tuple[Value, Value]:
    """The elements that are not among others, and where they stand."""
    is_there = math.any(math.equal(expand_dims(x, 1), expand_dims(others, 0)), 1)
    found = cast(true_places(math.logical_not(is_there), "left"), DType.INT32)
    places = reshape(found, (found.type.shape[0],))
    return gather(x, places, 0), cast(places, out_idx)


@imports("DenseBincount")
def dense_bincount(x: Value, size: Sizes, weights: Value, *, binary_output: bool = False) -> Value:
    """How often each number below `size` occurs, in all or in each row, or the sums of their weights."""
    count, dtype = size[0], weights.type.dtype
    is_counted = not weights.type.elements or binary_output
    ids = cast(x, DType.INT32)
    ids = select(math.less(ids, as_value(count, DType.INT32)), ids, as_value(-1, DType.INT32))
    given = full(x.type.shape, 1, dtype) if is_counted else weights
    if x.type.rank == 2:
        rows = x.type.shape[0]
        starts = expand_dims(math.multiply(count_up(0, rows), as_value(count, DType.INT32)), 1)
        ids = select(math.less(ids, 0), ids, math.add(ids, starts))
        found = reshape(segments.segment(given, ids, product((rows, count)), "sum"), (rows, count))
    else:
        found = segments.segment(given, ids, count, "sum")
    return math.minimum(found, as_value(1, dtype)) if binary_output else found


@imports("NthElement")
def nth_element(x: Value, place: Sizes, *, reverse: bool = False) -> Value:
    """Of each row, the element that would stand at a place if it was sorted."""
    (at,) = place
    return gather(sort(x), at if not reverse else x.type.shape[-1] - 1 - at, -1)


@imports("HistogramFixedWidth")
def histogram(x: Value, bounds: Value, bins: Sizes, *, dtype: DType = DType.INT32) -> Value:
    """How many elements lie in each of equal bins; those outside count in the first and the last."""
    count = bins[0]
    low, high = (gather(bounds, place, 0) for place in (0, 1))
    width = math.divide(math.subtract(high, low), as_value(count, x.type.dtype))
    place = math.floor(math.divide(math.subtract(x, low), width))
    inside = math.maximum(math.minimum(place, as_value(count - 1, x.type.dtype)), as_value(0, x.type.dtype))
    ids = reshape(cast(inside, DType.INT32), (x.type.elements,))
    return cast(segments.segment(full(ids.type.shape, 1, DType.INT32), ids, count, "sum"), dtype)


@imports("UnravelIndex")
def unravel_index(indices: Value, sizes: Value) -> Value:
    """The index along each axis of elements in row-major order: [axes, ...]."""
    found: list[Value] = []
    rest = indices
    for size in reversed(unstack(sizes, 0)):
        found.append(math.floor_mod(rest, size))
        rest = math.floor_divide(rest, size)
    return stack(found[::-1], 0)
