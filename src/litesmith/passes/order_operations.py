"""The order in which operations run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litesmith.ir.dims import Dim, product
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.passes.base import Pass, Record


@dataclass(frozen=True)
class OrderOperations(Pass):
    """Finish one branch before the next where that holds fewer bytes at once.

    Keras runs layers of one depth after another, so all branches of a cell are alive together.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = tile %x, const int32[2] [1, 9] : float32[batch, 36]
          %2 = tile %x, const int32[2] [1, 8] : float32[batch, 32]
          %3 = sum(keep_dims=True) %1, const int32[1] [1] : float32[batch, 1]
          %4 = sum(keep_dims=True) %2, const int32[1] [1] : float32[batch, 1]
          %5 = add %3, %4 : float32[batch, 1]
          return %5
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = tile %x, const int32[2] [1, 9] : float32[batch, 36]
          %2 = sum(keep_dims=True) %1, const int32[1] [1] : float32[batch, 1]
          %3 = tile %x, const int32[2] [1, 8] : float32[batch, 32]
          %4 = sum(keep_dims=True) %3, const int32[1] [1] : float32[batch, 1]
          %5 = add %2, %4 : float32[batch, 1]
          return %5
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        if any(operation.operator.has_side_effects for operation in graph.operations):
            return 0
        ordered = _branch_by_branch(graph)
        if most_bytes(graph, ordered) >= most_bytes(graph, graph.operations):
            return 0
        graph.reorder(ordered)
        record.count(self.name, 1)
        return 1


def most_bytes(graph: Graph, order: Sequence[Operation]) -> int:
    """How many bytes are held at once at the most when operations run in an order, for open sizes of 1."""
    last = {operand: place for place, operation in enumerate(order) for operand in operation.operands if operand}
    last.update(dict.fromkeys(graph.outputs, len(order)))
    held = sum(map(_bytes, graph.inputs))
    most = held
    for place, operation in enumerate(order):
        held += sum(map(_bytes, operation.results))
        most = max(most, held)
        read = {operand for operand in operation.operands if operand and not operand.is_constant}
        held -= sum(_bytes(value) for value in read if last[value] == place)
        held -= sum(_bytes(result) for result in operation.results if result not in last)
    return most


def _bytes(value: Value) -> int:
    elements = product(1 if isinstance(size, Dim) else size for size in value.type.shape)
    return int(elements) * value.type.dtype.bits // 8


def _branch_by_branch(graph: Graph) -> list[Operation]:
    """Each operation right behind what it needs; what no output needs at the end."""
    ordered: dict[Operation, None] = {}
    ends = [value.producer for value in graph.outputs if value.producer]
    waiting = [(operation, False) for operation in reversed([*ends, *graph.operations])]
    while waiting:
        operation, is_ready = waiting.pop()
        if operation in ordered:
            continue
        if is_ready:
            ordered[operation] = None
            continue
        waiting.append((operation, True))
        needed = [operand.producer for operand in operation.operands if operand and operand.producer]
        waiting += [(producer, False) for producer in reversed(needed)]
    return list(ordered)
