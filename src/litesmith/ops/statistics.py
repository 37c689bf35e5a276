"""Reductions that take several operators, and sums and products up to each place."""

from __future__ import annotations

from math import inf

from litesmith.ir.builder import emit, emit_many
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import Axes, axis_of, cast, concatenate, full, move_axis, reshape, slice_axis, squeeze
from litesmith.ops.prefixes import combined_up_to
from litesmith.ops.sizes import int32
from litesmith.ops.widening import compute, kernel_dtype
from litesmith.opset.reduction import ArgMax, ArgMin, Cumsum
from litesmith.opset.selection import TopKV2


def moments(x: Value, axes: int | Axes | None, keep: bool = False) -> tuple[Value, Value]:
    """Mean and variance of floats; the variance from the distances to the mean, which does not cancel."""
    mean = math.mean(x, axes, True)
    variance = math.mean(math.squared_difference(x, mean), axes, keep)
    return (mean if keep else _without(mean, axes)), variance


def _without(x: Value, axes: int | Axes | None) -> Value:
    """X without axes that were reduced to size 1."""
    return squeeze(x, tuple(range(x.type.rank)) if axes is None else axes)


def log_sum_exp(x: Value, axes: int | Axes | None, keep: bool = False) -> Value:
    """log(sum(exp(x))) of floats, without overflow; -infinity where all elements are."""
    largest = math.clip(math.max(x, axes, True), -math.LARGEST, math.LARGEST)
    total = math.sum(math.exp(math.subtract(x, largest)), axes, True)
    result = math.add(math.log(total), largest)
    return result if keep else _without(result, axes)


def euclidean_norm(x: Value, axes: int | Axes | None, keep: bool = False) -> Value:
    """The square root of the sum of squares."""
    return math.sqrt(math.sum(math.square(x), axes, keep))


def vector_norm(x: Value, order: float, axis: int, keep: bool = False) -> Value:
    """The norm of vectors along an axis: the sum of the magnitudes to a power, and its root of that order.

    Infinity is the largest magnitude, minus infinity the smallest, and 0 counts what is not 0.
    """
    magnitudes = math.absolute(x)
    if order == inf:
        return math.max(magnitudes, axis, keep)
    if order == -inf:
        return math.min(magnitudes, axis, keep)
    if order == 0:
        return math.sum(cast(math.not_equal(x, 0), x.type.dtype), axis, keep)
    if order == 2:
        return euclidean_norm(x, axis, keep)
    return math.power(math.sum(math.power(magnitudes, order), axis, keep), 1 / order)


def arg_max(x: Value, axis: int | None, keep: bool = False) -> Value:
    """Where along an axis (None: in all of x) the first of the largest stands, as int32; -0 equals 0."""
    return _arg_extremum(ArgMax(), x, axis, keep)


def arg_min(x: Value, axis: int | None, keep: bool = False) -> Value:
    """Where along an axis (None: in all of x) the first of the smallest stands, as int32; -0 equals 0."""
    if x.type.dtype in (DType.UINT32, DType.INT64):
        # The complement, -1 - x, turns the order around and cannot overflow.
        return arg_max(math.subtract(-1, cast(x, DType.INT64)), axis, keep)
    return _arg_extremum(ArgMin(), x, axis, keep)


def _arg_extremum(operator: Operator, x: Value, axis: int | None, keep: bool) -> Value:
    rows = reshape(x, (-1,)) if axis is None or not x.type.rank else x
    place = 0 if axis is None or not x.type.rank else axis_of(axis, x.type.rank)
    by_sorting = x.type.dtype in (DType.UINT32, DType.INT64)
    found = _first_largest(rows, place) if by_sorting else _by_kernel(operator, rows, place)
    if not keep:
        return found
    sizes = x.type.shape if axis is not None else (1,) * x.type.rank
    return reshape(found, [1 if at == place else size for at, size in enumerate(sizes)])


def _by_kernel(operator: Operator, x: Value, axis: int) -> Value:
    return emit(operator, cast(x, kernel_dtype(type(operator), x.type.dtype)), int32(axis))


def _first_largest(x: Value, axis: int) -> Value:
    """ARG_MAX of integers that its kernel does not take."""
    _, places = emit_many(TopKV2(), cast(move_axis(x, axis, x.type.rank - 1), DType.INT64), int32(1))
    return squeeze(places, -1)


def cumulative_sum(x: Value, axis: int) -> Value:
    """Sums of the elements up to and including each place along an axis."""
    return compute(Cumsum(), x, int32(axis_of(axis, x.type.rank)))


def cumulative_product(x: Value, axis: int) -> Value:
    """Products of the elements up to and including each place along an axis."""
    place = axis_of(axis, x.type.rank)
    size = x.type.shape[place]
    if isinstance(size, Dim):
        return combined_up_to([x], place, lambda before, after: [math.multiply(before[0], after[0])], "product")[0]
    distance = 1
    while distance < size:
        shape = (*x.type.shape[:place], distance, *x.type.shape[place + 1 :])
        before = slice_axis(x, place, 0, size - distance)
        x = math.multiply(x, concatenate([full(shape, 1, x.type.dtype), before], place))
        distance *= 2
    return x


def differences(x: Value, order: int, axis: int) -> Value:
    """Differences of neighbours along an axis, `order` times over; of booleans, whether they differ."""
    for _ in range(order):
        behind, before = slice_axis(x, axis, 1, None), slice_axis(x, axis, None, -1)
        combine = math.not_equal if x.type.dtype is DType.BOOL else math.subtract
        x = combine(behind, before)
    return x
