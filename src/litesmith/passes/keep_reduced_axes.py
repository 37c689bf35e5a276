"""Reductions that keep their axes, instead of a RESHAPE that puts them back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from litesmith.ir.builder import emit_many
from litesmith.ir.dims import same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset.reduction import Reduction
from litesmith.opset.rules import reduced, sizes_of
from litesmith.opset.shaping import ExpandDims, Reshape
from litesmith.passes.base import Rewrite, only_use, produced_by


@dataclass(frozen=True)
class KeepReducedAxes(Rewrite):
    """Let a reduction keep its axes as size 1 where they are put back behind it.

    Before:
        graph main(%x: float32[batch, 5, 6, 3]) {
          %1 = mean %x, const int32[2] [1, 2] : float32[batch, 3]
          %2 = reshape %1, const int32[4] [-1, 1, 1, 3] : float32[batch, 1, 1, 3]
          return %2
        }

    After:
        graph main(%x: float32[batch, 5, 6, 3]) {
          %1 = mean(keep_dims=True) %x, const int32[2] [1, 2] : float32[batch, 1, 1, 3]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Reshape, ExpandDims)

    def rewrite(self, operation: Operation) -> Value | None:
        reduction = produced_by(operation.operands[0], Reduction)
        if reduction is None or only_use(reduction.result) is not operation:
            return None
        operator, x, axes = reduction.operator, reduction.operands[0], sizes_of(reduction.operands[1])
        assert isinstance(operator, Reduction)
        type = operation.result.type
        if (
            operator.keep_dims
            or x is None
            or axes is None
            or not same_shape(reduced(x.type.shape, axes, True), type.shape)
        ):
            return None
        (result,) = emit_many(replace(operator, keep_dims=True), *reduction.operands, types=[type])
        return result
