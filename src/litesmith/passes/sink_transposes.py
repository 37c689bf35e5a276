"""Choosing for every operation in which order of axes it works, so that few transposes are left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from litesmith.ir.builder import building, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import source_scope
from litesmith.ops.array import transpose
from litesmith.opset.shaping import Transpose
from litesmith.passes.axes_order import Move, Order, absorbed, inner_constant, inner_shape, move
from litesmith.passes.base import Pass, Record, remove_unread, replace
from litesmith.passes.cancel_transposes import identity, inverse, moves_only_ones, permutation_of
from litesmith.passes.minimum_cut import SINK, SOURCE, UNLIMITED, Network

TRANSPOSE_COST, RESHAPE_COST = 1000, 1
"""A transpose that moves axes of size 1 alone becomes a RESHAPE, which costs nearly nothing."""


@dataclass(frozen=True)
class SinkTransposes(Pass):
    """Let operations between transposes work in the other order of axes.

    For each order of axes that transposes make, every operation that could work in either
    order takes the side that leaves the fewest transposes in the whole graph (a minimum
    cut). When nothing can be saved, transposes still move behind the operations that read
    them, which brings a convolution and its activation together. So each change leaves fewer
    transposes, or as many that stand nearer to the outputs, and the pass comes to an end.

    Before:
        graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = transpose %x, const int32[4] [0, 3, 1, 2] : float32[batch, 3, 4, 5]
          %2 = logistic %1 : float32[batch, 3, 4, 5]
          %3 = mul %1, %2 : float32[batch, 3, 4, 5]
          %4 = add %3, const float32[3, 1, 1] [[[1.0]], [[2.0]], [[3.0]]] : float32[batch, 3, 4, 5]
          %5 = mean %4, const int32[2] [2, 3] : float32[batch, 3]
          return %5
        }

    After:
        graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = logistic %x : float32[batch, 4, 5, 3]
          %2 = mul %x, %1 : float32[batch, 4, 5, 3]
          %3 = add %2, const float32[3] [1.0, 2.0, 3.0] : float32[batch, 4, 5, 3]
          %4 = mean %3, const int32[2] [1, 2] : float32[batch, 3]
          return %4
        }

    Before:
        graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = transpose %x, const int32[4] [0, 3, 1, 2] : float32[batch, 3, 4, 5]
          %2 = pad %1, const int32[4, 2] : float32[batch, 3, 4, 5]
          return %2
        }

    After:
        graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = pad %x, const int32[4, 2] : float32[batch, 4, 5, 3]
          %2 = transpose %1, const int32[4] [0, 3, 1, 2] : float32[batch, 3, 4, 5]
          return %2
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for order in _orders(graph):
            region = _Region(graph, order)
            inner = region.cheaper() or region.sunk()
            if inner:
                _enter(graph, order, inner, self.name)
            changes += len(inner) + _absorb(graph, order, self.name)
        record.count(self.name, changes)
        return changes


def _orders(graph: Graph) -> list[Order]:
    """The orders of axes that transposes make, each once."""
    found = (permutation_of(operation) for operation in graph.operations if isinstance(operation.operator, Transpose))
    return list(dict.fromkeys(order for order in found if order is not None and order != identity(len(order))))


