"""What a pass is: a change of a graph that keeps what it computes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from litesmith.ir.builder import building
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.source import Source, source_scope


@dataclass(frozen=True)
class Decline:
    """Why a rewrite that could have applied did not."""

    reason: str


@dataclass(frozen=True)
class Missed:
    """An optimisation that was declined: by which pass, where and why."""

    name: str
    source: Source
    reason: str


@dataclass
class Record:
    """What the passes did: how often each changed something, and what they declined."""

    changes: dict[str, int] = field(default_factory=dict)
    missed: dict[Missed, None] = field(default_factory=dict)

    def count(self, name: str, changes: int) -> None:
        if changes:
            self.changes[name] = self.changes.get(name, 0) + changes


@dataclass(frozen=True)
class Pass:
    """Base of all passes. Fields are options; the docstring says what changes, Before and After."""

    @property
    def name(self) -> str:
        """The class name in words: `fold_batch_norm`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def run(self, graph: Graph, record: Record) -> int:
        """Change the graph; returns how many changes were made."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rewrite(Pass):
    """A pass that looks at one operation at a time.

    `rewrite` is called with the place in front of the operation as the current place to build,
    and returns what stands for the operation's results: one value, several, or None to leave it
    as it is (`Decline` says why). What writes a variable tensor stays as it is: no other value is that tensor.
    """

    roots: ClassVar[tuple[type[Operator], ...]]

    def rewrite(self, operation: Operation) -> Value | Sequence[Value] | Decline | None:
        raise NotImplementedError

    def run(self, graph: Graph, record: Record) -> int:
        name, changes = self.name, 0
        with building(graph) as builder:
            for operation in list(graph.operations):
                if operation.graph is not graph or not isinstance(operation.operator, self.roots):
                    continue
                if any(result.is_variable for result in operation.results):
                    continue
                builder.before = operation
                with source_scope(operation.source.through(name)):
                    result = self.rewrite(operation)
                if isinstance(result, Decline):
                    record.missed[Missed(name, operation.source, result.reason)] = None
                elif result is not None:
                    replace(graph, operation, (result,) if isinstance(result, Value) else result)
                    changes += 1
        record.count(name, changes)
        return changes


def replace(graph: Graph, operation: Operation, values: Sequence[Value]) -> None:
    """Let `values` stand for an operation's results; new ones take over their names.

    Then remove the operation, and whatever nobody reads any more because of that.
    """
    for old, new in zip(operation.results, values, strict=True):
        if new.producer is not None and (new.producer.source.passes or not new.name):
            new.name = old.name
    operands = operation.operands
    graph.replace(operation, values)
    remove_unread(graph, operands)


def remove_unread(graph: Graph, values: Sequence[Value | None]) -> None:
    """Remove the producers of values that nobody reads, and so on upwards."""
    waiting = [value.producer for value in values if value is not None and value.producer is not None]
    while waiting:
        operation = waiting.pop()
        if operation.graph is not graph or operation.operator.has_side_effects:
            continue
        if any(result.uses or graph.is_output(result) for result in operation.results):
            continue
        waiting += [value.producer for value in operation.operands if value is not None and value.producer is not None]
        graph.erase(operation)


def only_use(value: Value) -> Operation | None:
    """The operation that reads a value, when exactly one does and the value is no output."""
    if len(value.uses) != 1 or (value.graph is not None and value.graph.is_output(value)):
        return None
    ((operation, _),) = value.uses
    return operation


def produced_by(value: Value | None, *operators: type[Operator]) -> Operation | None:
    """The operation that produces a value, when its operator is one of these."""
    if value is None or value.producer is None or not isinstance(value.producer.operator, operators):
        return None
    return value.producer
