"""Reductions over axes, and along one up to each place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from litesmith.frontends.tensorflow.operations.elementwise import truncated_divide
from litesmith.frontends.tensorflow.registry import Int, Ints, Sizes, imports
from litesmith.ir.builder import constant
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import cumulative, math, ordering, segments, statistics
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, flip, full, reshape, slice_axis
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, select


def _reduced(function: Callable[..., Value], x: Value, axes: Ints, *, keep_dims: bool = False) -> Value:
    return function(x, tuple(axes), keep_dims)


def _mean(x: Value, axes: tuple[int, ...], keep: bool) -> Value:
    """Of integers, the quotient rounded toward zero."""
    if not x.type.dtype.is_integer or not axes:
        return math.mean(x, axes, keep)
    total = math.sum(x, axes, keep)
    count = product(x.type.shape[axis] for axis in axes)
    return truncated_divide(total, as_value(count, x.type.dtype))


for _name, _function in {
    "Sum": math.sum,
    "Mean": _mean,
    "Prod": math.product,
    "Max": math.max,
    "Min": math.min,
    "All": math.all,
    "Any": math.any,
    "EuclideanNorm": statistics.euclidean_norm,
}.items():
    imports(_name)(partial(_reduced, _function))


@imports("ArgMax")
def arg_max(x: Value, axis: Int, *, output_type: DType = DType.INT64) -> Value:
    return cast(statistics.arg_max(x, int(axis)), output_type)


@imports("ArgMin")
def arg_min(x: Value, axis: Int, *, output_type: DType = DType.INT64) -> Value:
    return cast(statistics.arg_min(x, int(axis)), output_type)


def _along(
    function: Callable[[Value, int], Value],
    first: float,
    x: Value,
    axis: Int,
    *,
    exclusive: bool = False,
    reverse: bool = False,
) -> Value:
    """Each place combined with all in front of it; without the place itself where `exclusive`."""
    place = int(axis) % x.type.rank
    whole = flip(x, place) if reverse else x
    if exclusive:
        shape = [1 if at == place else size for at, size in enumerate(x.type.shape)]
        whole = concatenate([full(shape, first, x.type.dtype), slice_axis(whole, place, None, -1)], place)
    result = function(whole, place)
    return flip(result, place) if reverse else result


imports("Cumsum")(partial(_along, statistics.cumulative_sum, 0))
imports("Cumprod")(partial(_along, statistics.cumulative_product, 1))
imports("CumulativeLogsumexp")(partial(_along, cumulative.log_sums, -np.inf))


@imports("TopKV2", outputs=("values", "indices"))
def top_k(x: Value, k: Sizes, *, sorted: bool = True, index_type: DType = DType.INT32) -> tuple[Value, Value]:
    values, places = ordering.top_k(x, k[0])
    return values, cast(places, index_type)


@imports("TopK", outputs=("values", "indices"))
def top_k_fixed(x: Value, *, k: int, sorted: bool = True) -> tuple[Value, Value]:
    return ordering.top_k(x, k)


@imports("ApproxTopK", outputs=("values", "indices"))
def approximate_top_k(
    x: Value,
    *,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    is_max_k: bool = True,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Value, Value]:
    """Exactly the largest; TensorFlow itself computes no others."""
    if not aggregate_to_topk or reduction_input_size_override >= 0:
        raise Unsupported("parts of an approximate top_k; leave out aggregate_to_topk= and its like")
    if not is_max_k or reduction_dimension not in (-1, x.type.rank - 1):
        raise Unsupported("the least, or the largest along another axis than the last; take tf.math.top_k")
    return ordering.top_k(x, k)


@imports("InTopK")
def in_top_fixed_k(predictions: Value, targets: Value, *, k: int) -> Value:
    return in_top_k(predictions, targets, Int(k))


@imports("InTopKV2")
def in_top_k(predictions: Value, targets: Value, k: Int) -> Value:
    """Whether fewer than k predictions are larger than that of the target; not where one is infinite or no number."""
    last = as_value(predictions.type.shape[1] - 1, targets.type.dtype)
    inside = math.maximum(math.minimum(targets, last), as_value(0, targets.type.dtype))
    own = gather(predictions, expand_dims(inside, 1), 1, 1)
    larger = math.sum(cast(math.greater(predictions, own), DType.INT32), 1)
    can_say = math.logical_and(math.equal(targets, inside), math.all(math.is_finite(predictions), 1))
    return math.logical_and(can_say, math.less(larger, int(k)))


@imports("LowerBound")
def lower_bound(rows: Value, x: Value, *, out_type: DType = DType.INT32) -> Value:
    return cast(_bound(rows, x, math.less), out_type)


@imports("UpperBound")
def upper_bound(rows: Value, x: Value, *, out_type: DType = DType.INT32) -> Value:
    return cast(_bound(rows, x, math.less_equal), out_type)


def _bound(rows: Value, x: Value, compare: Callable[[Value, Value], Value]) -> Value:
    """For each element of a row of x, how many of the sorted row [batch, n] are below it."""
    return math.sum(cast(compare(expand_dims(rows, 1), expand_dims(x, 2)), DType.INT32), 2)


@imports("Bincount")
def bincount(x: Value, size: Int, weights: Value) -> Value:
    ids = reshape(x, (-1,))
    is_counted = not weights.type.elements
    ones = full(ids.type.shape, 1, weights.type.dtype)
    inside = math.less(ids, int(size))
    kept = select(inside, ids, as_value(-1, ids.type.dtype))
    return segments.segment(ones if is_counted else reshape(weights, (-1,)), kept, int(size), "sum")


def _segment(kind: str, x: Value, ids: Value, count: Sizes) -> Value:
    return segments.segment(x, ids, count[0], kind, infinite=False)


for _name, _kind in {
    "UnsortedSegmentSum": "sum",
    "UnsortedSegmentProd": "prod",
    "UnsortedSegmentMax": "max",
    "UnsortedSegmentMin": "min",
}.items():
    imports(_name)(partial(_segment, _kind))


@imports("Bucketize")
def bucketize(x: Value, *, boundaries: tuple[float, ...]) -> Value:
    """How many of the sorted boundaries are not above each element."""
    bounds = constant(np.asarray(boundaries, np.float32))
    return ordering.search_sorted(bounds, cast(x, DType.FLOAT32), right=True)
