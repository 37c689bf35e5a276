"""Normalisation, biases, and the functions of classifiers."""

from __future__ import annotations

from litesmith.frontends.tensorflow.graph import Program
from litesmith.frontends.tensorflow.layout import is_channels_first
from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, nn, statistics
from litesmith.ops.array import as_value, cast, reshape
from litesmith.ops.creation import one_hot
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import take_along_axis
from litesmith.ops.normalization import batch_norm
from litesmith.ops.widening import compute
from litesmith.opset.elementwise import LocalResponseNormalization


@imports("BiasAdd")
def bias_add(x: Value, bias: Value, *, program: Program, data_format: str = "NHWC") -> Value:
    if data_format.startswith("NC"):
        bias = reshape(bias, (*bias.type.shape, *[1] * (x.type.rank - 2)))
        return math.add(x, bias)
    return program.spreads.also(x, math.add(x, bias), lambda whole: math.add(whole, bias))


@imports("BiasAddV1")
def bias_add_last(x: Value, bias: Value) -> Value:
    return math.add(x, bias)


OUTPUTS = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2")


@imports("FusedBatchNorm", "FusedBatchNormV2", outputs=OUTPUTS)
def fused_batch_norm(
    x: Value,
    scale: Value,
    offset: Value,
    mean: Value,
    variance: Value,
    *,
    epsilon: float = 1e-4,
    exponential_avg_factor: float = 1.0,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> tuple[Value, ...]:
    """In training, the statistics are those of the batch, of which the variance is told without bias, and as it is."""
    axis = 1 if is_channels_first(data_format) else x.type.rank - 1
    told = mean, variance
    if is_training and exponential_avg_factor != 1:
        raise Unsupported("moving statistics; convert the model with is_training=False")
    if is_training:
        others = tuple(place for place in range(x.type.rank) if place != axis)
        mean, variance = statistics.moments(cast(x, mean.type.dtype), others)
        count = as_value(product(x.type.shape[place] for place in others), mean.type.dtype)
        told = mean, math.multiply(variance, math.divide(count, math.maximum(math.subtract(count, 1.0), 1.0)))
    wide = batch_norm(cast(x, mean.type.dtype), mean, variance, axis, offset, scale, epsilon)
    return cast(wide, x.type.dtype), *told, mean, variance


@imports("FusedBatchNormV3", outputs=(*OUTPUTS, "reserve_space_3"))
def fused_batch_norm_v3(
    x: Value,
    scale: Value,
    offset: Value,
    mean: Value,
    variance: Value,
    *,
    epsilon: float = 1e-4,
    exponential_avg_factor: float = 1.0,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> tuple[Value, ...]:
    results = fused_batch_norm(
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
    )
    return *results, as_value(0.0, DType.FLOAT32)


@imports("Softmax")
def softmax(x: Value) -> Value:
    return nn.softmax(x, -1)


@imports("LogSoftmax")
def log_softmax(x: Value) -> Value:
    return nn.log_softmax(x, -1)


@imports("L2Loss")
def half_square(x: Value) -> Value:
    return math.multiply(math.sum(math.square(x)), 0.5)


@imports("LRN")
def local_response_normalization(
    x: Value, *, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> Value:
    return compute(LocalResponseNormalization(radius=depth_radius, bias=bias, alpha=alpha, beta=beta), x)


@imports("SoftmaxCrossEntropyWithLogits", outputs=("loss", "backprop"))
def softmax_cross_entropy(logits: Value, labels: Value) -> tuple[Value, Value]:
    loss = math.negative(math.sum(math.multiply(labels, nn.log_softmax(logits, -1)), -1))
    return loss, math.subtract(nn.softmax(logits, -1), labels)


@imports("SparseSoftmaxCrossEntropyWithLogits", outputs=("loss", "backprop"))
def sparse_softmax_cross_entropy(logits: Value, labels: Value) -> tuple[Value, Value]:
    places = reshape(labels, (*labels.type.shape, 1))
    found = take_along_axis(nn.log_softmax(logits, -1), places, -1)
    loss = math.negative(reshape(found, labels.type.shape))
    truth = one_hot(labels, logits.type.shape[-1], -1, logits.type.dtype)
    return loss, math.subtract(nn.softmax(logits, -1), truth)


@imports("BatchNormWithGlobalNormalization")
def batch_norm_of_old_graphs(
    x: Value,
    mean: Value,
    variance: Value,
    offset: Value,
    scale: Value,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> Value:
    gamma = scale if scale_after_normalization else None
    return batch_norm(x, mean, variance, -1, offset, gamma, variance_epsilon)
