"""Convolutions of channels-last images."""

from __future__ import annotations

from typing import Any

from keras import ops

from litesmith.frontends.keras.training.operators.matmul import weighted
from litesmith.frontends.keras.training.registry import Call, evaluates
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from litesmith.opset.enums import Padding


def _window(operator: Any) -> dict[str, Any]:
    return {
        "strides": (operator.stride_h, operator.stride_w),
        "dilation_rate": (operator.dilation_h_factor, operator.dilation_w_factor),
        "padding": operator.padding.name.lower(),
        "data_format": "channels_last",
    }


@evaluates(Conv2D)
def _conv(call: Call) -> Any:
    def product(image: Any, kernel: Any) -> Any:
        return ops.conv(image, ops.transpose(kernel, (1, 2, 3, 0)), **_window(call.operator))

    return weighted(call, call.operands[0], product)


@evaluates(DepthwiseConv2D)
def _depthwise(call: Call) -> Any:
    def product(image: Any, kernel: Any) -> Any:
        _, height, width, out = kernel.shape
        multiplier = call.operator.depth_multiplier
        shaped = ops.reshape(kernel, (height, width, out // multiplier, multiplier))
        return ops.depthwise_conv(image, shaped, **_window(call.operator))

    return weighted(call, call.operands[0], product)


@evaluates(TransposeConv)
def _transposed(call: Call) -> Any:
    """A convolution of the image with zeros between its elements, by the mirrored filter."""
    out = [int(size) for size in call.known(0)[1:3]]
    strides = (call.operator.stride_h, call.operator.stride_w)

    def product(image: Any, kernel: Any) -> Any:
        sizes, window = image.shape[1:3], kernel.shape[1:3]
        edges = []
        for size, extent, stride, wanted in zip(sizes, window, strides, out, strict=True):
            beyond = max((size - 1) * stride + extent - wanted, 0) if call.operator.padding is Padding.SAME else 0
            front = extent - 1 - beyond // 2
            edges.append((front, wanted + extent - 1 - front - ((size - 1) * stride + 1)))
        spread = _cut(_spread(image, strides), edges)
        mirrored = ops.flip(ops.transpose(kernel, (1, 2, 3, 0)), (0, 1))
        return ops.conv(spread, mirrored, padding="valid", data_format="channels_last")

    return weighted(call, call.operands[2], product, (2, 1, 3))


def _spread(image: Any, strides: tuple[int, int]) -> Any:
    """An image with `stride - 1` zeros between its elements."""
    _, height, width, channels = image.shape
    parted = ops.reshape(image, (-1, height, 1, width, 1, channels))
    padded = ops.pad(parted, [(0, 0), (0, 0), (0, strides[0] - 1), (0, 0), (0, strides[1] - 1), (0, 0)])
    spread = ops.reshape(padded, (-1, height * strides[0], width * strides[1], channels))
    return spread[:, : (height - 1) * strides[0] + 1, : (width - 1) * strides[1] + 1]


def _cut(image: Any, edges: list[tuple[int, int]]) -> Any:
    """An image with zeros around it, or less of it where there are fewer than none."""
    image = ops.pad(image, [(0, 0), *((max(front, 0), max(back, 0)) for front, back in edges), (0, 0)])
    (top, bottom), (left, right) = edges
    rows = slice(max(-top, 0), image.shape[1] - max(-bottom, 0))
    return image[:, rows, max(-left, 0) : image.shape[2] - max(-right, 0)]
