"""Removing what nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Graph
from litesmith.passes.base import Pass, Record


@dataclass(frozen=True)
class EliminateDeadCode(Pass):
    """Remove operations whose results nobody reads.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = relu %x : float32[batch, 4]
          %2 = abs %x : float32[batch, 4]
          return %2
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = abs %x : float32[batch, 4]
          return %1
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        changes = graph.prune()
        record.count(self.name, changes)
        return changes
