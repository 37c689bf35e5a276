"""New tensors: counting, masks, diagonals, grids, in LiteRT operators.

Sizes may be dynamic. What is known completely becomes a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, is_static, maximum, minimum, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import (
    as_value,
    axis_of,
    broadcast_shape,
    broadcast_to,
    cast,
    concatenate,
    expand_dims,
    full,
    move_axis,
    reshape,
    slice_axis,
)
from litesmith.ops.indexing import gather, index_value, select
from litesmith.ops.measured import as_size
from litesmith.ops.sizes import size_scalar
from litesmith.opset.elementwise import ZerosLike
from litesmith.opset.joining import Fill, Range
from litesmith.opset.selection import OneHot
from litesmith.opset.shaping import ShapeOf

ONE_HOT = frozenset({DType.FLOAT32, DType.INT32, DType.INT64, DType.INT8, DType.UINT8, DType.BOOL})
"""The element types that the kernel of ONE_HOT takes."""

ZEROS_LIKE = frozenset({DType.FLOAT32, DType.INT32, DType.INT64})
"""The element types that the kernel of ZEROS_LIKE takes."""


def count_up(start: Size, stop: Size, step: Size = 1) -> Value:
    """start, start + step, ... up to but without stop, as int32."""
    if is_static((start, stop, step)):
        return constant(np.arange(start, stop, step), DType.INT32)
    return emit(Range(), size_scalar(start), size_scalar(stop), size_scalar(step))


def full_like(x: Value, fill: Any, dtype: DType) -> Value:
    """One value in every place of another tensor's shape."""
    shape = x.type.shape
    value = as_value(fill, dtype)
    if value.type.rank:
        return broadcast_to(value, shape)
    if is_static(shape):
        return full(shape, value, dtype)
    is_zero = value.constant is not None and not value.constant.array().any()
    if is_zero and dtype is x.type.dtype and dtype in ZEROS_LIKE:
        return emit(ZerosLike(), x)
    sizes = emit(ShapeOf(), x)
    sizes.contents = shape
    return emit(Fill(), sizes, value)


def count_between(start: Any, stop: Any, step: Any, dtype: DType, name: str = "range") -> Value:
    """start, start + step, ... up to but without stop, which the model computes in this type."""
    first, last, distance = (reshape(as_value(bound, dtype), ()) for bound in (start, stop, step))
    span = math.subtract(last, first)
    if dtype.is_float:
        count = cast(math.ceil(math.divide(span, distance)), DType.INT32)
    else:
        count = math.negative(math.floor_divide(math.negative(span), distance))
    places = cast(count_up(0, as_size(math.maximum(cast(count, DType.INT32), 0), name)), dtype)
    return math.add(math.multiply(places, distance), first)


def band(rows: Size, columns: Size, lowest: Size | None, highest: Size | None) -> Value:
    """Booleans [rows, columns]: whether column - row is within lowest..highest, None for no bound."""
    if is_static((rows, columns, lowest or 0, highest or 0)):
        offset = np.arange(columns)[None] - np.arange(rows)[:, None]
        inside = np.ones_like(offset, bool) if lowest is None else offset >= lowest
        return constant(inside if highest is None else inside & (offset <= highest))
    row = reshape(count_up(0, rows), (rows, 1))
    column = reshape(count_up(0, columns), (1, columns))
    if lowest is not None and highest is not None and same(lowest, highest):
        return math.equal(column, math.add(row, lowest))
    above = None if lowest is None else math.greater_equal(column, math.add(row, lowest))
    below = None if highest is None else math.less_equal(column, math.add(row, highest))
    if above is None or below is None:
        inside_one = above or below
        assert inside_one is not None
        return inside_one
    return math.logical_and(above, below)


def keep_band(x: Value, lowest: Size | None, highest: Size | None) -> Value:
    """The elements of the last two axes whose column - row is within bounds; zeros elsewhere."""
    rows, columns = x.type.shape[-2:] if x.type.rank > 1 else (x.type.shape[-1],) * 2
    return select(band(rows, columns, lowest, highest), x, constant(np.zeros((), x.type.dtype.numpy)))


def diagonal_matrix(x: Value, offset: int = 0) -> Value:
    """A matrix with a vector on a diagonal, which is `offset` places above the main one, and zeros elsewhere."""
    # MATRIX_DIAG is wrong for elements narrower than four bytes.
    zero = constant(np.zeros((), x.type.dtype.numpy))
    size = x.type.shape[0] + abs(offset)
    gap = full((abs(offset),), zero, x.type.dtype)
    column = x if not offset else concatenate([gap, x] if offset > 0 else [x, gap])
    return select(band(size, size, offset, offset), reshape(column, (1, size)), zero)


