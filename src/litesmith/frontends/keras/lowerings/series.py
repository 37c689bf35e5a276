"""Integers' divisors, integrals, powers, correlations and distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.keras.lowerings.ordering import argsort
from litesmith.frontends.keras.lowerings.promotion import common_dtype, float_value, promote, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import integers, math, series, statistics
from litesmith.ops.array import as_value, cast
from litesmith.ops.sizes import known_sizes


@lowers("ops.gcd")
def gcd(x1: Any, x2: Any) -> Value:
    return integers.greatest_common_divisor(*promote(x1, x2))


@lowers("ops.lcm")
def lcm(x1: Any, x2: Any) -> Value:
    return integers.least_common_multiple(*promote(x1, x2))


@lowers("ops.unravel_index")
def unravel_index(indices: Any, shape: Any) -> tuple[Value, ...]:
    return tuple(integers.unravel(as_value(indices), known_sizes(shape)))


@lowers("ops.argpartition")
def argpartition(x: Any, kth: int | Sequence[int], axis: int | None = -1) -> Value:
    """All of the places in order: backends differ in the order on either side of the kth."""
    return argsort(x, axis)


@lowers("ops.trapezoid")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Value:
    values, steps = promote_float(y, dx if x is None else x)
    if x is not None:
        steps = statistics.differences(steps, 1, axis if steps.type.rank > 1 else 0)
    return cast(series.trapezoid(values, steps, axis), common_dtype(y, weak=float))


@lowers("ops.vander")
def vander(x: Any, N: Size | None = None, increasing: bool = False) -> Value:  # noqa: N803
    value = as_value(x)
    powers = series.vandermonde(float_value(x), value.type.shape[0] if N is None else N, increasing)
    return cast(powers if value.type.dtype.is_float else math.round_half_even(powers), value.type.dtype)


@lowers("ops.correlate")
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Value:
    first, second = _as_floats(x1, x2)
    return series.correlate(first, second, mode)


@lowers("ops.cdist")
def cdist(x: Any, y: Any) -> Value:
    first, second = promote_float(x, y)
    return series.distances(first, second)


@lowers("ops.corrcoef")
def corrcoef(x: Any) -> Value:
    (value,) = _as_floats(x)
    return series.correlation(value)


def _as_floats(*operands: Any) -> list[Value]:
    """Operands as float32, or as floats of their own type; int64 is taken as float64."""
    dtype = common_dtype(*operands)
    wide = DType.FLOAT64 if dtype is DType.INT64 else DType.FLOAT32
    return [as_value(operand, dtype if dtype.is_float else wide) for operand in operands]
