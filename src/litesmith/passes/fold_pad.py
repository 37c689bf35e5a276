"""Explicit padding into the padding of the operator that reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.ir.dims import Dim, Size, same
from litesmith.ir.graph import Operation, Value
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.elementwise import Relu, Relu0To1, Relu6
from litesmith.opset.enums import Activation, Padding
from litesmith.opset.pooling import MaxPool2D
from litesmith.opset.rules import sizes_of, window_size
from litesmith.opset.slicing import Pad, PadV2
from litesmith.passes.base import Decline, Rewrite, produced_by
from litesmith.passes.linear import activation_of, is_plain, rebuilt

PADDING_OPERATORS = (Conv2D, DepthwiseConv2D, MaxPool2D)
NOT_NEGATIVE = (Activation.RELU, Activation.RELU6)


@dataclass(frozen=True)
class FoldPad(Rewrite):
    """Let a window pad its input itself where PAD adds just what SAME padding would.

    SAME adds `max((ceil(n / stride) - 1) * stride + extent - n, 0)` places, the smaller half in front,
    so which stride-2 windows match depends on the size: PAD of (0, 1) does for even sizes, (1, 1) for odd ones.

    Before:
        graph main(%x: float32[batch, 8, 8, 2]) {
          %1 = pad %x, const int32[4, 2] [[0, 0], [0, 1], [0, 1], [0, 0]] : float32[batch, 9, 9, 2]
          %2 = depthwise_conv_2d(stride_w=2, stride_h=2) %1, const float32[1, 3, 3, 2], const float32[2]
             : float32[batch, 4, 4, 2]
          return %2
        }

    After:
        graph main(%x: float32[batch, 8, 8, 2]) {
          %1 = depthwise_conv_2d(padding=SAME, stride_w=2, stride_h=2) %x, const float32[1, 3, 3, 2], const float32[2]
             : float32[batch, 4, 4, 2]
          return %1
        }
    """

    roots = PADDING_OPERATORS

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        operator, pad = operation.operator, produced_by(operation.operands[0], Pad, PadV2)
        if pad is None or not isinstance(operator, PADDING_OPERATORS) or not is_plain(pad.result):
            return None
        if operator.padding is not Padding.VALID:
            return None
        image, amounts = pad.operands[0], sizes_of(pad.operands[1])
        if image is None or amounts is None or len(amounts) != 8 or any(amounts[:2]) or any(amounts[6:]):
            return None
        reason = _other_value(operation, pad, image) or _other_amounts(operation, image, amounts)
        if reason:
            return Decline(reason)
        return rebuilt(operation, [image, *operation.operands[1:]], padding=Padding.SAME)


def _other_value(operation: Operation, pad: Operation, image: Value) -> str | None:
    """Why what PAD adds is not what SAME padding adds: zeros for a filter, nothing for a maximum."""
    value = 0.0
    if isinstance(pad.operator, PadV2):
        known = pad.operands[2]
        if known is None or known.constant is None:
            return "the padded value is computed"
        value = float(known.constant.array().reshape(()))
    if not isinstance(operation.operator, MaxPool2D):
        return None if value == 0 else f"SAME padding is 0, not {value:g}"
    if value <= np.finfo(np.float32).min or (value <= 0 and _is_not_negative(image)):
        return None
    return f"the padded {value:g} may be the largest of a window, and SAME padding never is"


def _is_not_negative(image: Value) -> bool:
    producer = image.producer
    if producer is None:
        return False
    return isinstance(producer.operator, (Relu, Relu6, Relu0To1)) or activation_of(producer) in NOT_NEGATIVE


def _other_amounts(operation: Operation, image: Value, amounts: tuple[Size, ...]) -> str | None:
    """Why PAD adds other amounts than SAME padding, along either axis."""
    for axis, (window, stride, dilation) in zip((1, 2), _windows(operation), strict=True):
        extent = (window - 1) * dilation + 1
        size, given = image.type.shape[axis], (amounts[2 * axis], amounts[2 * axis + 1])
        expected = same_padding(size, extent, stride)
        if expected is None:
            return f"what SAME padding adds depends on the size {size}"
        if any(not same(a, b) for a, b in zip(given, expected, strict=True)):
            return f"SAME padding of {size} places would be {expected}, not {given}"
        padded = window_size(size + sum(expected), window, stride, dilation, same_padding=False)
        if not same(padded, window_size(size, window, stride, dilation, same_padding=True)):
            return "SAME padding gives another size"
    return None


def same_padding(size: Size, extent: int, stride: int) -> tuple[int, int] | None:
    """How many places SAME padding adds before and after; None when that depends on a dynamic size.

    `extent` is the window's size with its dilation. Source: `ComputeOutSize` and `ComputePaddingWithOffset`
    of the LiteRT kernels (tflite/kernels/padding.h).
    """
    if stride == 1:
        total = extent - 1
    elif isinstance(size, Dim):
        return None
    else:
        total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def _windows(operation: Operation) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Size, stride and dilation of the window along height and width."""
    operator = operation.operator
    if isinstance(operator, MaxPool2D):
        return (operator.filter_height, operator.stride_h, 1), (operator.filter_width, operator.stride_w, 1)
    filter = operation.operands[1]
    assert filter is not None
    assert isinstance(operator, (Conv2D, DepthwiseConv2D))
    _, height, width, _ = filter.type.shape
    return (
        (int(height), operator.stride_h, operator.dilation_h_factor),
        (int(width), operator.stride_w, operator.dilation_w_factor),
    )
