"""Values that must share one scale, found before any scale is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from litesmith.ir.builder import building, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Fixed, Role, Same
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, Quantization
from litesmith.opset.conversion import Quantize

Domains = Callable[[Operation], DType]
"""The element type that an operation computes real numbers in; float32 for what only turns one into another."""


@dataclass(frozen=True)
class Group:
    """Values of one scale.

    Attributes:
        domain: their element type.
        fixed: scale and zero point that they have, whatever their range; None where these follow from it.
    """

    members: tuple[Value, ...]
    domain: DType
    fixed: Quantization | None = None


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


def groups_of(graph: Graph, domain: Domains) -> tuple[dict[Value, Group], list[Operation]]:
    """The group of each value that integer operations compute with, and what requantizes some of them.

    Every operation reads values of its own element type only (`borders.split`).

    A result whose scale is fixed (of a softmax) shares it with what only moves it about. Where it is joined with other
    values, these take a scale that holds all of them, and the result is requantized in front of them: QUANTIZE is
    put there.
    """
    requantized = [_requantized(graph, value, readers) for value, readers in _conflicts(graph, domain)]
    return {value: group for group in _groups(graph, domain) for value in group.members}, requantized


def _groups(graph: Graph, domain: Domains) -> Iterable[Group]:
    fixed = _fixed(graph, domain)
    for members in _joined(graph, domain):
        kinds = {fixed.get(value) for value in _origins(members, domain)}
        yield Group(tuple(members), _domain(members[0], domain), kinds.pop() if len(kinds) == 1 else None)


def _domain(value: Value, domain: Domains) -> DType:
    """The element type of a value, which is that of whatever computes it or with it."""
    known = [value.producer] if value.producer is not None else []
    return next(found for each in [*known, *value.users] if (found := domain(each)) is not DType.FLOAT32)


def _conflicts(graph: Graph, domain: Domains) -> list[tuple[Value, list[tuple[Operation, int]]]]:
    """Results of fixed scales that are joined with others, and the operations that join them."""
    fixed, found = _fixed(graph, domain), []
    for members in _joined(graph, domain):
        origins = _origins(members, domain)
        if len({fixed.get(value) for value in origins}) > 1:
            for value in origins:
                if value in fixed:
                    readers = [use for use in value.uses if _binds(use[0], domain)]
                    found.append((value, readers))
    return found


def _requantized(graph: Graph, value: Value, readers: list[tuple[Operation, int]]) -> Operation:
    """What makes a copy of a value for some of its readers."""
    assert value.producer is not None
    place = graph.operations.index(value.producer) + 1
    before = graph.operations[place] if place < len(graph.operations) else None
    with building(graph, before), source_scope(value.producer.source):
        (copy,) = emit_many(Quantize(), value, types=[value.type])
    for operation, position in readers:
        graph.rewire(operation, position, copy)
    assert copy.producer is not None
    return copy.producer


def _fixed(graph: Graph, domain: Domains) -> dict[Value, Quantization]:
    return {
        result: _quantization(scales, domain(operation))
        for operation in graph.operations
        if _takes(operation, domain) and isinstance(scales := operation.operator.scales, Fixed)
        for result in real_results(operation)
    }


def _quantization(scales: Fixed, domain: DType) -> Quantization:
    if domain is DType.INT16:
        return Quantization((scales.scale16,), (0,))
    return Quantization((scales.scale,), (scales.zero_point,))


def _takes(operation: Operation, domain: Domains) -> bool:
    """Whether an operation computes with integers."""
    return domain(operation) is not DType.FLOAT32


def _binds(operation: Operation, domain: Domains) -> bool:
    return _takes(operation, domain) and isinstance(operation.operator.scales, Same)


def _origins(members: Iterable[Value], domain: Domains) -> list[Value]:
    """The values of a group that do not come out of an operation that binds them to others."""
    return [value for value in members if value.producer is None or not _binds(value.producer, domain)]


def _joined(graph: Graph, domain: Domains) -> list[list[Value]]:
    """Values in sets, each of which shares a scale; values in the order of the graph."""
    parent: dict[Value, Value] = {}

    def root(value: Value) -> Value:
        parent.setdefault(value, value)
        while parent[value] is not value:
            parent[value] = parent[parent[value]]
            value = parent[value]
        return value

    for operation in graph.operations:
        if not _takes(operation, domain):
            continue
        values = [*shared_operands(operation), *real_results(operation)]
        for value in values:
            root(value)
        if _binds(operation, domain):
            for value in values[1:]:
                parent[root(value)] = root(values[0])
    sets: dict[Value, list[Value]] = {}
    for value in parent:
        sets.setdefault(root(value), []).append(value)
    return list(sets.values())
