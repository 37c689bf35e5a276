"""Operations that compute the variance of a normalization: what 8 bits are too few for where it varies much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.opset.binary import Add, Mul, SquaredDifference
from litesmith.opset.elementwise import Rsqrt, Sqrt, Square
from litesmith.opset.reduction import Mean, Sum
from litesmith.quantization.ranges import Histogram

MUCH = 4.0
"""The largest variance over the least: a step of 8 bits is 1.6 % of the least one then."""


def coarse(graphs: Sequence[Graph], histograms: Mapping[Value, Histogram]) -> Iterator[Operation]:
    """What squares, averages, and adds to what a square root is taken of, where its values differ much in size.

    A sample whose variance is small would be scaled by a number with one or two digits. `MobileBERT`, quantized so,
    loses all of its accuracy (LiteRT's table of quantized models), and none with activations of 16 bits.
    """
    for graph in graphs:
        for operation in graph.operations:
            if isinstance(operation.operator, (Rsqrt, Sqrt)) and _varies(operation.operands[0], histograms):
                yield operation
                yield from _computing(operation.operands[0])


def _varies(value: Value | None, histograms: Mapping[Value, Histogram]) -> bool:
    found = None if value is None else histograms.get(value)
    return found is not None and bool(found.seen) and found.most > MUCH * max(found.least, 0.0)


def _computing(value: Value | None) -> Iterator[Operation]:
    """A sum of squares and what was added to it, from the end."""
    producer = None if value is None else value.producer
    if producer is None:
        return
    operator = producer.operator
    if isinstance(operator, (Square, SquaredDifference)) or (isinstance(operator, Mul) and _squares(producer)):
        yield producer
    elif isinstance(operator, (Mean, Sum)) or (isinstance(operator, Add) and _has_constant(producer)):
        yield producer
        for operand in producer.operands:
            if operand is not None and operand.constant is None:
                yield from _computing(operand)


def _squares(operation: Operation) -> bool:
    return operation.operands[0] is operation.operands[1]


def _has_constant(operation: Operation) -> bool:
    return any(operand is not None and operand.constant is not None for operand in operation.operands)
