"""Values that must share one scale, found before any scale is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from litesmith.ir.builder import building, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Fixed, Role, Same
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType
from litesmith.opset.conversion import Quantize


@dataclass(frozen=True)
class Group:
    """Values of one scale.

    Attributes:
        fixed: scale and zero point that they have, whatever their range; None where these follow from it.
    """

    members: tuple[Value, ...]
    fixed: Fixed | None = None


def shared_operands(operation: Operation) -> list[Value]:
    """The real numbers that an operation computes with, without its weights and biases."""
    return [
        operand
        for place, operand in enumerate(operation.operands)
        if operand is not None
        and operand.type.dtype is DType.FLOAT32
        and operation.operator.operand(place).role is Role.ACTIVATION
    ]


def real_results(operation: Operation) -> list[Value]:
    """The real numbers that an operation computes."""
    return [result for result in operation.results if result.type.dtype is DType.FLOAT32]


def groups_of(graph: Graph, takes: Callable[[Operation], bool]) -> tuple[dict[Value, Group], dict[Value, Value]]:
    """The group of each value that integer operations compute with, and copies that were made for their scales.

    A result whose scale is fixed (of a softmax) shares it with what only moves it about. Where it is joined with other
    values, these take a scale that holds all of them, and the result is requantized in front of them: QUANTIZE is
    put there, and the second dictionary says of what it is a copy.
    """
    copies: dict[Value, Value] = {}
    for value, readers in _conflicts(graph, takes):
        copies[_requantized(graph, value, readers)] = value
    return {value: group for group in _groups(graph, takes) for value in group.members}, copies


def _groups(graph: Graph, takes: Callable[[Operation], bool]) -> Iterable[Group]:
    fixed = _fixed(graph, takes)
    for members in _joined(graph, takes):
        kinds = {fixed.get(value) for value in _origins(members, takes)}
        yield Group(tuple(members), kinds.pop() if len(kinds) == 1 else None)


def _conflicts(graph: Graph, takes: Callable[[Operation], bool]) -> list[tuple[Value, list[tuple[Operation, int]]]]:
    """Results of fixed scales that are joined with others, and the operations that join them."""
    fixed, found = _fixed(graph, takes), []
    for members in _joined(graph, takes):
        origins = _origins(members, takes)
        if len({fixed.get(value) for value in origins}) > 1:
            for value in origins:
                if value in fixed:
                    readers = [use for use in value.uses if _binds(use[0], takes)]
                    found.append((value, readers))
    return found


def _requantized(graph: Graph, value: Value, readers: list[tuple[Operation, int]]) -> Value:
    """A copy of a value for some of its readers."""
    assert value.producer is not None
    place = graph.operations.index(value.producer) + 1
    before = graph.operations[place] if place < len(graph.operations) else None
    with building(graph, before), source_scope(value.producer.source):
        (copy,) = emit_many(Quantize(), value, types=[value.type])
    for operation, position in readers:
        graph.rewire(operation, position, copy)
    return copy


def _fixed(graph: Graph, takes: Callable[[Operation], bool]) -> dict[Value, Fixed]:
    return {
        result: scales
        for operation in graph.operations
        if takes(operation) and isinstance(scales := operation.operator.scales, Fixed)
        for result in real_results(operation)
    }


def _binds(operation: Operation, takes: Callable[[Operation], bool]) -> bool:
    return takes(operation) and isinstance(operation.operator.scales, Same)


def _origins(members: Iterable[Value], takes: Callable[[Operation], bool]) -> list[Value]:
    """The values of a group that do not come out of an operation that binds them to others."""
    return [value for value in members if value.producer is None or not _binds(value.producer, takes)]


def _joined(graph: Graph, takes: Callable[[Operation], bool]) -> list[list[Value]]:
    """Values in sets, each of which shares a scale; values in the order of the graph."""
    parent: dict[Value, Value] = {}

    def root(value: Value) -> Value:
        parent.setdefault(value, value)
        while parent[value] is not value:
            parent[value] = parent[parent[value]]
            value = parent[value]
        return value

    for operation in graph.operations:
        if not takes(operation):
            continue
        values = [*shared_operands(operation), *real_results(operation)]
        for value in values:
            root(value)
        if _binds(operation, takes):
            for value in values[1:]:
                parent[root(value)] = root(values[0])
    sets: dict[Value, list[Value]] = {}
    for value in parent:
        sets.setdefault(root(value), []).append(value)
    return list(sets.values())
