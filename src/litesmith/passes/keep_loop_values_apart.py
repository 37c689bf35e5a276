"""Loops whose values change places."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.source import source_scope
from litesmith.ops.control import keep_apart
from litesmith.ops.errors import Unsupported
from litesmith.opset.control import While
from litesmith.passes.base import Missed, Pass, Record


@dataclass(frozen=True)
class KeepLoopValuesApart(Pass):
    """Copy what a loop's body returns at another place than it is given.

    Other passes remove operations that change nothing, which may have been all that stood between.

    Before:
        graph cond(%i: int32[], %x: int32[]) {
          %1 = less %i, const int32[] 9 : bool[]
          return %1
        }

        graph body(%i: int32[], %x: int32[]) {
          %1 = add %i, %x : int32[]
          return %1, %i
        }

        graph main(%x: int32[]) {
          %1, %2 = while(cond=@cond, body=@body) const int32[] 1, %x : int32[], int32[]
          return %1
        }

    After:
        graph cond(%i: int32[], %x: int32[]) {
          %1 = less %i, const int32[] 9 : bool[]
          return %1
        }

        graph body(%i: int32[], %x: int32[]) {
          %1 = add %i, %x : int32[]
          %2 = maximum %i, %i : int32[]
          return %1, %2
        }

        graph main(%x: int32[]) {
          %1, %2 = while(cond=@cond, body=@body) const int32[] 1, %x : int32[], int32[]
          return %1
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for operation in graph.operations:
            if isinstance(operation.operator, While):
                with building(operation.operator.body) as body, source_scope(operation.source.through(self.name)):
                    try:
                        changes += keep_apart(body)
                    except Unsupported as reason:
                        record.missed[Missed(self.name, operation.source, str(reason))] = None
        record.count(self.name, changes)
        return changes
