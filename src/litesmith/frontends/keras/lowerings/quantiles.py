"""Medians, quantiles and percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.keras.lowerings.promotion import float_value
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, quantiles
from litesmith.ops.array import as_value

Axis = int | Sequence[int] | None


def _register(name: str, percent: bool, skip_nan: bool) -> None:
    @lowers(name)
    def lower(x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Value:
        part = as_value(q, DType.FLOAT32)
        part = math.divide(part, 100.0) if percent else part
        return quantiles.quantile(float_value(x), part, axis, method=method, keep=keepdims, skip_nan=skip_nan)


_register("ops.quantile", percent=False, skip_nan=False)
_register("ops.percentile", percent=True, skip_nan=False)
_register("ops.nanquantile", percent=False, skip_nan=True)
_register("ops.nanpercentile", percent=True, skip_nan=True)


@lowers("ops.median")
def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return quantiles.median(float_value(x), axis, keep=keepdims)


@lowers("ops.nanmedian")
def nanmedian(x: Any, axis: Axis = None, keepdims: bool = False) -> Value:
    return quantiles.median(float_value(x), axis, keep=keepdims, skip_nan=True)
