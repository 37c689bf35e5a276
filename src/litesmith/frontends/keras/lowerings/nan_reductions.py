"""Reductions that leave out what is not a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from litesmith.frontends.keras.lowerings import reductions
from litesmith.frontends.keras.lowerings.promotion import common_dtype, float_value
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast
from litesmith.ops.indexing import select

Axis = int | Sequence[int] | None


def filled(x: Value, neutral: float) -> Value:
    """X with a number in place of what is none; integers as they are."""
    return select(math.is_nan(x), as_value(neutral, x.type.dtype), x) if x.type.dtype.is_float else x


def _register_extremum(name: str, reduce: Callable[..., Value], neutral: float) -> None:
    @lowers(name)
    def lower(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
        value = as_value(x)
        found = reduce(filled(value, neutral), axis, keepdims)
        if not value.type.dtype.is_float:
            return found
        return select(math.all(math.is_nan(value), axis, keepdims), as_value(np.nan, value.type.dtype), found)


_register_extremum("ops.nanmax", math.max, -np.inf)
_register_extremum("ops.nanmin", math.min, np.inf)


def _register_place(name: str, find: Callable[..., Value], neutral: float) -> None:
    @lowers(name)
    def lower(x: Any, axis: int | None = None, keepdims: bool = False) -> Value:
        value = as_value(x)
        found = find(filled(value, neutral), axis, keepdims)
        if not value.type.dtype.is_float:
            return found
        return select(math.all(math.is_nan(value), axis, keepdims), as_value(-1, DType.INT32), found)


_register_place("ops.nanargmax", reductions.argmax, -np.inf)
_register_place("ops.nanargmin", reductions.argmin, np.inf)


def _register_cumulative(name: str, accumulate: Callable[..., Value], neutral: float) -> None:
    @lowers(name)
    def lower(x: Any, axis: int | None = None, dtype: Any = None) -> Value:
        return accumulate(filled(as_value(x), neutral), axis, dtype)


_register_cumulative("ops.nancumsum", reductions.cumsum, 0.0)
_register_cumulative("ops.nancumprod", reductions.cumprod, 1.0)


def _variance(x: Any, axis: Axis, keepdims: bool) -> Value:
    """The mean squared distance from the mean of those that are numbers, in float32."""
    value = cast(float_value(x), DType.FLOAT32)
    missing = math.is_nan(value)
    present = math.logical_not(missing)
    count = math.sum(cast(present, DType.FLOAT32), axis, True)
    zero = as_value(0.0, DType.FLOAT32)
    mean = math.divide(math.sum(select(missing, zero, value), axis, True), count)
    distance = select(missing, zero, math.squared_difference(value, mean))
    if not keepdims:
        count = math.sum(cast(present, DType.FLOAT32), axis)
    return math.divide(math.sum(distance, axis, keepdims), count)


@lowers("ops.nanvar")
def nanvar(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return cast(_variance(x, axis, keepdims), common_dtype(x, weak=float))


@lowers("ops.nanstd")
def nanstd(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return cast(math.sqrt(_variance(x, axis, keepdims)), common_dtype(x, weak=float))
