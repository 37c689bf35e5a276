"""Products of transposed matrices without the transpose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset.matmul import BatchMatmul
from litesmith.opset.shaping import Transpose
from litesmith.passes.base import Rewrite, produced_by
from litesmith.passes.cancel_transposes import identity, permutation_of


@dataclass(frozen=True)
class FoldTransposeIntoMatmul(Rewrite):
    """Let BATCH_MATMUL read an operand as it is in front of a transpose of its last two axes.

    Before:
        graph main(%x: float32[batch, 4, 5], %y: float32[batch, 4, 5]) {
          %1 = transpose %y, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = batch_matmul %x, %1 : float32[batch, 4, 4]
          return %2
        }

    After:
        graph main(%x: float32[batch, 4, 5], %y: float32[batch, 4, 5]) {
          %1 = batch_matmul(adj_y=True) %x, %y : float32[batch, 4, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (BatchMatmul,)

    def rewrite(self, operation: Operation) -> Value | None:
        operator, (lhs, rhs) = operation.operator, operation.operands
        assert isinstance(operator, BatchMatmul)
        left, right = _untransposed(lhs), _untransposed(rhs)
        if left is None and right is None:
            return None
        folded = replace(
            operator, adj_x=operator.adj_x != (left is not None), adj_y=operator.adj_y != (right is not None)
        )
        return emit(folded, left or lhs, right or rhs)


def _untransposed(value: Value | None) -> Value | None:
    """What a value is the transpose of, where its last two axes alone change places."""
    transpose = produced_by(value, Transpose)
    order = None if transpose is None else permutation_of(transpose)
    if transpose is None or order is None or len(order) < 2:
        return None
    leading = identity(len(order))[:-2]
    return transpose.operands[0] if tuple(order) == (*leading, len(order) - 1, len(order) - 2) else None
