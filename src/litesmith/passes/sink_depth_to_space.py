"""Moving what only moves the results of a convolution behind what the convolution can compute itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from litesmith.ir.builder import constant, emit_many
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset.binary import Add, Div, Mul, Sub
from litesmith.opset.convolution import Conv2D
from litesmith.opset.elementwise import Relu, Relu6, ReluN1To1
from litesmith.opset.enums import Activation
from litesmith.opset.shaping import DepthToSpace, Reshape, Squeeze
from litesmith.opset.slicing import StridedSlice
from litesmith.passes.base import Rewrite, only_use
from litesmith.passes.linear import activation_of, per_channel, scale_shift


@dataclass(frozen=True)
class SinkDepthToSpace(Rewrite):
    """Let scales, shifts and activations come before DEPTH_TO_SPACE, where the convolution in front takes them.

    The same for a RESHAPE that splits channels, and for a STRIDED_SLICE or SQUEEZE that keeps all of them:
    such is what transposed convolutions and those over one axis are made of.

    Before:
        graph main(%x: float32[batch, 2, 3, 1]) {
          %1 = conv_2d(padding=SAME) %x, const float32[8, 1, 1, 1], const float32[8] : float32[batch, 2, 3, 8]
          %2 = depth_to_space(block_size=2) %1 : float32[batch, 4, 6, 2]
          %3 = add %2, const float32[2] [3.0, 4.0] : float32[batch, 4, 6, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 2, 3, 1]) {
          %1 = conv_2d(padding=SAME) %x, const float32[8, 1, 1, 1], const float32[8] : float32[batch, 2, 3, 8]
          %2 = add %1, const float32[8] : float32[batch, 2, 3, 8]
          %3 = depth_to_space(block_size=2) %2 : float32[batch, 4, 6, 2]
          return %3
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Add, Sub, Mul, Div, Relu, Relu6, ReluN1To1)

    def rewrite(self, operation: Operation) -> Value | None:
        moved = next(
            (operand for operand in operation.operands if operand is not None and not operand.is_constant), None
        )
        if moved is None:
            return None  # constants that are too many to be kept are computed by the model
        mover = moved.producer
        if mover is None or only_use(moved) is not operation or _split(mover) is None or not _is_of_filter(mover):
            return None
        operands = _in_front(operation, moved, mover)
        if operands is None:
            return None
        before = mover.operands[0]
        assert before is not None
        (result,) = emit_many(operation.operator, *operands, types=[before.type])
        (after,) = emit_many(mover.operator, result, *mover.operands[1:], types=[moved.type])
        return after


def _split(mover: Operation) -> int | None:
    """Into how many runs of channels an operation cuts the channels of its operand; None for other operations."""
    operator, before = mover.operator, mover.operands[0]
    if not isinstance(operator, (DepthToSpace, Reshape, Squeeze, StridedSlice)) or before is None:
        return None
    if not before.type.rank or not mover.result.type.rank:
        return None
    old, new = before.type.shape[-1], mover.result.type.shape[-1]
    if isinstance(old, Dim) or isinstance(new, Dim) or new == 0 or old % new:
        return None
    if isinstance(operator, StridedSlice) and (old != new or mover.result.type.rank != before.type.rank):
        return None
    return old // new


def _is_of_filter(mover: Operation) -> bool:
    """Whether an operation, by way of others that only move elements, moves what a plain convolution computes."""
    source = mover
    while _split(source) is not None:
        before = source.operands[0]
        if before is None or before.producer is None or only_use(before) is not source:
            return False
        source = before.producer
    return isinstance(source.operator, Conv2D) and activation_of(source) is Activation.NONE


def _in_front(operation: Operation, moved: Value, mover: Operation) -> list[Value | None] | None:
    """The operands that an operation has in front of the mover."""
    before, runs = mover.operands[0], _split(mover) or 1
    if len(operation.operands) == 1:
        return [before]
    if scale_shift(operation) is None:
        return None
    operands: list[Value | None] = []
    for operand in operation.operands:
        numbers = None if operand is None or operand is moved else per_channel(operand, moved)
        operands.append(before if numbers is None else constant(np.tile(numbers, runs if numbers.size > 1 else 1)))
    return operands
