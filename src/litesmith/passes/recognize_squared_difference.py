"""SQUARED_DIFFERENCE written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Mul, Pow, SquaredDifference, Sub
from litesmith.opset.elementwise import Square
from litesmith.opset.enums import Activation
from litesmith.passes.base import Rewrite, produced_by
from litesmith.passes.polynomials import number


@dataclass(frozen=True)
class RecognizeSquaredDifference(Rewrite):
    """The square of a difference that nothing else reads is SQUARED_DIFFERENCE.

    Before:
        graph main(%x: float32[batch, 4], %y: float32[batch, 1]) {
          %1 = sub %x, %y : float32[batch, 4]
          %2 = mul %1, %1 : float32[batch, 4]
          return %2
        }

    After:
        graph main(%x: float32[batch, 4], %y: float32[batch, 1]) {
          %1 = squared_difference %x, %y : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Square, Mul, Pow)

    def rewrite(self, operation: Operation) -> Value | None:
        squared, operator = operation.operands[0], operation.operator
        if isinstance(operator, Mul):
            fused = operator.fused_activation_function is not Activation.NONE
            if fused or operation.operands[1] is not squared:
                return None
        elif isinstance(operator, Pow) and number(operation.operands[1]) != 2:
            return None
        difference = produced_by(squared, Sub)
        if difference is None or difference.result.users != (operation,):
            return None
        assert isinstance(difference.operator, Sub)
        result = difference.result
        fused = difference.operator.fused_activation_function is not Activation.NONE
        if fused or result.type.dtype is not DType.FLOAT32 or result.graph is None or result.graph.is_output(result):
            return None
        return emit(SquaredDifference(), *difference.operands)
