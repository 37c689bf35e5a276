"""Operators that choose among boxes."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, activation, index
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import FLOAT, need, need_sizes


@dataclass(frozen=True)
class NonMaxSuppressionV4(Operator, builtin="NON_MAX_SUPPRESSION_V4"):
    """The places of the boxes [n, 4] that overlap no better one, zeros behind them, and how many there are.

    A box is left out where its overlap reaches the threshold, and so the kernel never chooses one twice: but for
    boxes without area, and thresholds over 1. Boxes of equal scores come in any order.
    """

    operands = (
        *(activation("boxes"), activation("scores"), index("most")),
        *(activation("iou_threshold"), activation("score_threshold")),
    )
    kernel_dtypes = FLOAT

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        need(operands[0], "boxes")
        return (TensorType(DType.INT32, need_sizes(operands[2], "most")), TensorType(DType.INT32, ()))
