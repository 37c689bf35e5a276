"""What an operation costs."""

from __future__ import annotations

from litesmith.ir.dims import evaluate
from litesmith.ir.graph import Operation
from litesmith.memory.plan import Sizes


def multiply_accumulates(operation: Operation, sizes: Sizes) -> int:
    """Products that are summed up; other arithmetic counts nothing. Those of a loop are its body's operations'."""
    return evaluate(operation.operator.multiply_accumulates(operation.operand_types, operation.result_types), sizes)
