"""Sorting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, ordering
from litesmith.ops.array import cast, move_axis
from litesmith.ops.indexing import take_along_axis
from litesmith.opset.shaping import BroadcastTo


@imports("sort")
def sort(*operands: Value, dimension: int, num_keys: int) -> Sequence[Value]:
    """All operands in the order of the first ones, those of equal ones by place; the last key is sorted by first."""
    if len(operands) == 1:
        (x,) = operands
        return [cast(ordering.sort(cast(x, _comparable(x.type.dtype)), dimension), x.type.dtype)]
    order: Value | None = None
    for key in reversed(operands[:num_keys]):
        comparable = cast(key, _comparable(key.type.dtype))
        if order is None:
            order = ordering.argsort(comparable, dimension)
        else:
            placed = take_along_axis(comparable, order, dimension)
            order = take_along_axis(order, ordering.argsort(placed, dimension), dimension)
    assert order is not None
    return [
        cast(order, operand.type.dtype) if _counts(operand, dimension) else take_along_axis(operand, order, dimension)
        for operand in operands
    ]


def _comparable(dtype: DType) -> DType:
    return DType.INT64 if dtype is DType.UINT32 else ordering.sortable(dtype)


def _counts(x: Value, axis: int) -> bool:
    """Whether elements are their own places along an axis, as those of `iota` are."""
    if x.producer is not None and isinstance(x.producer.operator, BroadcastTo) and x.producer.operands[0] is not None:
        x = x.producer.operands[0]
    if x.constant is None or x.type.dtype.is_float or axis >= x.type.rank:
        return False
    array = x.constant.array()
    column = np.arange(array.shape[axis]).reshape([-1 if i == axis else 1 for i in range(array.ndim)])
    return array.shape[axis] > 1 and bool((array == column).all())


@imports("top_k")
def top_k(x: Value, *, k: int, axis: int | None) -> Sequence[Value]:
    """The largest first; ties by place."""
    place = x.type.rank - 1 if axis is None else axis % x.type.rank
    rows = move_axis(x, place, x.type.rank - 1)
    return [move_axis(found, x.type.rank - 1, place) for found in ordering.top_k(rows, k)]


@imports("approx_top_k")
def approx_top_k(x: Value, *, k: int, reduction_dimension: int, is_max_k: bool) -> Sequence[Value]:
    """All of them are compared, as JAX does on CPUs; only their number is reduced."""
    values, places = top_k(x if is_max_k else math.negative(x), k=k, axis=reduction_dimension)
    return [values if is_max_k else math.negative(values), places]
