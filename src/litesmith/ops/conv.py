"""Convolutions over one, two or three spatial axes, in LiteRT operators.

Tensors are [batch, *spatial, channels]. One spatial axis is computed as two, the first of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ops.array import concatenate, expand_dims, reshape, split, squeeze, transpose
from litesmith.ops.errors import Unsupported
from litesmith.ops.widening import compute
from litesmith.opset.convolution import Conv2D, Conv3D, DepthwiseConv2D
from litesmith.opset.enums import Padding


def no_bias(x: Value, channels: Size) -> Value:
    """Zeros for the bias that the kernels require."""
    return constant(np.zeros(channels, x.type.dtype.numpy), x.type.dtype)


def known_channels(x: Value) -> int:
    """The size of the last axis, which a filter must fit."""
    channels = x.type.shape[-1]
    if isinstance(channels, Dim):
        raise Unsupported(f"a convolution over an unknown number of channels, {channels}")
    return channels


def conv(x: Value, filter: Value, strides: Sequence[int], padding: Padding, dilations: Sequence[int]) -> Value:
    """Each output channel is a sum over a window of its group of input channels.

    Args:
        filter: [*spatial, in / groups, out]; groups follow from its size.
        strides, dilations: one for each spatial axis.
    """
    channels, depth, out = known_channels(x), filter.type.shape[-2], filter.type.shape[-1]
    if isinstance(depth, Dim) or isinstance(out, Dim) or channels % depth or out % (channels // depth):
        raise Unsupported(f"{channels} channels in groups of {depth}, for {out} outputs")
    if x.type.rank == 3:
        flat = conv(expand_dims(x, 1), expand_dims(filter, 0), (1, *strides), padding, (1, *dilations))
        return squeeze(flat, 1)
    if x.type.rank == 5:
        return _conv_3d(x, filter, strides, padding, dilations)
    if depth == 1 and channels > 1:
        return _depthwise_2d(x, filter, strides, padding, dilations)
    operator = Conv2D(padding, strides[1], strides[0], dilation_w_factor=dilations[1], dilation_h_factor=dilations[0])
    return compute(operator, x, transpose(filter, (3, 0, 1, 2)), no_bias(x, out))


def depthwise_conv(
    x: Value, filter: Value, strides: Sequence[int], padding: Padding, dilations: Sequence[int]
) -> Value:
    """Each channel with its own filters, as many as the last axis of `filter` [*spatial, channels, multiplier]."""
    channels, multiplier = filter.type.shape[-2:]
    merged = reshape(filter, (*filter.type.shape[:-2], 1, channels * multiplier))
    if x.type.rank == 3:
        flat = expand_dims(x, 1)
        return squeeze(_depthwise_2d(flat, expand_dims(merged, 0), (1, *strides), padding, (1, *dilations)), 1)
    return _depthwise_2d(x, merged, strides, padding, dilations)


def _depthwise_2d(x: Value, filter: Value, strides: Sequence[int], padding: Padding, dilations: Sequence[int]) -> Value:
    """A filter [height, width, 1, channels * multiplier]."""
    out = filter.type.shape[-1]
    operator = DepthwiseConv2D(
        padding=padding,
        stride_w=strides[1],
        stride_h=strides[0],
        depth_multiplier=out // known_channels(x),
        dilation_w_factor=dilations[1],
        dilation_h_factor=dilations[0],
    )
    return compute(operator, x, transpose(filter, (2, 0, 1, 3)), no_bias(x, out))


def _conv_3d(x: Value, filter: Value, strides: Sequence[int], padding: Padding, dilations: Sequence[int]) -> Value:
    """The kernel knows no groups, so that each is a convolution of its own."""
    groups = known_channels(x) // filter.type.shape[-2]
    if groups > 1:
        parts = zip(split(x, groups, -1), split(filter, groups, -1), strict=True)
        return concatenate([_conv_3d(part, own, strides, padding, dilations) for part, own in parts], -1)
    operator = Conv3D(
        padding,
        stride_d=strides[0],
        stride_h=strides[1],
        stride_w=strides[2],
        dilation_d_factor=dilations[0],
        dilation_h_factor=dilations[1],
        dilation_w_factor=dilations[2],
    )
    return compute(operator, x, filter, no_bias(x, filter.type.shape[-1]))
