"""FULLY_CONNECTED on tensors of several axes, without a RESHAPE on either side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from litesmith.ir.builder import emit_many
from litesmith.ir.dims import same, same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset.matmul import FullyConnected
from litesmith.opset.shaping import Reshape
from litesmith.passes.base import Rewrite, only_use, produced_by

MOST_AXES = 6
"""XNNPACK refuses a FULLY_CONNECTED of more."""


@dataclass(frozen=True)
class KeepLeadingAxes(Rewrite):
    """Let FULLY_CONNECTED keep leading axes that are merged only for it.

    Before:
        graph main(%x: float32[batch, 5, 4]) {
          %1 = reshape %x, const int32[2] [-1, 4] : float32[5*batch, 4]
          %2 = fully_connected %1, const float32[3, 4], const float32[3] : float32[5*batch, 3]
          %3 = reshape %2, const int32[3] [-1, 5, 3] : float32[batch, 5, 3]
          return %3
        }

    After:
        graph main(%x: float32[batch, 5, 4]) {
          %1 = fully_connected(keep_num_dims=True) %x, const float32[3, 4], const float32[3] : float32[batch, 5, 3]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Reshape,)

    def rewrite(self, operation: Operation) -> Value | None:
        product = produced_by(operation.operands[0], FullyConnected)
        if product is None or only_use(product.result) is not operation:
            return None
        merged = produced_by(product.operands[0], Reshape)
        x = None if merged is None else merged.operands[0]
        if x is None or not 2 <= x.type.rank <= MOST_AXES:
            return None
        old, target = product.result.type, operation.result.type.shape
        if not same_shape(target, (*x.type.shape[:-1], old.shape[-1])) or not _same_rows(x, product):
            return None
        assert isinstance(product.operator, FullyConnected)
        operator = replace(product.operator, keep_num_dims=x.type.rank > 2)
        (result,) = emit_many(operator, x, *product.operands[1:], types=[old.with_shape(target)])
        return result


def _same_rows(x: Value, product: Operation) -> bool:
    """Whether the product's rows are the last axis of what was reshaped for it."""
    rows = product.operands[0]
    return rows is not None and same(x.type.shape[-1], rows.type.shape[-1])
