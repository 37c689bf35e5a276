"""The elements that differ from each other: results whose sizes depend on values, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, ordering
from litesmith.ops.array import (
    as_value,
    axis_of,
    cast,
    concatenate,
    expand_dims,
    full,
    move_axis,
    reshape,
    slice_axis,
    unstack,
)
from litesmith.ops.control import fori_loop
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather
from litesmith.ops.measured import true_places
from litesmith.ops.sizes import shape_tensor
from litesmith.ops.statistics import cumulative_sum
from litesmith.opset.slicing import ScatterNd

UNROLLED_COLUMNS = 4
"""Rows of so many columns are sorted without a loop."""


@dataclass(frozen=True)
class Distinct:
    """What differs in a vector, or among the rows of a matrix, smallest first.

    Attributes:
        values: the distinct elements or rows.
        first: where each of them stands first (int32).
        inverse: for each element or row of the input, its place in `values` (int32).
        counts: how often each of them occurs (int32).
    """

    values: Value
    first: Value
    inverse: Value
    counts: Value


def distinct(x: Value) -> Distinct:
    """The distinct elements of a vector, or rows of a matrix, in lexical order."""
    size = x.type.shape[0]
    order = ordering.argsort(x, 0) if x.type.rank == 1 else _order_of_rows(x)
    in_order = gather(x, order, 0)
    begins = _begins(in_order)
    starts = cast(reshape(true_places(begins, "distinct"), (-1,)), DType.INT32)
    ends = concatenate([slice_axis(starts, 0, 1, None), reshape(as_value(size, DType.INT32), (1,))])
    ranks = math.subtract(cumulative_sum(cast(begins, DType.INT32), 0), 1)
    inverse = emit(ScatterNd(), expand_dims(order, -1), ranks, shape_tensor((size,)))
    return Distinct(gather(in_order, starts, 0), gather(order, starts, 0), inverse, math.subtract(ends, starts))


def _begins(in_order: Value) -> Value:
    """Whether an element or a row differs from the one before it; the first one does."""
    behind, before = slice_axis(in_order, 0, 1, None), slice_axis(in_order, 0, None, -1)
    # NOT_EQUAL takes infinity for different from itself, LESS and GREATER do not.
    differ = math.not_equal(behind, before)
    if in_order.type.dtype.is_float:
        differ = math.logical_or(math.less(behind, before), math.less(before, behind))
    if in_order.type.rank > 1:
        differ = math.any(differ, 1)
    return concatenate([constant(np.ones(1, np.bool_)), differ])


def _order_of_rows(x: Value) -> Value:
    """The order of rows by their first column, then by the second one and so on (int32).

    The rows are sorted by one column after another, the last one first, each time keeping the order of equals.
    """
    rows, columns = x.type.shape
    order = count_up(0, rows)
    turned = move_axis(x, 0, 1)

    def sorted_by(column: Value, order: Value) -> Value:
        return gather(order, ordering.argsort(gather(column, order, 0), 0), 0)

    if not isinstance(columns, Dim) and columns <= UNROLLED_COLUMNS:
        for column in reversed(unstack(turned, 0)):
            order = sorted_by(column, order)
        return order

    def step(place: Value, carried: list[Value]) -> Sequence[Value]:
        last = math.subtract(as_value(columns - 1, DType.INT32), place)
        return [sorted_by(gather(turned, last, 0), carried[0])]

    (order,) = fori_loop(0, columns, step, [order], "unique")
    return order


def of_size(x: Value, size: Size, fill: float) -> Value:
    """The first `size` elements or rows, with `fill` behind them where there are fewer."""
    rest = x.type.shape[1:]
    longer = concatenate([x, full((size, *rest), fill, x.type.dtype)])
    result = slice_axis(longer, 0, 0, size)
    result.type = result.type.with_shape((size, *rest))
    return result


def as_rows(x: Value, axis: int) -> Value:
    """The slices along an axis as rows of a matrix."""
    place = axis_of(axis, x.type.rank)
    front = move_axis(x, place, 0)
    return reshape(front, (front.type.shape[0], product(front.type.shape[1:])))


def from_rows(rows: Value, like: Value, axis: int) -> Value:
    """Rows as slices along an axis, where `like` has other slices."""
    place = axis_of(axis, like.type.rank)
    rest = [size for at, size in enumerate(like.type.shape) if at != place]
    return move_axis(reshape(rows, (rows.type.shape[0], *rest)), 0, place)
