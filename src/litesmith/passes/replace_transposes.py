"""RESHAPE in place of transposes that leave the elements where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ops.array import reshape
from litesmith.opset.shaping import Transpose
from litesmith.passes.base import Decline, Rewrite
from litesmith.passes.cancel_transposes import moves_only_ones, permutation_of


@dataclass(frozen=True)
class ReplaceTransposes(Rewrite):
    """Reshape where only axes of size 1 move.

    Runs when transposes have been cancelled: they know of one another, a RESHAPE does not.

    Before:
        graph main(%x: float32[batch, 1, 1, 3]) {
          %1 = transpose %x, const int32[4] [0, 3, 1, 2] : float32[batch, 3, 1, 1]
          return %1
        }

    After:
        graph main(%x: float32[batch, 1, 1, 3]) {
          %1 = reshape %x, const int32[4] [-1, 3, 1, 1] : float32[batch, 3, 1, 1]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Transpose,)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        order, x = permutation_of(operation), operation.operands[0]
        if order is None or x is None or not moves_only_ones(x.type.shape, order):
            return None
        if sum(isinstance(size, Dim) for size in x.type.shape) > 1:
            return Decline("a RESHAPE would need two sizes that are known only when the model runs")
        return reshape(x, operation.result.type.shape)
