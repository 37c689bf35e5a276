"""Leaving broadcasting to the operators that do it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit_many
from litesmith.ir.dims import Shape, same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator, TypeRule
from litesmith.opset.binary import Binary
from litesmith.opset.matmul import BatchMatmul
from litesmith.opset.rules import broadcast_shapes
from litesmith.opset.selection import SelectV2
from litesmith.opset.shaping import BroadcastTo
from litesmith.passes.base import Rewrite, produced_by


@dataclass(frozen=True)
class DropBroadcasts(Rewrite):
    """Drop BROADCAST_TO in front of an operator that broadcasts, where its result stays as it is.

    Before:
        graph main(%x: float32[batch, 4], %y: float32[4]) {
          %1 = shape %x : int32[2]
          %2 = broadcast_to %y, %1 : float32[batch, 4]
          %3 = mul %x, %2 : float32[batch, 4]
          return %3
        }

    After:
        graph main(%x: float32[batch, 4], %y: float32[4]) {
          %1 = mul %x, %y : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Binary, SelectV2, BatchMatmul)

    def rewrite(self, operation: Operation) -> Value | None:
        operands = list(operation.operands)
        for position, operand in enumerate(operands):
            broadcast = produced_by(operand, BroadcastTo)
            x = None if broadcast is None else broadcast.operands[0]
            if x is None:
                continue
            tried = [*operands[:position], x, *operands[position + 1 :]]
            shape = _result_shape(operation.operator, tried)
            if shape is not None and same_shape(shape, operation.result.type.shape):
                operands = tried
        if tuple(operands) == operation.operands:
            return None
        (result,) = emit_many(operation.operator, *operands, types=[operation.result.type])
        return result


def _result_shape(operator: Operator, operands: list[Value | None]) -> Shape | None:
    """The shape of the result of these operands; None where they do not fit."""
    shapes = [operand.type.shape for operand in operands if operand is not None]
    try:
        if not isinstance(operator, BatchMatmul):
            return broadcast_shapes(*shapes)
        if min(map(len, shapes)) < 2:
            return None
        (type,) = operator.infer(*operands)
        return type.shape
    except TypeRule:
        return None
