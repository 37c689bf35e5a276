"""Operations that compute the same from the same."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.passes.base import Pass, Record


@dataclass(frozen=True)
class MergeCommonSubexpressions(Pass):
    """Compute once what several operations compute from the same operands.

    Operations that draw numbers, run graphs, or read or write state are left alone.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = add %x, const float32[] 1.0 : float32[batch, 4]
          %2 = add %x, const float32[] 1.0 : float32[batch, 4]
          %3 = mul %1, %2 : float32[batch, 4]
          return %3
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = add %x, const float32[] 1.0 : float32[batch, 4]
          %2 = mul %1, %1 : float32[batch, 4]
          return %2
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        known: dict[Hashable, Operation] = {}
        changes = 0
        for operation in list(graph.operations):
            if not is_repeatable(operation):
                continue
            key = (operation.operator, tuple(map(_key, operation.operands)))
            first = known.setdefault(key, operation)
            if first is operation or not _same_types(first, operation):
                continue
            graph.replace(operation, first.results)
            changes += 1
        record.count(self.name, changes)
        return changes


def is_repeatable(operation: Operation) -> bool:
    """Whether an operation gives the same results each time it has the same operands, and does nothing else."""
    operator = operation.operator
    return (
        operator.is_deterministic
        and not operator.has_side_effects
        and not operator.subgraphs()
        and not any(value is not None and value.is_variable for value in (*operation.operands, *operation.results))
    )


def _key(operand: Value | None) -> Hashable:
    """Equal for operands that hold the same."""
    if operand is None or operand.constant is None:
        return operand
    return operand.constant.key, operand.type


def _same_types(first: Operation, second: Operation) -> bool:
    return all(a.type.matches(b.type) for a, b in zip(first.results, second.results, strict=True))
