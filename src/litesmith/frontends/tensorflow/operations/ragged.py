"""Ragged tensors: rows of several lengths behind one another, and where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, as_value, imports, modest
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, scattering, segments
from litesmith.ops.array import as_value as as_int
from litesmith.ops.array import broadcast_to, cast, concatenate, expand_dims, full, reshape, slice_axis
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, select
from litesmith.ops.measured import as_size
from litesmith.ops.ordering import search_sorted
from litesmith.ops.sizes import known_sizes
from litesmith.ops.statistics import cumulative_sum


@dataclass(frozen=True)
class Rows:
    """Rows behind one another, all int32.

    Attributes:
        splits: where each begins, and the last one ends [rows + 1].
        row: of each element [elements].
        place: of each element in its row.
    """

    splits: Value
    row: Value
    place: Value

    @staticmethod
    def of_splits(splits: Value, count: Size) -> Rows:
        """`count`: how many elements there are in all."""
        own = cast(splits, DType.INT32)
        elements = count_up(0, count)
        row = search_sorted(slice_axis(own, 0, 1, None), elements, right=True)
        return Rows(own, row, math.subtract(elements, gather(own, row, 0)))

    @staticmethod
    def of_lengths(lengths: Value) -> Rows:
        ends = cumulative_sum(lengths, 0)
        splits = concatenate([full((1,), 0, DType.INT32), ends])
        total = as_size(math.sum(lengths, 0), "elements")
        return Rows.of_splits(splits, total)

    @staticmethod
    def of_ids(ids: Value, rows: Size) -> Rows:
        """Of the row of each element, in order."""
        own = cast(ids, DType.INT32)
        counted = segments.segment(full(own.type.shape, 1, DType.INT32), own, rows, "sum")
        splits = concatenate([full((1,), 0, DType.INT32), cumulative_sum(counted, 0)])
        elements = count_up(0, own.type.shape[0])
        return Rows(splits, own, math.subtract(elements, gather(splits, own, 0)))

    @property
    def lengths(self) -> Value:
        return math.subtract(slice_axis(self.splits, 0, 1, None), slice_axis(self.splits, 0, None, -1))


@imports("RaggedTensorToTensor")
def to_tensor(shape: Item, values: Value, fill: Value, *partitions: Item, row_partition_types: Sequence[str]) -> Value:
    """Rows of one length, which is that of the longest where it is not said; longer ones are cut."""
    rows, count = _partition(partitions, tuple(row_partition_types), values)
    wanted = shape.sizes if isinstance(shape, Known) and shape.array.ndim else ()
    first, width = _said(wanted, 0), _said(wanted, 1)
    first = count if first is None else first
    width = as_size(math.max(rows.lengths), "longest") if width is None else width
    total, inner = first * width, values.type.shape[1:]
    modest((total, *inner))
    is_kept = math.logical_and(math.less(rows.place, _int(width)), math.less(rows.row, _int(first)))
    flat = math.add(math.multiply(rows.row, _int(width)), rows.place)
    # What is cut goes into a row behind all others.
    place = select(is_kept, flat, _int(total))
    empty = broadcast_to(cast(fill, values.type.dtype), (total + 1, *inner))
    written = scattering.scatter_update(empty, expand_dims(place, 1), values)
    return reshape(slice_axis(written, 0, 0, total), (first, width, *inner))


def _int(size: Size) -> Value:
    return as_int(size, DType.INT32)


def _said(sizes: Sequence[Size], axis: int) -> Size | None:
    """The size that is said for an axis; None for -1."""
    if axis >= len(sizes):
        return None
    size = sizes[axis]
    return None if not isinstance(size, Dim) and size < 0 else size


def _partition(partitions: Sequence[Item], kinds: tuple[str, ...], values: Value) -> tuple[Rows, Size]:
    """The rows of one ragged axis, and how many they are."""
    if kinds == ("ROW_SPLITS",):
        splits = as_value(partitions[0])
        return Rows.of_splits(splits, values.type.shape[0]), splits.type.shape[0] - 1
    if kinds == ("FIRST_DIM_SIZE", "VALUE_ROWIDS"):
        counted = partitions[0]
        rows = counted.sizes[0] if isinstance(counted, Known) else known_sizes(reshape(as_value(counted), (1,)))[0]
        return Rows.of_ids(as_value(partitions[1]), rows), rows
    raise Unsupported(f"ragged tensors with {len(kinds)} partitions ({', '.join(kinds)}); take one ragged axis")


@imports("RaggedRange", outputs=("rt_nested_splits", "rt_dense_values"))
def ragged_range(starts: Value, limits: Value, deltas: Value, *, Tsplits: DType = DType.INT64) -> tuple[Value, Value]:
    """A row start, start + delta, ... up to but without limit for each of the operands, scalars for all rows."""
    count = next((each.type.shape[0] for each in (starts, limits, deltas) if each.type.rank), 1)
    first, last, step = (broadcast_to(each, (count,)) for each in (starts, limits, deltas))
    span = math.subtract(last, first)
    if first.type.dtype.is_float:
        counted = cast(math.ceil(math.divide(span, step)), DType.INT32)
    else:
        counted = cast(math.negative(math.floor_divide(math.negative(span), step)), DType.INT32)
    rows = Rows.of_lengths(math.maximum(counted, 0))
    place = cast(rows.place, first.type.dtype)
    elements = math.add(gather(first, rows.row, 0), math.multiply(place, gather(step, rows.row, 0)))
    return cast(rows.splits, Tsplits), elements


@imports("RaggedGather", outputs=("output_nested_splits", "output_dense_values"))
def ragged_gather(*operands: Value, PARAMS_RAGGED_RANK: int, OUTPUT_RAGGED_RANK: int) -> tuple[Value, Value]:
    """The rows that a vector of indices picks."""
    if PARAMS_RAGGED_RANK != 1 or OUTPUT_RAGGED_RANK != 1:
        raise Unsupported("rows picked from tensors with several ragged axes; take one ragged axis and a vector")
    splits, values, indices = operands
    own = cast(splits, DType.INT32)
    begins = gather(own, indices, 0)
    ends = gather(own, math.add(indices, as_value(Known.of(1, indices.type.dtype))), 0)
    rows = Rows.of_lengths(math.subtract(ends, begins))
    places = math.add(gather(begins, rows.row, 0), rows.place)
    return cast(rows.splits, splits.type.dtype), gather(values, places, 0)
