"""Pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends.keras.lowerings.layout import channels_last, padding_of, per_axis
from litesmith.frontends.keras.lowerings.promotion import own_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import pool
from litesmith.ops.array import as_value, cast
from litesmith.ops.integer_products import EXACT_BITS
from litesmith.opset.enums import Padding

Pooling = Callable[[Value, Sequence[int], Sequence[int], Padding], Value]


@lowers("ops.max_pool")
def max_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Value:
    return _largest(inputs, lambda x: _pooled(pool.max_pool, x, pool_size, strides, padding, data_format))


@lowers("ops.average_pool")
def average_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Value:
    return _pooled(pool.average_pool, inputs, pool_size, strides, padding, data_format)


def _pooled(
    pooling: Pooling, inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: str | None
) -> Value:
    """Windows follow one another unless there are strides."""
    x = as_value(inputs)
    axes = x.type.rank - 2
    window = per_axis(pool_size, axes)
    moves = window if strides is None else per_axis(strides, axes)
    return channels_last(x, data_format, lambda image: pooling(image, window, moves, padding_of(padding)))


@lowers("ops.adaptive_max_pool")
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Value:
    def pooled(x: Value) -> Value:
        sizes = per_axis(output_size, x.type.rank - 2)
        return channels_last(x, data_format, lambda image: pool.adaptive_max_pool(image, sizes))

    return _largest(inputs, pooled)


def _largest(inputs: Any, pooled: Callable[[Value], Value]) -> Value:
    """The largest elements; integers of up to 16 bits in float32, which holds them all."""
    x = as_value(inputs)
    if x.type.dtype.is_float or x.type.dtype.bits > EXACT_BITS:
        return pooled(x)
    return cast(pooled(cast(x, DType.FLOAT32)), x.type.dtype)


@lowers("ops.adaptive_average_pool")
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Value:
    x = own_float(inputs)
    sizes = per_axis(output_size, x.type.rank - 2)
    return channels_last(x, data_format, lambda image: pool.adaptive_average_pool(image, sizes))
