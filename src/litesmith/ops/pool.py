"""Pooling over one, two or three spatial axes of [batch, *spatial, channels], in LiteRT operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, ceil_div
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, reshape, squeeze
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather
from litesmith.ops.sizes import int32
from litesmith.ops.widening import compute
from litesmith.opset.binary import Div
from litesmith.opset.enums import Padding
from litesmith.opset.pooling import AveragePool2D, MaxPool2D, Pool2D
from litesmith.opset.slicing import Gather

Pool = type[Pool2D]


def max_pool(x: Value, window: Sequence[int], strides: Sequence[int], padding: Padding) -> Value:
    """The largest element of each window."""
    return _pool(MaxPool2D, x, window, strides, padding)


def average_pool(x: Value, window: Sequence[int], strides: Sequence[int], padding: Padding) -> Value:
    """The mean of each window; places outside of the tensor are not counted."""
    return _pool(AveragePool2D, x, window, strides, padding)


def _pool(pool: Pool, x: Value, window: Sequence[int], strides: Sequence[int], padding: Padding) -> Value:
    if len(window) == 1:
        return squeeze(_pool(pool, expand_dims(x, 1), (1, *window), (1, *strides), padding), 1)
    if len(window) == 3:
        return _pool_3d(pool, x, window, strides, padding)
    if all(size == 1 for size in (*window, *strides)):
        return x
    return compute(pool(padding, strides[1], strides[0], window[1], window[0]), x)


def _pool_3d(pool: Pool, x: Value, window: Sequence[int], strides: Sequence[int], padding: Padding) -> Value:
    """Over height and width, then over depth: there is no kernel that does both.

    The mean of the means is the mean, as the windows along one axis are cut off alike for all
    places along the others.
    """
    batch, depth, height, width, channels = x.type.shape
    slices = reshape(x, (batch * depth, height, width, channels))
    flat = _pool(pool, slices, window[1:], strides[1:], padding)
    _, height, width, _ = flat.type.shape
    columns = reshape(flat, (batch, depth, height * width, channels))
    deep = _pool(pool, columns, (window[0], 1), (strides[0], 1), padding)
    return reshape(deep, (batch, deep.type.shape[1], height, width, channels))


def adaptive_max_pool(x: Value, sizes: Sequence[int]) -> Value:
    """The largest elements of as many windows as `sizes` says for each axis, which cover all of it."""
    return _adaptive_pool(MaxPool2D, math.max, x, sizes)


def adaptive_average_pool(x: Value, sizes: Sequence[int]) -> Value:
    """The means of as many windows as `sizes` says for each axis, which cover all of it."""
    return _adaptive_pool(AveragePool2D, math.mean, x, sizes)


def _adaptive_pool(pool: Pool, reduce: Callable[..., Value], x: Value, sizes: Sequence[int]) -> Value:
    """One axis after another, as windows along one do not depend on the others."""
    for axis, places in enumerate(sizes, start=1):
        size = x.type.shape[axis]
        if places == 1:
            x = reduce(x, axis, True)
        elif isinstance(size, Dim):
            x = _adaptive_dynamic(pool, x, axis, size, places)
        elif size != places:
            x = _adaptive_axis(pool, x, axis, size, places)
    return x


def _adaptive_axis(pool: Pool, x: Value, axis: int, size: int, places: int) -> Value:
    """Window i reaches from floor(i * size / places) to ceil((i + 1) * size / places), excluded.

    There are windows of two sizes at most, which are pooled at every place and then picked from.
    """
    if size % places == 0:
        return _along(pool, x, axis, size // places, size // places)
    starts = np.arange(places) * size // places
    windows = -(-(np.arange(places) + 1) * size // places) - starts
    pooled, picked, begin = [], np.zeros(places, np.int32), 0
    for window in sorted({*windows.tolist()}):
        pooled.append(_along(pool, x, axis, window, 1))
        picked = np.where(windows == window, begin + starts, picked)
        begin += size - window + 1
    return gather(concatenate(pooled, axis), constant(picked.astype(np.int32)), axis)


def _adaptive_dynamic(pool: Pool, x: Value, axis: int, size: Size, places: int) -> Value:
    """Windows as `_adaptive_axis` has them, each of them filled up to the longest with its last element."""
    window = count_up(0, places)
    starts = _divided(math.multiply(window, as_value(size, DType.INT32)), places)
    ends = _divided(math.add(math.multiply(math.add(window, 1), as_value(size, DType.INT32)), places - 1), places)
    longest = ceil_div(size, places) + 1
    reached = math.add(expand_dims(starts, 1), count_up(0, longest))
    taken = math.minimum(reached, math.subtract(expand_dims(ends, 1), 1))
    windows = emit(Gather(axis=axis), x, taken)
    if pool is MaxPool2D:
        return math.max(windows, axis + 1)
    shape = (places, longest, *[1] * (x.type.rank - 1 - axis))
    counts = cast(math.less(reached, expand_dims(ends, 1)), x.type.dtype)
    total = math.sum(math.multiply(windows, reshape(counts, shape)), axis + 1)
    lengths = cast(math.subtract(ends, starts), x.type.dtype)
    return math.divide(total, reshape(lengths, (places, *shape[2:])))


def _divided(x: Value, by: int) -> Value:
    """What is not negative, divided and rounded down."""
    return emit(Div(), x, int32(by))


def _along(pool: Pool, x: Value, axis: int, window: int, stride: int) -> Value:
    """Pooling of one spatial axis."""
    axes = x.type.rank - 2
    windows, strides = ([one if place == axis else 1 for place in range(1, axes + 1)] for one in (window, stride))
    return _pool(pool, x, windows, strides, Padding.VALID)
