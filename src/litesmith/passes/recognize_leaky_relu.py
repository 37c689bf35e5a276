"""LEAKY_RELU written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Maximum
from litesmith.opset.elementwise import LeakyRelu
from litesmith.passes.base import Rewrite
from litesmith.passes.polynomials import expand


@dataclass(frozen=True)
class RecognizeLeakyRelu(Rewrite):
    """max(x, alpha * x) with alpha between 0 and 1 is LEAKY_RELU.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = mul %x, const float32[] 0.25 : float32[batch, 4]
          %2 = maximum %1, %x : float32[batch, 4]
          return %2
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = leaky_relu(alpha=0.25) %x : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Maximum,)

    def rewrite(self, operation: Operation) -> Value | None:
        for x, scaled in (operation.operands, operation.operands[::-1]):
            if x is None or scaled is None or x.is_constant or x.type != operation.result.type:
                continue
            polynomial = expand(scaled, (x,)) if x.type.dtype is DType.FLOAT32 else None
            if polynomial is None or polynomial.keys() != {(x,)}:
                continue
            alpha = polynomial[(x,)]
            # With alpha 0, an infinite x would make max(x, 0 * x) not a number.
            if 0 < alpha < 1:
                return emit(LeakyRelu(alpha=alpha), x)
        return None
