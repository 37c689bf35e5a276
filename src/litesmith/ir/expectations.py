"""What a model was trained to be given: the statistics that its first normalizations keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from litesmith.ir.constants import Constant
from litesmith.ir.copying import copy_of_producers
from litesmith.ir.graph import Graph, Model, Value
from litesmith.ir.source import current_source


@dataclass(frozen=True)
class Expectation:
    """What came into a normalization while the model was trained.

    Attributes:
        layer: the path of the normalization's layer.
        graph: from the model's inputs to what comes into it; no pass has changed it.
        mean, variance: that it keeps, for each index of `axis`.
    """

    layer: str
    graph: Graph
    mean: Constant
    variance: Constant
    axis: int


@dataclass(frozen=True)
class Normalized:
    """A value that is normalized by statistics that are known."""

    value: Value
    mean: Constant
    variance: Constant
    axis: int
    layer: str


_noted: ContextVar[list[Normalized] | None] = ContextVar("litesmith_normalized", default=None)


@contextmanager
def noting_normalized() -> Iterator[list[Normalized]]:
    """The values that are normalized inside, in order."""
    found: list[Normalized] = []
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note_normalized(value: Value, mean: Constant, variance: Constant, axis: int) -> None:
    """Let it be known that `value` is about to be normalized."""
    noted = _noted.get()
    if noted is not None:
        noted.append(Normalized(value, mean, variance, axis, current_source().layer))


def expectations_of(model: Model, noted: Sequence[Normalized]) -> tuple[Expectation, ...]:
    """Of the first graph, the normalizations that no other one stands in front of."""
    graph = model.main
    alive = {result for operation in graph.operations for result in operation.results} | set(graph.inputs)
    normalized = [each for each in noted if each.value in alive]
    behind = _behind(graph, {each.value for each in normalized})
    return tuple(
        Expectation(each.layer, copy_of_producers(graph, each.value), each.mean, each.variance, each.axis)
        for each in normalized
        if each.value not in behind
    )


def _behind(graph: Graph, values: set[Value]) -> set[Value]:
    """What is computed from any of the values."""
    found: set[Value] = set()
    for operation in graph.operations:
        if any(operand in found or operand in values for operand in operation.operands if operand is not None):
            found.update(operation.results)
    return found
