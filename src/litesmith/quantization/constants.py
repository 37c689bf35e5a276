"""Weights, biases and other constants as integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.matmul import FullyConnected
from litesmith.quantization.scales import LEAST, MOST

Array = np.ndarray[Any, Any]
LARGEST_BIAS = 2**31 - 1


def as_integers(constant: Constant, quantization: Quantization) -> Constant:
    """A constant as integers of one scale."""
    (scale,), (zero,) = quantization.scales, quantization.zero_points

    def integers(elements: Array) -> Array:
        return np.asarray(np.clip(np.rint(elements / np.float64(scale)) + zero, LEAST, MOST), np.int8)

    type = TensorType(DType.INT8, constant.type.shape, quantization)
    return constant.map(integers, type, ("integers", scale, zero))


def with_scales(constant: Constant, scales: Array, axis: int | None) -> Constant:
    """Weights as integers of -127..127 in given scales, one for each index of an axis."""
    scales = scales.astype(np.float32)
    shape = [-1 if place == axis else 1 for place in range(constant.type.rank)]

    def integers(elements: Array) -> Array:
        rounded = np.rint(elements / np.float64(scales).reshape(shape))
        return np.clip(rounded, -MOST, MOST).astype(np.int8)

    held = tuple(scales.reshape(-1).tolist())
    type = TensorType(DType.INT8, constant.type.shape, Quantization(held, (0,) * len(held), axis or 0))
    return constant.map(integers, type, ("scales", held, axis))


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


def as_bias(constant: Constant, scales: Array) -> Constant:
    """A bias as integers of 32 bits, in the scales of the products that it is added to."""
    scales = np.broadcast_to(scales, (constant.type.shape[-1],)) if len(scales) == 1 else scales

    def integers(elements: Array) -> Array:
        return np.clip(np.rint(elements / scales), -LARGEST_BIAS, LARGEST_BIAS).astype(np.int32)

    held: tuple[float, ...] = tuple(scales.astype(np.float32).tolist())
    type = TensorType(DType.INT32, constant.type.shape, Quantization(held, (0,) * len(held)))
    return constant.map(integers, type, ("bias", held))
