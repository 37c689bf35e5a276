"""Products of a transposed tensor with itself."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.builder import building, emit
from litesmith.ir.graph import Graph
from litesmith.ir.source import source_scope
from litesmith.opset.matmul import BatchMatmul
from litesmith.opset.shaping import Transpose
from litesmith.passes.base import Pass, Record


@dataclass(frozen=True)
class KeepFactorsApart(Pass):
    """Transpose once more for the second factor: XNNPACK takes the transpose of one factor for that of both.

    Before:
        graph main(%x: float32[1, 2, 1]) {
          %1 = transpose %x, const int32[3] [1, 0, 2] : float32[2, 1, 1]
          %2 = batch_matmul(adj_x=False, adj_y=False, asymmetric_quantize_inputs=False) %1, %1 : float32[2, 1, 1]
          return %2
        }

    After:
        graph main(%x: float32[1, 2, 1]) {
          %1 = transpose %x, const int32[3] [1, 0, 2] : float32[2, 1, 1]
          %2 = transpose %x, const int32[3] [1, 0, 2] : float32[2, 1, 1]
          %3 = batch_matmul(adj_x=False, adj_y=False, asymmetric_quantize_inputs=False) %1, %2 : float32[2, 1, 1]
          return %3
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for operation in list(graph.operations):
            left, right = operation.operands[:2] if isinstance(operation.operator, BatchMatmul) else (None, None)
            producer = left.producer if left is not None and left is right else None
            if producer is None or not isinstance(producer.operator, Transpose):
                continue
            with building(graph, before=operation), source_scope(operation.source.through(self.name)):
                graph.rewire(operation, 1, emit(producer.operator, *producer.operands))
            changes += 1
        record.count(self.name, changes)
        return changes
