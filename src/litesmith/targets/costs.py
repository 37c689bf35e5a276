"""What an operation costs: its products, and how often its graph runs."""

from __future__ import annotations

from litesmith.ir.dims import evaluate
from litesmith.ir.graph import Operation
from litesmith.memory.plan import Sizes


def multiply_accumulates(operation: Operation, sizes: Sizes) -> int:
    """Products that are summed up; other arithmetic counts nothing. Once for a loop's body."""
    operands = [operand.type if operand else None for operand in operation.operands]
    own = operation.operator.multiply_accumulates(operands, [result.type for result in operation.results])
    inner = (each for graph in operation.operator.subgraphs() for each in graph.operations)
    return evaluate(own, sizes) + sum(multiply_accumulates(each, sizes) for each in inner)
