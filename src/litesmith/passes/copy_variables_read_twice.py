"""What variables hold, where one operation reads it at several places."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.builder import building, emit
from litesmith.ir.graph import Graph
from litesmith.ir.source import source_scope
from litesmith.ops.sizes import int32
from litesmith.opset.shaping import Reshape
from litesmith.opset.variable import ReadVariable
from litesmith.passes.base import Pass, Record


@dataclass(frozen=True)
class CopyVariablesReadTwice(Pass):
    """Copy what READ_VARIABLE gives before an operation takes it twice: XNNPACK would end the process on floats.

    Before:
        graph main(%x: int32[4]) {
          %1 = var_handle(container='', shared_name='state') : resource[1]
          assign_variable %1, %x
          %2 = read_variable %1 : int32[4]
          %3 = mul %2, %2 : int32[4]
          return %3
        }

    After:
        graph main(%x: int32[4]) {
          %1 = var_handle(container='', shared_name='state') : resource[1]
          assign_variable %1, %x
          %2 = read_variable %1 : int32[4]
          %3 = reshape(new_shape=None) %2, const int32[1] [4] : int32[4]
          %4 = mul %3, %3 : int32[4]
          return %4
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for operation in list(graph.operations):
            for value in dict.fromkeys(operation.operands):
                if value is None or value.producer is None or not isinstance(value.producer.operator, ReadVariable):
                    continue
                places = [place for place, operand in enumerate(operation.operands) if operand is value]
                if len(places) < 2:
                    continue
                with building(graph, before=operation), source_scope(operation.source.through(self.name)):
                    copy = emit(Reshape(), value, int32(list(map(int, value.type.shape))))
                for place in places:
                    graph.rewire(operation, place, copy)
                changes += 1
        record.count(self.name, changes)
        return changes