class _Region:
    """The operations that could work in the layout in front of the transposes of one order.

    Attributes:
        entries: the transposes that lead out of the inner layout; their results could be read inside.
        exits: the transposes that lead back into it.
        moves: each operation that could work inside.
        sinking: those of them that read nothing from outside, so that they need no new transpose.
    """

    def __init__(self, graph: Graph, order: Order) -> None:
        self.graph = graph
        self.order = order
        self.entries: dict[Operation, None] = {}
        self.exits: dict[Operation, None] = {}
        self.moves: dict[Operation, Move] = {}
        self.sinking: dict[Operation, None] = {}
        self._find_transposes()
        for entry in self.entries:
            # Its operand stays as it is: the operation in front of it must not move as well.
            if entry.operands[0] is not None and entry.operands[0].producer in self.moves:
                del self.moves[entry.operands[0].producer]
        for operation, found in self.moves.items():
            variable = _variable(operation, found)
            if variable and all(map(self._is_inner, variable)):
                self.sinking[operation] = None

    def _find_transposes(self) -> None:
        reached: set[Value | None] = set()
        for operation in self.graph.operations:
            if isinstance(operation.operator, Transpose):
                self._add_transpose(operation, reached)
            elif (found := move(operation, self.order)) is not None:
                self.moves[operation] = found
                if any(value in reached for value in _variable(operation, found)):
                    reached.update(operation.results)

    def _add_transpose(self, operation: Operation, reached: set[Value | None]) -> None:
        """An entry or an exit; where one order is both, what follows an entry is an exit."""
        order = permutation_of(operation)
        if order == inverse(self.order) and (order != self.order or operation.operands[0] in reached):
            self.exits[operation] = None
        elif order == self.order:
            self.entries[operation] = None
            reached.add(operation.result)

    def _is_inner(self, value: Value) -> bool:
        return value.producer in self.entries or value.producer in self.sinking

    def cheaper(self) -> set[Operation]:
        """The operations to move inside for fewer transposes; none when there cannot be fewer."""
        network = self._network(self.moves)
        if network.cut() >= self._cost():
            return set()
        side = network.smallest_source_side()
        return {operation for operation in self.moves if operation in side}

    def sunk(self) -> set[Operation]:
        """The operations to move inside for as many transposes, nearer to the outputs."""
        if not self.sinking:
            return set()
        network = self._network(self.sinking)
        network.cut()
        side = network.largest_source_side()
        return {operation for operation in self.sinking if operation in side}

    def _cost(self) -> int:
        """What is paid now, with every operation outside."""
        return self._network(()).cut()

    def _network(self, movable: Iterable[Operation]) -> Network:
        """The source's side is the inner layout; a value that is needed in both costs a transpose."""
        network = Network()
        inside = set(movable)
        for value in self._values():
            cost = RESHAPE_COST if moves_only_ones(value.type.shape, self.order) else TRANSPOSE_COST
            producer = self._side_of_producer(value, inside)
            readers = self._sides_of_readers(value, inside)
            network.connect(producer, ("outside", value), cost)
            network.connect(("inside", value), producer, cost)
            for reader in readers:
                network.connect(("outside", value), reader, UNLIMITED)
                network.connect(reader, ("inside", value), UNLIMITED)
        return network

    def _values(self) -> Iterable[Value]:
        rank = len(self.order)
        results = (result for operation in self.graph.operations for result in operation.results)
        return (value for value in (*self.graph.inputs, *results) if value.type.rank == rank)

    def _side_of_producer(self, value: Value, inside: set[Operation]) -> object:
        if value.producer in self.entries:
            return SOURCE
        return value.producer if value.producer in inside else SINK

    def _sides_of_readers(self, value: Value, inside: set[Operation]) -> list[object]:
        sides: list[object] = [SINK] if self.graph.is_output(value) else []
        for operation, position in value.uses:
            if operation in self.exits:
                sides.append(SOURCE)
            elif operation in self.moves:
                is_data = operation in inside and position in self.moves[operation].data
                sides.append(operation if is_data else SINK)
            elif not isinstance(operation.operator, Transpose) and absorbed(operation, self.order) is None:
                sides.append(SINK)
        return sides


def _variable(operation: Operation, found: Move) -> list[Value]:
    """The operands that would be read in the inner layout, constants left out."""
    data = (operation.operands[position] for position in found.data)
    return [value for value in data if value is not None and not value.is_constant]


def _enter(graph: Graph, order: Order, inner: set[Operation], name: str) -> None:
    """Make operations work in the inner layout, with a transpose behind each; unread ones go."""
    known: dict[Value, Value] = {}
    left: list[Value] = []
    for operation in [operation for operation in graph.operations if operation in inner]:
        moved = move(operation, order)
        assert moved is not None
        with building(graph, operation), source_scope(operation.source.through(name)):
            operands = [moved.replaced.get(i, operand) for i, operand in enumerate(operation.operands)]
            for position in moved.data:
                operands[position] = _inner(operands[position], order, known)
            types = [result.type.with_shape(inner_shape(result.type.shape, order)) for result in operation.results]
            results = emit_many(moved.operator, *operands, types=types)
            for old, new in zip(operation.results, results, strict=True):
                new.name = old.name
            outer = [transpose(result, order) for result in results]
        replace(graph, operation, outer)
        left += outer
    remove_unread(graph, left)


def _inner(value: Value | None, order: Order, known: dict[Value, Value]) -> Value:
    """A value in the inner layout: what it was transposed from, or a transpose of it."""
    assert value is not None
    if value.is_constant:
        return inner_constant(value, order)
    producer = value.producer
    if producer is not None and isinstance(producer.operator, Transpose) and permutation_of(producer) == order:
        assert producer.operands[0] is not None
        return producer.operands[0]
    if value not in known:
        known[value] = transpose(value, inverse(order))
    return known[value]


def _absorb(graph: Graph, order: Order, name: str) -> int:
    """Let operations that drop axes read what was transposed for them."""
    changes = 0
    for operation in list(graph.operations):
        x = operation.operands[0] if operation.operands else None
        producer = None if x is None else x.producer
        if producer is None or not isinstance(producer.operator, Transpose) or permutation_of(producer) != order:
            continue
        moved = absorbed(operation, order)
        if moved is None:
            continue
        with building(graph, operation), source_scope(operation.source.through(name)):
            types = [result.type for result in operation.results]
            operands = [moved.replaced.get(i, operand) for i, operand in enumerate(operation.operands)]
            replace(graph, operation, emit_many(moved.operator, producer.operands[0], *operands[1:], types=types))
        changes += 1
    return changes
