"""SOFTMAX written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Div, Sub
from litesmith.opset.elementwise import Exp, Softmax
from litesmith.opset.enums import Activation
from litesmith.opset.reduction import ReduceMax, Reduction, Sum
from litesmith.opset.rules import sizes_of
from litesmith.passes.base import Decline, Rewrite, produced_by


@dataclass(frozen=True)
class RecognizeSoftmax(Rewrite):
    """exp(x - max(x)) over its sum along the last axis is SOFTMAX.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = reduce_max(keep_dims=True) %x, const int32[1] [-1] : float32[batch, 1]
          %2 = sub %x, %1 : float32[batch, 4]
          %3 = exp %2 : float32[batch, 4]
          %4 = sum(keep_dims=True) %3, const int32[1] [-1] : float32[batch, 1]
          %5 = div %3, %4 : float32[batch, 4]
          return %5
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = softmax(beta=1.0) %x : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Div,)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        exponential, total = operation.operands
        powers = produced_by(exponential, Exp)
        if powers is None or not _along_last_axis(total, Sum, exponential) or _is_fused(operation):
            return None
        if operation.result.type.dtype is not DType.FLOAT32:
            return None
        shifted = produced_by(powers.operands[0], Sub)
        if shifted is None or _is_fused(shifted):
            return Decline(
                "without its maximum taken off, the exponential of a large x overflows, as a softmax does not"
            )
        x, largest = shifted.operands
        if x is None or not _along_last_axis(largest, ReduceMax, x):
            return Decline("what is taken off is not the maximum along the last axis")
        return emit(Softmax(), x)


def _is_fused(operation: Operation) -> bool:
    return getattr(operation.operator, "fused_activation_function", Activation.NONE) is not Activation.NONE


def _along_last_axis(value: Value | None, operator: type[Reduction], x: Value | None) -> bool:
    """Whether this is a reduction of x along its last axis, which stays."""
    reduction = produced_by(value, operator)
    if reduction is None or x is None or reduction.operands[0] is not x:
        return False
    axes = sizes_of(reduction.operands[1])
    assert isinstance(reduction.operator, Reduction)
    last = axes is not None and [int(axis) % x.type.rank for axis in axes] == [x.type.rank - 1]
    return last and reduction.operator.keep_dims
