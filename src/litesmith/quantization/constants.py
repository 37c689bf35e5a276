"""Weights, biases and other constants as integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.matmul import FullyConnected

Array = np.ndarray[Any, Any]
LARGEST_BIAS = 2**31 - 1
LARGEST_WEIGHT = {DType.INT8: 127, DType.INT4: 7}
SMALLEST_SCALE = float(np.finfo(np.float32).tiny)
"""Kernels refuse scales that are zero or subnormal."""
SMALLEST_FLOAT16 = float(np.finfo(np.float16).tiny)


def as_integers(constant: Constant, dtype: DType, quantization: Quantization) -> Constant:
    """A constant as integers of one scale."""
    (scale,), (zero,) = quantization.scales, quantization.zero_points
    limits = np.iinfo(dtype.numpy)

    def integers(elements: Array) -> Array:
        return np.asarray(np.clip(np.rint(elements / np.float64(scale)) + zero, limits.min, limits.max), dtype.numpy)

    type = TensorType(dtype, constant.type.shape, quantization)
    return constant.map(integers, type, ("integers", dtype, scale, zero))


def weight_scales(weights: Array, axis: int | None, dtype: DType) -> Array:
    """One scale for each index of an axis, by the largest magnitude; the smallest there is for zeros only."""
    others = tuple(place for place in range(weights.ndim) if place != axis)
    largest = np.max(np.abs(weights), axis=others, initial=0)
    scales: Array = np.maximum(np.float64(largest) / LARGEST_WEIGHT[dtype], SMALLEST_SCALE).astype(np.float32)
    return scales


def with_scales(constant: Constant, scales: Array, axis: int | None, dtype: DType = DType.INT8) -> Constant:
    """Weights as integers, as many below 0 as above, in given scales, one for each index of an axis."""
    scales = scales.astype(np.float32)
    shape = [-1 if place == axis else 1 for place in range(constant.type.rank)]
    most = LARGEST_WEIGHT[dtype]

    def integers(elements: Array) -> Array:
        rounded = np.rint(elements / np.float64(scales).reshape(shape))
        return np.asarray(np.clip(rounded, -most, most), dtype.numpy)

    held = tuple(scales.reshape(-1).tolist())
    type = TensorType(dtype, constant.type.shape, Quantization(held, (0,) * len(held), axis or 0))
    return constant.map(integers, type, ("scales", dtype, held, axis))


def block_steps(steps: Array) -> Array:
    """The next steps that float16 and bfloat16 both have: files hold the one, XNNPACK computes with the other."""
    held = np.clip(steps, SMALLEST_FLOAT16, np.finfo(np.float16).max).astype(np.float32)
    bits = held.view(np.uint32)
    nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return np.minimum(nearest.view(np.float32), np.float32(65280)).astype(np.float16)


def in_blocks(constant: Constant, block: int) -> Constant:
    """The weights [channels, inputs] of FULLY_CONNECTED as int4, with a float16 scale for each block of a row."""
    channels, inputs = constant.type.shape
    shape = (int(channels), int(inputs) // block)
    blocks = constant.array().reshape(*shape, block)
    scales = block_steps(np.abs(blocks).max(-1) / LARGEST_WEIGHT[DType.INT4])

    def integers(elements: Array) -> Array:
        rounded = np.rint(elements.reshape(*shape, block) / scales[..., None].astype(np.float64))
        return np.asarray(np.clip(rounded, -7, 7), np.int8).reshape(elements.shape)

    held = tuple(scales.astype(np.float32).reshape(-1).tolist())
    quantization = Quantization(held, (0,) * len(held), 0, block, shape)
    return constant.map(integers, TensorType(DType.INT4, constant.type.shape, quantization), ("blocks", block))


def as_reals(constant: Constant) -> Array:
    """The real numbers that integers stand for."""
    quantization = constant.type.quantization
    assert quantization is not None
    shape = [-1 if place == quantization.axis else 1 for place in range(constant.type.rank)]
    scales = np.array(quantization.scales).reshape(shape if len(quantization.scales) > 1 else [1] * constant.type.rank)
    zeros = np.array(quantization.zero_points).reshape(scales.shape)
    return np.asarray((constant.array().astype(np.float64) - zeros) * scales)


def mean_shift(operator: Operator, difference: Array, means: Array) -> Array | None:
    """What a difference of weights adds to each channel of the results on average; None for other operators.

    Places of a convolution beyond the edge count as if they were like the others.
    """
    if isinstance(operator, FullyConnected) and difference.shape[1:] == means.shape:
        return np.asarray(difference @ means)
    if isinstance(operator, Conv2D) and difference.shape[3:] == means.shape:
        return np.asarray(np.einsum("ohwi,i->o", difference, means))
    if isinstance(operator, DepthwiseConv2D) and difference.shape[3] % len(means) == 0:
        return np.asarray(difference.sum((0, 1, 2)) * np.repeat(means, difference.shape[3] // len(means)))
    return None


def as_bias(constant: Constant, scales: Array, dtype: DType = DType.INT32) -> Constant:
    """A bias as integers of 32 or 64 bits, in the scales of the products that it is added to."""
    scales = np.broadcast_to(scales, (constant.type.shape[-1],)) if len(scales) == 1 else scales
    largest = LARGEST_BIAS if dtype is DType.INT32 else 2**53

    def integers(elements: Array) -> Array:
        return np.clip(np.rint(elements / scales), -largest, largest).astype(dtype.numpy)

    held: tuple[float, ...] = tuple(scales.astype(np.float32).tolist())
    type = TensorType(dtype, constant.type.shape, Quantization(held, (0,) * len(held)))
    return constant.map(integers, type, ("bias", dtype, held))
