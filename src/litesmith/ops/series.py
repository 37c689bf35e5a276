"""Integrals, powers, correlations and distances of rows of numbers, in LiteRT operators. All take floats."""

from __future__ import annotations

from litesmith.ir.dims import Size, maximum, minimum
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, statistics
from litesmith.ops.array import (
    as_value,
    axis_of,
    cast,
    concatenate,
    expand_dims,
    full,
    reshape,
    slice_axis,
    transpose,
)
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather


def trapezoid(y: Value, steps: Value, axis: int) -> Value:
    """The sum of the areas between neighbours along an axis; `steps` are the distances between them."""
    place = axis_of(axis, y.type.rank)
    if steps.type.rank == 1:
        steps = reshape(steps, (steps.type.shape[0], *[1] * (y.type.rank - 1 - place)))
    pairs = math.add(slice_axis(y, place, 1, None), slice_axis(y, place, None, -1))
    return math.sum(math.multiply(math.multiply(pairs, steps), 0.5), place)


def vandermonde(x: Value, columns: Size, increasing: bool) -> Value:
    """The powers 0 to columns - 1 of each element of a vector, one row each, highest first unless increasing."""
    exponents = count_up(0, columns)
    if not increasing:
        exponents = math.subtract(as_value(columns - 1, DType.INT32), exponents)
    return math.power(expand_dims(x, 1), cast(exponents, x.type.dtype))


def correlate(x: Value, y: Value, mode: str) -> Value:
    """Sums of x[n + k] y[n] over n: for all shifts k ("full"), for those without gaps ("valid"), as many as
    the longer one has places ("same").
    """
    m, n = x.type.shape[0], y.type.shape[0]
    shorter, longer = minimum(m, n), maximum(m, n)
    whole = _correlate_full(x, y)
    if mode == "full":
        return whole
    if mode == "valid":
        return slice_axis(whole, 0, shorter - 1, longer)
    is_second_longer = minimum(maximum(n - m, 0), 1)
    first = (shorter - 1 + is_second_longer) // 2
    return slice_axis(whole, 0, first, first + longer)


def _correlate_full(x: Value, y: Value) -> Value:
    """The windows of x, with zeros around it, times y."""
    m, n = x.type.shape[0], y.type.shape[0]
    zeros = full((n - 1,), 0.0, x.type.dtype)
    padded = concatenate([zeros, x, zeros])
    starts = reshape(count_up(0, m + n - 1), (m + n - 1, 1))
    windows = gather(padded, math.add(starts, reshape(count_up(0, n), (1, n))))
    return reshape(math.matmul(windows, reshape(y, (n, 1))), (m + n - 1,))


def distances(x: Value, y: Value) -> Value:
    """The Euclidean distance of each row of x from each of y: [..., m, d] and [..., n, d] give [..., m, n]."""
    squares = math.squared_difference(expand_dims(x, -2), expand_dims(y, -3))
    return math.sqrt(math.sum(squares, -1))


def correlation(x: Value) -> Value:
    """Pearson's correlation of each row of a matrix with each other; 1 for a vector that is not constant."""
    rows = x if x.type.rank == 2 else reshape(x, (1, -1))
    centred = math.subtract(rows, math.mean(rows, 1, True))
    lengths = statistics.euclidean_norm(centred, 1, True)
    unit = math.divide(centred, lengths)
    found = math.matmul(unit, transpose(unit))
    return found if x.type.rank == 2 else reshape(found, ())
