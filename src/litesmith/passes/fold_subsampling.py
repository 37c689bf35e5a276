"""Pools of one place into the convolution that reads them."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Operation, Value
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.enums import Activation
from litesmith.opset.pooling import AveragePool2D, MaxPool2D
from litesmith.passes.base import Rewrite, produced_by
from litesmith.passes.linear import is_plain, rebuilt


@dataclass(frozen=True)
class FoldSubsampling(Rewrite):
    """Let a 1 x 1 convolution take the strides of the 1 x 1 pool in front of it, which only leaves places out.

    XNNPACK does not take such pools, so each costs a way out of the delegate and back. NASNet has them.

    Before:
        graph main(%x: float32[batch, 8, 8, 2]) {
          %1 = average_pool_2d(stride_w=2, stride_h=2, filter_width=1, filter_height=1) %x : float32[batch, 4, 4, 2]
          %2 = conv_2d(padding=SAME) %1, const float32[3, 1, 1, 2], const float32[3] : float32[batch, 4, 4, 3]
          return %2
        }

    After:
        graph main(%x: float32[batch, 8, 8, 2]) {
          %1 = conv_2d(stride_w=2, stride_h=2) %x, const float32[3, 1, 1, 2], const float32[3] : float32[batch, 4, 4, 3]
          return %1
        }
    """

    roots = (Conv2D, DepthwiseConv2D)

    def rewrite(self, operation: Operation) -> Value | None:
        convolution, pool = operation.operator, produced_by(operation.operands[0], AveragePool2D, MaxPool2D)
        assert isinstance(convolution, (Conv2D, DepthwiseConv2D))
        if pool is None or not is_plain(pool.result) or not _has_one_place(operation.operands[1]):
            return None
        operator = pool.operator
        assert isinstance(operator, (AveragePool2D, MaxPool2D))
        if (operator.filter_height, operator.filter_width) != (1, 1) or (
            operator.fused_activation_function is not Activation.NONE
        ):
            return None
        if (convolution.stride_h, convolution.stride_w) != (1, 1):
            return None
        return rebuilt(
            operation,
            [pool.operands[0], *operation.operands[1:]],
            padding=operator.padding,
            stride_h=operator.stride_h,
            stride_w=operator.stride_w,
        )


def _has_one_place(filter: Value | None) -> bool:
    return filter is not None and filter.type.shape[1:3] == (1, 1)
