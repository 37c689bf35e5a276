"""Normalisation by statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from litesmith.frontends.keras.arguments import to_values
from litesmith.frontends.keras.lowerings.promotion import common_dtype, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import normalization
from litesmith.ops.array import as_value, axes_of, cast, reshape


@lowers("ops.batch_normalization")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Value:
    parts = [part for part in (mean, variance, offset, scale) if part is not None]
    value, *_ = promote_float(x, *parts)
    dtype = value.type.dtype
    return normalization.batch_norm(
        value,
        as_value(mean, dtype),
        as_value(variance, dtype),
        axis=axis,
        offset=_part(offset, value),
        scale=_part(scale, value),
        epsilon=epsilon,
    )


@lowers("layers.LayerNormalization")
def layer_normalization_layer(layer: Any, inputs: Value) -> Value:
    variance_only = getattr(layer, "rms_scaling", False)
    result = layer_normalization(inputs, layer.gamma, layer.beta, layer.axis, layer.epsilon, variance_only)
    return cast(result, DType(layer.compute_dtype))


@lowers("ops.layer_normalization")
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Value:
    """Keras' `layer_normalization`, computed in float32 at least."""
    dtype = as_value(x).type.dtype
    value = as_value(x, common_dtype(x, as_value(0.0)))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    scale, offset = (_along(axes, _part(part, value), value) for part in (gamma, beta))
    if rms_scaling:
        return cast(normalization.variance_norm(value, scale, axes, _epsilon(epsilon)), dtype)
    return cast(normalization.layer_norm(value, scale, offset, axes, _epsilon(epsilon)), dtype)


def _along(axes: Sequence[int], part: Value | None, like: Value) -> Value | None:
    """A scale or offset in the order of the axes: before Keras 3.14, axes [-1, -2] give it the sizes of -1 and -2."""
    if part is None or part.type.rank != len(axes):
        return part
    return reshape(part, [like.type.shape[axis] for axis in sorted(axes_of(axes, like.type.rank))])


def _part(part: Any, like: Value) -> Value | None:
    return None if part is None else as_value(to_values(part), like.type.dtype)


@lowers("ops.rms_normalization")
def rms_normalization(x: Any, scale: Any = None, axis: int | Sequence[int] = -1, epsilon: float | None = None) -> Value:
    """Keras' `rms_normalization`, computed in float32 at least."""
    value = as_value(x, common_dtype(x, as_value(0.0)))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    return cast(normalization.rms_norm(value, _part(scale, value), axes, _epsilon(epsilon)), as_value(x).type.dtype)


def _epsilon(epsilon: float | None) -> float:
    return keras.config.epsilon() if epsilon is None else epsilon
