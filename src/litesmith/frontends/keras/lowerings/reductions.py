"""Reductions of `keras.ops`, and sums and products up to each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends.keras.lowerings.promotion import common_dtype, dtype_or, float_value, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, statistics
from litesmith.ops.array import as_value, cast, expand_dims, reshape
from litesmith.ops.indexing import select

Axis = int | Sequence[int] | None

SUMS_OF = {
    DType.BOOL: DType.INT32,
    DType.INT8: DType.INT32,
    DType.INT16: DType.INT32,
    DType.UINT8: DType.UINT32,
    DType.UINT16: DType.UINT32,
}
"""The types that Keras, as JAX, adds and multiplies narrow integers up in."""


def _summed(x: Any, dtype: Any = None) -> Value:
    """An operand in the type of its sum."""
    value = as_value(x)
    return cast(value, dtype_or(dtype, SUMS_OF.get(value.type.dtype, value.type.dtype)))


def _at_least_float32(x: Any) -> Value:
    """An operand as the floats that Keras computes statistics with."""
    value = float_value(x)
    return cast(value, DType.FLOAT32) if value.type.dtype in (DType.FLOAT16, DType.BFLOAT16) else value


@lowers("ops.sum")
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.sum(_summed(x), axis, keepdims)


@lowers("ops.prod")
def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Value:
    return math.product(_summed(x, dtype), axis, keepdims)


@lowers("ops.mean")
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.mean(float_value(x), axis, keepdims)


@lowers("ops.max")
def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Value:
    result = math.max(as_value(x), axis, keepdims)
    return result if initial is None else math.maximum(result, initial)


@lowers("ops.min")
def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Value:
    result = math.min(as_value(x), axis, keepdims)
    return result if initial is None else math.minimum(result, initial)


@lowers("ops.amax")
def amax(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.max(as_value(x), axis, keepdims)


@lowers("ops.amin")
def amin(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.min(as_value(x), axis, keepdims)


@lowers("ops.ptp")
def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.subtract(amax(x, axis, keepdims), amin(x, axis, keepdims))


@lowers("ops.any")
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.any(as_value(x, DType.BOOL), axis, keepdims)


@lowers("ops.all")
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return math.all(as_value(x, DType.BOOL), axis, keepdims)


@lowers("ops.count_nonzero")
def count_nonzero(x: Any, axis: Axis = None) -> Value:
    return math.sum(cast(as_value(x, DType.BOOL), DType.INT32), axis)


@lowers("ops.var")
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return cast(math.variance(_at_least_float32(x), axis, keepdims), common_dtype(x, weak=float))


@lowers("ops.std")
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return cast(math.sqrt(math.variance(_at_least_float32(x), axis, keepdims)), common_dtype(x, weak=float))


@lowers("ops.moments")
def moments(x: Any, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> tuple[Value, Value]:
    dtype = common_dtype(x, weak=float)
    mean, variance = statistics.moments(_at_least_float32(x), axes, keepdims)
    return cast(mean, dtype), cast(variance, dtype)


@lowers("ops.logsumexp")
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return statistics.log_sum_exp(float_value(x), axis, keepdims)


@lowers("ops.average")
def average(x: Any, axis: Axis = None, weights: Any = None) -> Value:
    if weights is None:
        return math.mean(float_value(x), axis)
    values, factors = promote_float(x, weights)
    total = math.sum(factors, axis if factors.type.rank == values.type.rank else None)
    if factors.type.rank == 1 and values.type.rank > 1 and isinstance(axis, int):
        behind = values.type.rank - 1 - axis % values.type.rank
        factors = expand_dims(factors, tuple(range(1, 1 + behind)))
    return math.divide(math.sum(math.multiply(values, factors), axis), total)


@lowers("ops.argmax")
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Value:
    return statistics.arg_max(as_value(x), axis, keepdims)


@lowers("ops.argmin")
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Value:
    return statistics.arg_min(as_value(x), axis, keepdims)


@lowers("ops.cumsum")
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Value:
    return _cumulative(statistics.cumulative_sum, x, axis, dtype)


@lowers("ops.cumprod")
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Value:
    return _cumulative(statistics.cumulative_product, x, axis, dtype)


def _cumulative(function: Callable[[Value, int], Value], x: Any, axis: int | None, dtype: Any) -> Value:
    value = as_value(x)
    target = dtype_or(dtype, value.type.dtype)
    value = cast(value, DType.INT32 if target is DType.BOOL else target)
    return function(reshape(value, (-1,)), 0) if axis is None else function(value, axis)


def _register_skipping_nan(name: str, function: Callable[..., Value], neutral: float) -> None:
    @lowers(name)
    def lower(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
        value = as_value(x)
        if value.type.dtype.is_float:
            value = select(math.is_nan(value), as_value(neutral, value.type.dtype), value)
        return function(value, axis, keepdims)


_register_skipping_nan("ops.nansum", sum, 0)
_register_skipping_nan("ops.nanprod", prod, 1)


@lowers("ops.nanmean")
def nanmean(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    value = float_value(x)
    dtype, missing = value.type.dtype, math.is_nan(value)
    total = math.sum(select(missing, as_value(0, dtype), value), axis, keepdims)
    return math.divide(total, math.sum(cast(math.logical_not(missing), dtype), axis, keepdims))


@lowers("ops.diff")
def diff(a: Any, n: int = 1, axis: int = -1) -> Value:
    return statistics.differences(as_value(a), n, axis)
