"""Scales and shifts of channels into the filter and bias in front of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.ir.constants import Array, Constant
from litesmith.ir.graph import Operation, Value
from litesmith.passes.base import Decline, Rewrite, only_use
from litesmith.passes.linear import SCALES_AND_SHIFTS, Filtering, activation_of, filtering, scale_shift


@dataclass(frozen=True)
class FoldScaleShift(Rewrite):
    """Compute a scale and a shift of channels with the filter and the bias of the product in front.

    This is how batch normalization disappears behind a convolution, and how a bias that is
    added by itself becomes the operator's bias.

    Before:
        graph main(%x: float32[batch, 5, 5, 2]) {
          %1 = conv_2d %x, const float32[2, 1, 1, 2] [[[[1.0, 2.0]]], [[[3.0, 4.0]]]], const float32[2] [1.0, 2.0]
             : float32[batch, 5, 5, 2]
          %2 = mul %1, const float32[2] [2.0, 0.5] : float32[batch, 5, 5, 2]
          %3 = add %2, const float32[2] [0.5, 1.0] : float32[batch, 5, 5, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 5, 5, 2]) {
          %1 = conv_2d %x, const float32[2, 1, 1, 2] [[[[2.0, 4.0]]], [[[1.5, 2.0]]]], const float32[2] [2.5, 2.0]
             : float32[batch, 5, 5, 2]
          return %1
        }

    Before:
        graph main(%x: float32[batch, 3]) {
          %1 = fully_connected(keep_num_dims=True) %x, const float32[4, 3], none : float32[batch, 4]
          %2 = add %1, const float32[4] [1.0, 2.0, 3.0, 4.0] : float32[batch, 4]
          return %2
        }

    After:
        graph main(%x: float32[batch, 3]) {
          %1 = fully_connected(keep_num_dims=True) %x, const float32[4, 3], const float32[4] [1.0, 2.0, 3.0, 4.0]
             : float32[batch, 4]
          return %1
        }
    """

    roots = SCALES_AND_SHIFTS

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        step = scale_shift(operation)
        product = filtering(step.input.producer) if step else None
        if step is None or product is None or product.has_activation:
            return None
        if only_use(step.input) is not operation:
            return Decline("the result of the product is also read without the scale or shift")
        if step.scales and product.is_shared:
            return Decline("the weights are also used without the scale, and would be stored twice")
        return product.rebuilt(
            filter=_scaled(product, step.scale) if step.scales else None,
            bias=_moved(product, step.scale, step.shift) if product.bias or step.shifts else None,
            fused_activation_function=activation_of(operation),
        )


def _scaled(product: Filtering, scale: Array) -> Constant:
    """The filter with each output channel times its scale."""
    shape = [1] * product.filter.type.rank
    shape[product.axis] = scale.size
    return product.filter.times(scale.reshape(shape))


def _moved(product: Filtering, scale: Array, shift: Array) -> Constant:
    """What becomes of the bias; rounded once."""
    bias = product.bias_or_zeros()
    wide, offset = scale.astype(np.float64), shift.astype(np.float64)
    key = ("scale and shift", scale.tobytes(), shift.tobytes())
    return bias.map(lambda array: (array * wide + offset).astype(np.float32), bias.type, key)