def diagonal(x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The elements of two axes whose places differ by `offset`, along a new last axis."""
    rank = x.type.rank
    matrices = move_axis(x, (axis_of(axis1, rank), axis_of(axis2, rank)), (rank - 2, rank - 1))
    rows, columns = matrices.type.shape[-2:]
    count = minimum(rows, columns - offset) if offset >= 0 else minimum(rows + offset, columns)
    count = maximum(count, 0) if not isinstance(count, Dim) or offset else count
    flat = reshape(matrices, (*matrices.type.shape[:-2], rows * columns))
    first = offset if offset >= 0 else -offset * columns
    if isinstance(count, Dim) or isinstance(columns, Dim):
        steps = math.multiply(count_up(0, count), as_value(columns + 1, DType.INT32))
        return gather(flat, math.add(steps, as_value(first, DType.INT32)), flat.type.rank - 1)
    return slice_axis(flat, -1, first, first + count * (columns + 1) - columns if count else first, columns + 1)


def one_hot(indices: Value, depth: Size, axis: int, dtype: DType) -> Value:
    """1 where the index is and 0 elsewhere, along a new axis; nothing for an index outside of 0..depth."""
    made = dtype if dtype in ONE_HOT else DType.FLOAT32
    place = axis_of(axis, indices.type.rank + 1)
    operator = OneHot(axis=-1 if place == indices.type.rank else place)
    on, off = constant(1, made), constant(0, made)
    return cast(emit(operator, index_value(indices), size_scalar(depth), on, off), dtype)


def linspace(start: Value, stop: Value, count: Size, endpoint: bool, axis: int) -> Value:
    """`count` floats from start to stop, evenly spaced along a new axis; `endpoint` says whether stop is one.

    Start and stop are weighted rather than stepped between, so that both are met exactly.
    """
    first, last, weights = _with_weights(start, stop, count, endpoint, axis)
    return math.add(math.multiply(first, math.subtract(1, weights)), math.multiply(last, weights))


def geomspace(start: Value, stop: Value, count: Size, endpoint: bool, axis: int) -> Value:
    """`count` floats from start to stop, each the same multiple of the one before, along a new axis.

    Start and stop have the same sign. The error is that of POW, relative to each element.
    """
    first, last, weights = _with_weights(start, stop, count, endpoint, axis)
    return math.multiply(first, math.power(math.divide(last, first), weights))


def _with_weights(start: Value, stop: Value, count: Size, endpoint: bool, axis: int) -> tuple[Value, Value, Value]:
    """Both ends with a new axis, and 0 to 1 along it."""
    rank = len(broadcast_shape(start, stop))
    place = axis_of(axis, rank + 1)
    weights = _weights(count, endpoint, start.type.dtype)
    first, last = (expand_dims(_to_rank(value, rank), place) for value in (start, stop))
    return first, last, reshape(weights, (*[1] * place, count, *[1] * (rank - place)))


def _weights(count: Size, endpoint: bool, dtype: DType) -> Value:
    """0 to 1 in `count` equal steps."""
    if not isinstance(count, Dim):
        return constant(np.linspace(0, 1, count, endpoint), dtype)
    steps = maximum(count - 1, 1) if endpoint else count
    return math.divide(cast(count_up(0, count), dtype), as_value(steps, dtype))


def _to_rank(x: Value, rank: int) -> Value:
    return reshape(x, (*[1] * (rank - x.type.rank), *x.type.shape))


def meshgrid(vectors: Sequence[Value], swap_first: bool) -> list[Value]:
    """Each vector spread over a grid with an axis for each; `swap_first` exchanges the first two axes."""
    flat = [reshape(vector, (-1,)) for vector in vectors]
    places = list(range(len(flat)))
    if swap_first and len(flat) > 1:
        places[:2] = [1, 0]
    shape: list[Size] = [1] * len(flat)
    for vector, place in zip(flat, places, strict=True):
        shape[place] = vector.type.shape[0]
    return [
        broadcast_to(reshape(vector, [shape[place] if axis == place else 1 for axis in range(len(flat))]), shape)
        for vector, place in zip(flat, places, strict=True)
    ]
