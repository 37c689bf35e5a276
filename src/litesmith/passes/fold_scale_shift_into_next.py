"""Scales and shifts of channels into the filter and bias behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.constants import Array, Constant
from litesmith.ir.graph import Operation, Value
from litesmith.opset.binary import Add
from litesmith.opset.rules import sizes_of
from litesmith.opset.slicing import Pad
from litesmith.passes.base import Decline, Rewrite, only_use, produced_by
from litesmith.passes.linear import FILTERS, Filtering, ScaleShift, filtering, rebuilt, scale_shift
from litesmith.passes.sharing import reading


@dataclass(frozen=True)
class FoldScaleShiftIntoNext(Rewrite):
    """Compute a scale and a shift of channels with the filter and the bias of the product behind.

    A shift is folded when the product pads nothing (zero padding is not shifted) and when a
    scale in front of it has rounded its operand already. Before a product that pads, a scale
    passes the shift: `x * s + t` becomes `x + t / s`, and `s` goes into the filter. Zero padding
    by a PAD in between does not stop a scale. Several products that read the same tensor each take them in.

    Before:
        graph main(%x: float32[batch, 2]) {
          %1 = mul %x, const float32[2] [2.0, 0.5] : float32[batch, 2]
          %2 = add %1, const float32[2] [1.0, 2.0] : float32[batch, 2]
          %3 = fully_connected(keep_num_dims=True) %2, const float32[2, 2] [[1.0, 2.0], [3.0, 4.0]], none
             : float32[batch, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 2]) {
          %1 = fully_connected(keep_num_dims=True) %x, const float32[2, 2] [[2.0, 1.0], [6.0, 2.0]],
             const float32[2] [5.0, 11.0] : float32[batch, 2]
          return %1
        }

    Before:
        graph main(%x: float32[batch, 5, 5, 2]) {
          %1 = mul %x, const float32[] 0.5 : float32[batch, 5, 5, 2]
          %2 = sub %1, const float32[2] [1.0, 2.0] : float32[batch, 5, 5, 2]
          %3 = conv_2d(padding=SAME) %2, const float32[2, 1, 1, 2] [[[[1.0, 2.0]]], [[[3.0, 4.0]]]],
             const float32[2] [1.0, 2.0] : float32[batch, 5, 5, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 5, 5, 2]) {
          %1 = add %x, const float32[2] [-2.0, -4.0] : float32[batch, 5, 5, 2]
          %2 = conv_2d(padding=SAME) %1, const float32[2, 1, 1, 2] [[[[0.5, 1.0]]], [[[1.5, 2.0]]]],
             const float32[2] [1.0, 2.0] : float32[batch, 5, 5, 2]
          return %2
        }
    """

    roots = FILTERS

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        product = filtering(operation)
        if product is None:
            return None
        pad = _zero_pad(product)
        value = product.input if pad is None else pad.operands[0]
        step = scale_shift(value.producer) if value is not None else None
        if step is None or step.has_activation or (step.shifts and step.scales):
            return None
        if only_use(step.operation.result) is not (pad or operation) and not _all_take_in(step):
            return Decline("the scaled or shifted tensor is also read by others")
        if product.is_shared:
            return Decline("the weights are also used without the scale, and would be stored twice")
        if not step.shifts:
            return _scaled(product, step, pad, step.input)
        return _shifted(product, step, pad)


def _all_take_in(step: ScaleShift) -> bool:
    """Whether all that read a scaled or shifted tensor are products, each of a filter of its own, that pad nothing.

    Queries, keys and values behind a normalization are: each takes in the scale and the shift.
    """
    value = step.operation.result
    if value.graph is None or value.graph.is_output(value):
        return False
    products = [filtering(reader) for reader in value.users]
    return all(
        product is not None
        and product.input is value
        and product.pads_nothing
        and len(list(reading(product.filter, value.graph))) == 1
        for product in products
    )


def _scaled(product: Filtering, step: ScaleShift, pad: Operation | None, input: Value) -> Value:
    """The product of `input` without the scale, which goes into the filter."""
    if pad is not None:
        input = rebuilt(pad, [input, *pad.operands[1:]])
    return product.rebuilt(filter=product.filter.times(product.over_inputs(step.scale)), input=input)


def _shifted(product: Filtering, step: ScaleShift, pad: Operation | None) -> Value | Decline:
    """The product without the shift in front of it, and without the scale in front of the shift."""
    scale = scale_shift(step.input.producer) if only_use(step.input) is step.operation else None
    if scale is not None and (scale.shifts or scale.has_activation):
        scale = None
    if pad is None and product.pads_nothing:
        if scale is None:
            return Decline("no scale in front of the shift has rounded its operand: digits could cancel that count now")
        bias = _moved(product, step.shift)
        return product.rebuilt(product.filter.times(product.over_inputs(scale.scale)), bias, scale.input)
    if scale is None or not scale.scale.all():
        return Decline("zero padding is not shifted")
    with np.errstate(over="ignore"):
        shift = (step.shift.astype(np.float64) / scale.scale).astype(np.float32)
    if not np.isfinite(shift).all():
        return Decline("zero padding is not shifted, and the shift is too large to come first")
    return _scaled(product, scale, pad, emit(Add(), scale.input, constant(shift if shift.size > 1 else shift[0])))


def _zero_pad(product: Filtering) -> Operation | None:
    """The PAD of spatial axes that only the product reads."""
    pad = produced_by(product.input, Pad)
    amounts = sizes_of(pad.operands[1]) if pad is not None else None
    if pad is None or amounts is None or any(amounts[-2:]) or only_use(pad.result) is not product.operation:
        return None
    return pad


def _moved(product: Filtering, shift: Array) -> Constant:
    """The bias plus what the filter makes of the shift; summed in float64."""
    filter, bias, on_filter = product.filter, product.bias_or_zeros(), product.over_inputs(shift)
    axes = tuple(axis for axis in range(filter.type.rank) if axis != product.axis)

    def move(array: Array) -> Array:
        moved: Array = array + np.sum(filter.array() * on_filter, axis=axes, dtype=np.float64)
        return moved.astype(np.float32)

    return bias.map(move, bias.type, ("shifted input", filter.key, on_filter.shape, on_filter.tobytes()))
