"""Rows combined by ids, what differs among elements, and sequences turned around."""

from __future__ import annotations

from functools import partial

from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import distinct, math, segments
from litesmith.ops.array import as_value, cast, full, reshape
from litesmith.ops.indexing import gather, select
from litesmith.ops.ordering import argsort
from litesmith.ops.widening import compute
from litesmith.opset.shaping import ReverseSequence


def _counts(ids: Value, count: Size, dtype: DType, rank: int) -> Value:
    """How many rows each id has, shaped so that it broadcasts against rows."""
    found = segments.segment(full(ids.type.shape, 1, DType.INT32), ids, count, "sum")
    return reshape(cast(found, dtype), (count, *[1] * (rank - 1)))


def _segment(kind: str, x: Value, ids: Value) -> Value:
    """Of ids in order; those that do not occur have zeros, and ones as a product."""
    count = segments.count_ids(ids)
    result = segments.segment(x, ids, count, kind, infinite=False)
    if kind in ("sum", "prod"):
        return result
    occurs = math.greater(_counts(ids, count, DType.INT32, x.type.rank), 0)
    return select(occurs, result, as_value(0, x.type.dtype))


for _name, _kind in {"SegmentSum": "sum", "SegmentProd": "prod", "SegmentMax": "max", "SegmentMin": "min"}.items():
    imports(_name)(partial(_segment, _kind))


@imports("SegmentMean")
def segment_mean(x: Value, ids: Value) -> Value:
    count = segments.count_ids(ids)
    total = segments.segment(x, ids, count, "sum")
    return math.divide(total, math.maximum(_counts(ids, count, x.type.dtype, x.type.rank), 1.0))


@imports("Unique", outputs=("y", "idx"))
def unique(x: Value, *, out_idx: DType = DType.INT32) -> tuple[Value, Value]:
    """What differs, in the order in which it occurs, and where each element stands among that."""
    values, places, _ = in_order_of_appearance(x)
    return values, cast(places, out_idx)


@imports("UniqueWithCounts", outputs=("y", "idx", "count"))
def unique_with_counts(x: Value, *, out_idx: DType = DType.INT32) -> tuple[Value, Value, Value]:
    values, places, counts = in_order_of_appearance(x)
    return values, cast(places, out_idx), cast(counts, out_idx)


def in_order_of_appearance(x: Value) -> tuple[Value, Value, Value]:
    """What differs in a vector, or among rows; where each stands among that, and how often it is there (int32)."""
    found = distinct.distinct(x)
    order = argsort(found.first, 0)
    places = gather(argsort(order, 0), found.inverse, 0)
    return gather(found.values, order, 0), places, gather(found.counts, order, 0)


@imports("ReverseSequence")
def reverse_sequence(x: Value, lengths: Value, *, seq_dim: int, batch_dim: int = 0) -> Value:
    return compute(ReverseSequence(seq_dim=seq_dim, batch_dim=batch_dim), x, lengths)
