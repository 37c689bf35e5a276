"""Elements moved along axes or repeated, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import (
    as_value,
    axis_of,
    cast,
    concatenate,
    expand_dims,
    flip,
    full,
    reshape,
    slice_axis,
    squeeze,
    stack,
    tile,
    transpose,
)
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather
from litesmith.ops.measured import as_size
from litesmith.ops.scattering import scatter
from litesmith.ops.statistics import cumulative_sum
from litesmith.opset.slicing import Gather


def swap_axes(x: Value, first: int, second: int) -> Value:
    """Two axes exchanged."""
    order = list(range(x.type.rank))
    a, b = axis_of(first, x.type.rank), axis_of(second, x.type.rank)
    order[a], order[b] = b, a
    return transpose(x, order)


def rotate(x: Value, quarters: int, first: int, second: int) -> Value:
    """Quarter turns from the first of two axes toward the second."""
    turns = quarters % 4
    if turns == 0:
        return x
    if turns == 2:
        return flip(x, (first, second))
    if turns == 1:
        return swap_axes(flip(x, second), first, second)
    return flip(swap_axes(x, first, second), second)


def roll(x: Value, shift: Any, axis: int) -> Value:
    """The elements moved along an axis, those that leave its end coming back at its front."""
    place = axis_of(axis, x.type.rank)
    size = x.type.shape[place]
    if isinstance(shift, Value) and shift.constant is not None:
        shift = int(shift.constant.array())
    if isinstance(shift, Value):
        start = math.subtract(count_up(0, size), as_value(squeeze(shift), DType.INT32))
        return gather(x, math.floor_mod(start, as_value(size, DType.INT32)), place)
    moved = shift % size
    if not isinstance(moved, Dim) and moved == 0:
        return x
    cut = size - moved
    return concatenate([slice_axis(x, place, cut, None), slice_axis(x, place, None, cut)], place)


def repeat(x: Value, times: Sequence[Size], axis: int) -> Value:
    """Each element along an axis several times in a row: all equally often, or each as often as listed."""
    place = axis_of(axis, x.type.rank)
    shape = x.type.shape
    size = shape[place]
    if len(times) == 1 and (isinstance(size, Dim) or isinstance(times[0], Dim) or size == 1):
        if not isinstance(size, Dim) and size == 1:
            return tile(x, [times[0] if i == place else 1 for i in range(x.type.rank)])
        inner = tile(expand_dims(x, place + 1), [times[0] if i == place + 1 else 1 for i in range(x.type.rank + 1)])
        return reshape(inner, (*shape[:place], size * times[0], *shape[place + 1 :]))
    if isinstance(size, Dim) or any(isinstance(count, Dim) for count in times):
        return repeat_each(x, stack([as_value(count, DType.INT32) for count in times]), place)
    return gather(x, constant(np.repeat(np.arange(size, dtype=np.int32), times)), place)


def repeat_each(x: Value, counts: Value, axis: int) -> Value:
    """Each element along an axis as often in a row as an integer vector says, which the model computes."""
    place = axis_of(axis, x.type.rank)
    ends = cumulative_sum(cast(counts, DType.INT32), 0)
    total = as_size(squeeze(slice_axis(ends, 0, -1, None), 0), "repeats")
    # Where one element ends, the next one begins.
    begun = scatter(expand_dims(ends, 1), full(ends.type.shape, 1, DType.INT32), (total + 1,))
    return emit(Gather(axis=place), x, slice_axis(cumulative_sum(begun, 0), 0, 0, total))
