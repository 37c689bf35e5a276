"""Values that must share one scale, found before any scale is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.builder import building, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Fixed, Role, Same
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, Quantization
from litesmith.opset.conversion import Quantize
from litesmith.quantization import lstm
from litesmith.quantization.domains import REAL, Domains

Array = np.ndarray[Any, Any]


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


def groups_of(graphs: Sequence[Graph], domains: Domains) -> tuple[dict[Value, Group], list[Operation]]:
    """The group of each value that integer operations compute with, and what requantizes some of them.

    Every operation reads values of its own element type only (`borders.split`).

    A result whose scale is fixed (of a softmax) shares it with what only moves it about. Where it is joined with other
    values, these take a scale that holds all of them, and the result is requantized in front of them: QUANTIZE is
    put there.
    """
    requantized = [_requantized(*conflict) for conflict in _conflicts(graphs, domains)]
    return {value: group for group in _groups(graphs, domains) for value in group.members}, requantized


def _groups(graphs: Sequence[Graph], domains: Domains) -> Iterable[Group]:
    fixed = _fixed(graphs, domains)
    for members in _joined(graphs, domains):
        kinds = _kinds(members, fixed, domains)
        yield Group(tuple(members), _domain(members, domains), kinds.pop() if len(kinds) == 1 else None)


def _domain(members: Iterable[Value], domains: Domains) -> DType:
    """The element type of a group, which is that of whatever computes it or with it."""
    for value in members:
        found = [domains.made(value), *(domains.read(*use) for use in value.uses)]
        if any(domain is not REAL for domain in found):
            return next(domain for domain in found if domain is not REAL)
    raise ValueError("a group of real numbers")


_Conflict = tuple[Value, list[tuple[Operation, int]], list[int]]


def _conflicts(graphs: Sequence[Graph], domains: Domains) -> list[_Conflict]:
    """Results of fixed scales that are joined with others; the operands and outputs of their graph that join them."""
    fixed, found = _fixed(graphs, domains), []
    for members in _joined(graphs, domains):
        if len(_kinds(members, fixed, domains)) > 1:
            for value in members:
                if value in fixed:
                    readers = [use for use in value.uses if _binds(use[0], domains) or domains.ties.that_reads(*use)]
                    assert value.graph is not None
                    returned = enumerate(value.graph.outputs)
                    found.append((value, readers, [place for place, output in returned if output is value]))
    return found


def _requantized(value: Value, readers: list[tuple[Operation, int]], returned: list[int]) -> Operation:
    """What makes a copy of a value for some of its readers."""
    assert value.producer is not None
    graph = value.producer.graph
    assert graph is not None
    place = graph.operations.index(value.producer) + 1
    before = graph.operations[place] if place < len(graph.operations) else None
    with building(graph, before), source_scope(value.producer.source):
        (copy,) = emit_many(Quantize(), value, types=[value.type])
    for operation, position in readers:
        graph.rewire(operation, position, copy)
    for position in returned:
        graph.outputs[position] = copy
    assert copy.producer is not None
    return copy.producer


def _fixed(graphs: Sequence[Graph], domains: Domains) -> dict[Value, Quantization]:
    return {
        result: _quantization(scales, domains.of(operation))
        for graph in graphs
        for operation in graph.operations
        if _takes(operation, domains) and isinstance(scales := operation.operator.scales, Fixed)
        for result in real_results(operation)
    }


def _quantization(scales: Fixed, domain: DType) -> Quantization:
    if domain is DType.INT16:
        return Quantization((scales.scale16,), (0,))
    return Quantization((scales.scale,), (scales.zero_point,))


def _takes(operation: Operation, domains: Domains) -> bool:
    """Whether an operation computes with integers."""
    return domains.of(operation) is not REAL


def _binds(operation: Operation, domains: Domains) -> bool:
    return _takes(operation, domains) and isinstance(operation.operator.scales, Same)


def _kinds(members: Iterable[Value], fixed: Mapping[Value, Quantization], domains: Domains) -> set[Quantization | None]:
    """The fixed scales of a group, and None where a value in it has none.

    What an operation makes that binds it to others, and what comes from another graph, is nothing new. A constant
    within the range of a fixed scale does not need another one.
    """
    new = [
        value
        for value in members
        if not domains.ties.that_gives(value) and (value.producer is None or not _binds(value.producer, domains))
    ]
    found = {fixed.get(value) for value in new if value.constant is None}
    for value in new:
        if value.constant is not None and not any(each and _holds(each, value.constant.array()) for each in found):
            found.add(None)
    return found


def _holds(quantization: Quantization, array: Array) -> bool:
    """Whether integers of 8 bits in this scale reach as far as these numbers."""
    (scale,), (zero,) = quantization.scales, quantization.zero_points
    return bool((array >= (-128 - zero) * scale).all() and (array <= (127 - zero) * scale).all())


def _joined(graphs: Sequence[Graph], domains: Domains) -> list[list[Value]]:
    """Values in sets, each of which shares a scale; values in the order of the graphs."""
    sets = _Sets()
    for operation in (operation for graph in graphs for operation in graph.operations):
        if not _takes(operation, domains):
            continue
        values = [*shared_operands(operation), *real_results(operation)]
        (sets.join if _binds(operation, domains) else sets.add)(values)
        if lstm.is_lstm(operation):
            h, c = lstm.states(operation)
            sets.join([operation.result, h])
            sets.add([c])
    for tie, domain in domains.tied.items():
        if domain is not REAL:
            sets.join(tie.values())
    return sets.found()


class _Sets:
    """Values in sets that grow together."""

    def __init__(self) -> None:
        self._parent: dict[Value, Value] = {}

    def add(self, values: Iterable[Value]) -> None:
        """Let values be there, each in its own set unless it is in one."""
        for value in values:
            self._parent.setdefault(value, value)

    def join(self, values: Sequence[Value]) -> None:
        """Let values be in one set."""
        self.add(values)
        for value in values[1:]:
            self._parent[self._root(value)] = self._root(values[0])

    def found(self) -> list[list[Value]]:
        """The sets."""
        sets: dict[Value, list[Value]] = {}
        for value in self._parent:
            sets.setdefault(self._root(value), []).append(value)
        return list(sets.values())

    def _root(self, value: Value) -> Value:
        parent = self._parent
        while parent[value] is not value:
            parent[value] = parent[parent[value]]
            value = parent[value]
        return value
