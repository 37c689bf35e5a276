"""Normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.torch.registry import Deferred, imports
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ops import math, normalization
from litesmith.ops.array import full, reshape, squeeze
from litesmith.ops.errors import Unsupported


@imports("layer_norm")
def layer_norm(
    x: Value, normalized_shape: Sequence[Any], weight: Value | None = None, bias: Value | None = None, eps: float = 1e-5
) -> Value:
    axes = list(range(x.type.rank - len(normalized_shape), x.type.rank))
    return normalization.layer_norm(x, weight, bias, axes, eps)


@imports("native_layer_norm")
def native_layer_norm(
    x: Value, normalized_shape: Sequence[Any], weight: Value | None, bias: Value | None, eps: float
) -> Sequence[Value]:
    """Also the mean and the reciprocal of the deviation."""
    axes = list(range(x.type.rank - len(normalized_shape), x.type.rank))
    mean = math.mean(x, axes, True)
    deviation = math.mean(math.squared_difference(x, mean), axes, True)
    normalized = normalization.layer_norm(x, weight, bias, axes, eps)
    return [normalized, mean, math.rsqrt(math.add(deviation, eps))]


@imports("rms_norm")
def rms_norm(x: Value, normalized_shape: Sequence[Any], weight: Value | None = None, eps: float | None = None) -> Value:
    axes = list(range(x.type.rank - len(normalized_shape), x.type.rank))
    return normalization.rms_norm(x, weight, axes, 1.1920928955078125e-07 if eps is None else eps)


@imports("batch_norm")
def batch_norm(
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value | None,
    running_var: Value | None,
    training: bool,
    eps: float,
    momentum: float = 0.1,
) -> Value:
    if training or running_mean is None or running_var is None:
        return _by_its_own_statistics(x, weight, bias, eps, training and running_mean is not None)
    return normalization.batch_norm(x, running_mean, running_var, 1, bias, weight, eps)


def _by_its_own_statistics(x: Value, weight: Value | None, bias: Value | None, eps: float, keeps: bool) -> Value:
    """By the mean and variance of each channel in this batch."""
    if keeps:
        raise Unsupported("batch normalization in training; call eval() on the module")
    axes = [axis for axis in range(x.type.rank) if axis != 1]
    centered = math.subtract(x, math.mean(x, axes, True))
    variance = math.mean(math.square(centered), axes, True)
    return _affine(math.multiply(centered, math.rsqrt(math.add(variance, eps))), weight, bias)


def _affine(x: Value, weight: Value | None, bias: Value | None) -> Value:
    """Scaled and shifted by channels, the second axis."""
    shape = (-1, *[1] * (x.type.rank - 2))
    if weight is not None:
        x = math.multiply(x, reshape(weight, shape))
    return x if bias is None else math.add(x, reshape(bias, shape))


@imports("_native_batch_norm_legit_no_training")
def batch_norm_no_training(
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value,
    running_var: Value,
    eps: float,
    momentum: float = 0.1,
) -> Sequence[Value]:
    """The statistics that are returned besides are for gradients."""
    found = normalization.batch_norm(x, running_mean, running_var, 1, bias, weight, eps)
    return [found, *(full((0,), 0.0, x.type.dtype) for _ in range(2))]


@imports("_native_batch_norm_legit", "native_batch_norm", "_native_batch_norm_legit_functional")
def native_batch_norm(
    x: Value,
    weight: Value | None,
    bias: Value | None,
    training: bool,
    eps: float,
    running_mean: Value | None = None,
    running_var: Value | None = None,
    momentum: float = 0.1,
) -> Sequence[Any]:
    found = batch_norm(x, weight, bias, running_mean, running_var, training, eps)
    return [found, Deferred(_for_gradients), Deferred(_for_gradients)]


def _for_gradients() -> Value:
    raise Unsupported("the statistics that batch normalization returns for gradients")


@imports("instance_norm")
def instance_norm(
    x: Value,
    weight: Value | None,
    bias: Value | None,
    running_mean: Value | None,
    running_var: Value | None,
    use_input_stats: bool,
    eps: float,
    momentum: float = 0.1,
) -> Value:
    """Each channel of each image by its own mean and variance, or by those that were kept."""
    if not use_input_stats:
        return batch_norm(x, weight, bias, running_mean, running_var, False, eps)
    axes = list(range(2, x.type.rank))
    centered = math.subtract(x, math.mean(x, axes, True))
    variance = math.mean(math.square(centered), axes, True)
    return _affine(math.multiply(centered, math.rsqrt(math.add(variance, eps))), weight, bias)


@imports("group_norm")
def group_norm(
    x: Value, num_groups: int, weight: Value | None = None, bias: Value | None = None, eps: float = 1e-5
) -> Value:
    batch, channels, *spatial = x.type.shape
    grouped = reshape(x, (batch, num_groups, channels // num_groups * product(spatial)))
    normalized = reshape(normalization.layer_norm(grouped, None, None, [2], eps), x.type.shape)
    return _affine(normalized, weight, bias)


@imports("native_group_norm")
def native_group_norm(
    x: Value, weight: Value | None, bias: Value | None, N: Any, C: Any, HxW: Any, group: int, eps: float
) -> Sequence[Value]:
    batch, channels, *spatial = x.type.shape
    grouped = reshape(x, (batch, group, channels // group * product(spatial)))
    mean = math.mean(grouped, 2, True)
    variance = math.mean(math.squared_difference(grouped, mean), 2, True)
    scale = math.rsqrt(math.add(variance, eps))
    return [group_norm(x, group, weight, bias, eps), squeeze(mean, 2), squeeze(scale, 2)]
