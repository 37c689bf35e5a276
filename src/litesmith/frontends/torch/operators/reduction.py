"""Reductions over axes, and along one up to each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from litesmith.frontends.torch.operators.elementwise import converted
from litesmith.frontends.torch.promotion import as_floats
from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, cumulative, math, statistics
from litesmith.ops.array import as_value, axes_of, axis_of, cast
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import select, take_along_axis
from litesmith.ops.ordering import argsort
from litesmith.ops.quantiles import quantile as quantile_of
from litesmith.ops.segments import bin_count

Axes = int | Sequence[int] | None


def _axes(x: Value, dim: Axes) -> tuple[int, ...]:
    """The axes that are reduced: all for none given; a scalar has none."""
    if not x.type.rank:
        return ()
    return axes_of(None if dim is None or (not isinstance(dim, int) and not len(dim)) else dim, x.type.rank)


@imports("sum")
def sum_(x: Value, dtypes: Sequence[DType], dim: Axes = None, keepdim: bool = False) -> Value:
    return math.sum(converted(x, dtypes[0]), _axes(x, dim), keepdim)


@imports("nansum")
def nansum(x: Value, dtypes: Sequence[DType], dim: Axes = None, keepdim: bool = False) -> Value:
    number = converted(x, dtypes[0])
    kept = select(math.is_nan(number), constant(0, number.type.dtype), number) if number.type.dtype.is_float else number
    return math.sum(kept, _axes(x, dim), keepdim)


@imports("mean")
def mean(x: Value, dtypes: Sequence[DType], dim: Axes = None, keepdim: bool = False) -> Value:
    return math.mean(converted(x, dtypes[0]), _axes(x, dim), keepdim)


@imports("nanmean")
def nanmean(x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
    lost = math.is_nan(x)
    total = math.sum(select(lost, constant(0, x.type.dtype), x), _axes(x, dim), keepdim)
    return math.divide(total, math.sum(cast(math.logical_not(lost), x.type.dtype), _axes(x, dim), keepdim))


@imports("prod")
def prod(x: Value, dtypes: Sequence[DType], dim: Axes = None, keepdim: bool = False) -> Value:
    return math.product(converted(x, dtypes[0]), _axes(x, dim), keepdim)


def _extreme(function: Callable[..., Value], of_truths: Callable[..., Value], x: Value, dim: Axes, keep: bool) -> Value:
    return (of_truths if x.type.dtype is DType.BOOL else function)(x, _axes(x, dim), keep)


@imports("amax", "max.default")
def amax(x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
    return _extreme(math.max, math.any, x, dim, keepdim)


@imports("amin", "min.default")
def amin(x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
    return _extreme(math.min, math.all, x, dim, keepdim)


@imports("aminmax")
def aminmax(x: Value, dim: int | None = None, keepdim: bool = False) -> Sequence[Value]:
    return [amin(x, dim, keepdim), amax(x, dim, keepdim)]


def _with_place(
    values: Callable[..., Value], places: Callable[..., Value], x: Value, dim: int, keepdim: bool = False
) -> Sequence[Value]:
    """An extreme along an axis, and the first place where it stands."""
    if not x.type.rank:
        return [x, constant(0, DType.INT64)]
    return [values(x, dim, keepdim), _place(places, x, dim, keepdim)]


def _place(function: Callable[..., Value], x: Value, dim: int | None, keep: bool) -> Value:
    number = cast(x, DType.INT32) if x.type.dtype is DType.BOOL else x
    return cast(function(number, dim, keep), DType.INT64)


@imports("max.dim")
def max_dim(x: Value, dim: int, keepdim: bool = False) -> Sequence[Value]:
    return _with_place(amax, statistics.arg_max, x, dim, keepdim)


@imports("min.dim")
def min_dim(x: Value, dim: int, keepdim: bool = False) -> Sequence[Value]:
    return _with_place(amin, statistics.arg_min, x, dim, keepdim)


@imports("argmax")
def argmax(x: Value, dim: int | None = None, keepdim: bool = False) -> Value:
    return _place(statistics.arg_max, x, dim, keepdim)


@imports("argmin")
def argmin(x: Value, dim: int | None = None, keepdim: bool = False) -> Value:
    return _place(statistics.arg_min, x, dim, keepdim)


def _truth(function: Callable[..., Value], x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
    """Of uint8, numbers."""
    found = function(converted(x, DType.BOOL), _axes(x, dim), keepdim)
    return cast(found, DType.UINT8) if x.type.dtype is DType.UINT8 else found


@imports("any")
def any_(x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
    return _truth(math.any, x, dim, keepdim)


@imports("all")
def all_(x: Value, dim: Axes = None, keepdim: bool = False) -> Value:
    return _truth(math.all, x, dim, keepdim)


@imports("count_nonzero")
def count_nonzero(x: Value, dim: Axes = None) -> Value:
    return math.sum(cast(converted(x, DType.BOOL), DType.INT64), _axes(x, dim))


def _variance(x: Value, dim: Axes, correction: Any, keep: bool) -> Value:
    """The mean squared distance from the mean, of as many as there are less `correction`."""
    axes = _axes(x, dim)
    mean = math.mean(x, axes, True)
    found = math.mean(math.squared_difference(x, mean), axes, keep)
    less = 1 if correction is None else correction
    if not less:
        return found
    count = product(x.type.shape[axis] for axis in axes)
    many = as_value(count, x.type.dtype)
    return math.multiply(found, math.divide(many, math.maximum(math.subtract(many, float(less)), 0.0)))


def _correction(unbiased: bool | None, correction: Any) -> Any:
    return correction if unbiased is None else int(unbiased)


@imports("var")
def var(
    x: Value, dim: Axes = None, unbiased: bool | None = None, correction: Any = None, keepdim: bool = False
) -> Value:
    return _variance(x, dim, _correction(unbiased, correction), keepdim)


@imports("std")
def std(
    x: Value, dim: Axes = None, unbiased: bool | None = None, correction: Any = None, keepdim: bool = False
) -> Value:
    return math.sqrt(_variance(x, dim, _correction(unbiased, correction), keepdim))


@imports("var_mean")
def var_mean(
    x: Value, dim: Axes = None, unbiased: bool | None = None, correction: Any = None, keepdim: bool = False
) -> Sequence[Value]:
    return [var(x, dim, unbiased, correction, keepdim), math.mean(x, _axes(x, dim), keepdim)]


@imports("std_mean")
def std_mean(
    x: Value, dim: Axes = None, unbiased: bool | None = None, correction: Any = None, keepdim: bool = False
) -> Sequence[Value]:
    return [std(x, dim, unbiased, correction, keepdim), math.mean(x, _axes(x, dim), keepdim)]


@imports("logsumexp", "special_logsumexp")
def logsumexp(x: Value, dim: Axes, keepdim: bool = False) -> Value:
    (number,) = as_floats(x)
    return statistics.log_sum_exp(number, _axes(x, dim), keepdim)


@imports("norm", "linalg_vector_norm")
def vector_norm(
    x: Value,
    dtypes: Sequence[DType],
    p: Any = None,
    ord: Any = 2,
    dim: Axes = None,
    keepdim: bool = False,
) -> Value:
    """Over several axes, of all their elements together."""
    number = converted(x, dtypes[0])
    order = float(ord if p is None else p)
    axes = _axes(x, dim)
    if len(axes) == 1 and order != 1:
        return statistics.vector_norm(number, order, axes[0], keepdim)
    if order == 2:
        return statistics.euclidean_norm(number, axes, keepdim)
    size = math.absolute(number)
    if np.isinf(order):
        return (math.max if order > 0 else math.min)(size, axes, keepdim)
    if order == 0:
        return math.sum(cast(math.not_equal(number, 0), number.type.dtype), axes, keepdim)
    if order == 1:
        return math.sum(size, axes, keepdim)
    return math.power(math.sum(math.power(size, order), axes, keepdim), 1 / order)


@imports("dist")
def dist(x: Value, other: Value, dtypes: Sequence[DType], p: Any = 2) -> Value:
    return vector_norm(math.subtract(x, other), dtypes, p)


def _summed(x: Value, dtypes: Sequence[DType]) -> Value:
    return converted(x, dtypes[0])


@imports("cumsum")
def cumsum(x: Value, dim: int, dtypes: Sequence[DType]) -> Value:
    return statistics.cumulative_sum(_summed(x, dtypes), dim) if x.type.rank else _summed(x, dtypes)


@imports("cumprod")
def cumprod(x: Value, dim: int, dtypes: Sequence[DType]) -> Value:
    return cumulative.products(_summed(x, dtypes), axis_of(dim, x.type.rank)) if x.type.rank else _summed(x, dtypes)


@imports("logcumsumexp")
def logcumsumexp(x: Value, dim: int) -> Value:
    return cumulative.log_sums(x, axis_of(dim, x.type.rank))


def _running(function: Callable[[Value, int], Value], x: Value, dim: int) -> Sequence[Value]:
    """Extremes so far, and the last places where they stand."""
    place = axis_of(dim, x.type.rank)
    found = function(x, place)
    size = x.type.shape[place]
    column = array.reshape(count_up(0, size), tuple(size if a == place else 1 for a in range(x.type.rank)))
    here = select(math.equal(x, found), array.broadcast_to(column, x.type.shape), constant(-1))
    return [found, cast(cumulative.maxima(here, place), DType.INT64)]


imports("cummax")(partial(_running, cumulative.maxima))
imports("cummin")(partial(_running, cumulative.minima))


@imports("diff")
def diff(x: Value, n: int = 1, dim: int = -1) -> Value:
    return statistics.differences(x, n, dim)


@imports("median.default")
def median(x: Value) -> Value:
    """Of an even number of elements the lower one; of what is not a number, that."""
    flat = array.reshape(x, (-1,))
    return array.reshape(median_dim(flat, 0)[0], ())


@imports("median.dim")
def median_dim(x: Value, dim: int = -1, keepdim: bool = False) -> Sequence[Value]:
    size = x.type.shape[axis_of(dim, x.type.rank)]
    return kthvalue(x, (size - 1) // 2 + 1, dim, keepdim)


@imports("kthvalue")
def kthvalue(x: Value, k: Any, dim: int = -1, keepdim: bool = False) -> Sequence[Value]:
    """The k-th smallest, counted from 1."""
    place = axis_of(dim, x.type.rank)
    at = array.slice_axis(argsort(x, place), place, k - 1, k)
    values = take_along_axis(x, at, place)
    found = [values, cast(at, DType.INT64)]
    return found if keepdim else [array.squeeze(each, place) for each in found]


@imports("quantile")
def quantile(x: Value, q: Any, dim: int | None = None, keepdim: bool = False, interpolation: str = "linear") -> Value:
    return quantile_of(x, as_value(q, x.type.dtype), dim, method=interpolation, keep=keepdim)


@imports("bincount")
def bincount(x: Value, weights: Value | None = None, minlength: int = 0) -> Value:
    return bin_count(x, weights, minlength)
