"""Large tensors of one value, which the file need not hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import building, constant, emit
from litesmith.ir.constants import Array
from litesmith.ir.graph import Graph, Value
from litesmith.ir.operator import Operator
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType
from litesmith.ops.sizes import int32
from litesmith.opset.joining import Fill
from litesmith.opset.slicing import DynamicUpdateSlice
from litesmith.opset.variable import AssignVariable
from litesmith.passes.base import Pass, Record

FILLED = {DType.FLOAT32, DType.INT32, DType.INT64, DType.BOOL}
"""What FILL of every runtime takes."""

OPERANDS: dict[type[Operator], int] = {AssignVariable: 1, DynamicUpdateSlice: 0}
"""Which operand is a tensor that is filled later: the first value of a variable, and what a block is written into."""


@dataclass(frozen=True)
class FillUniformStates(Pass):
    """Let FILL make what variables hold at first, and what blocks are written into, where it is large and of one value.

    These are the caches of generators: zeros that the file would hold. Others than those are not looked at, since
    weights are not evaluated before the file is written.

    Before:
        graph main(%x: float32[1, 512, 64], %block: float32[1, 1, 64]) {
          %1 = dynamic_update_slice const float32[1, 512, 64] 0.0, %block, const int32[3] [0, 7, 0] \
: float32[1, 512, 64]
          return %1
        }

    After:
        graph main(%x: float32[1, 512, 64], %block: float32[1, 1, 64]) {
          %1 = fill const int32[3] [1, 512, 64], const float32[] 0.0 : float32[1, 512, 64]
          %2 = dynamic_update_slice %1, %block, const int32[3] [0, 7, 0] : float32[1, 512, 64]
          return %2
        }
    """

    kept_bytes: int = 64 * 1024
    """Tensors up to this size are kept in the file."""

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for operation in list(graph.operations):
            place = OPERANDS.get(type(operation.operator))
            value = None if place is None else operation.operands[place]
            if place is None or value is None or not self._may_be_filled(value):
                continue
            assert value.constant is not None
            array = value.constant.array()
            if is_uniform(array):
                with building(graph, before=operation), source_scope(operation.source.through(self.name)):
                    one = constant(np.asarray(array.reshape(-1)[0]), value.type.dtype)
                    filled = emit(Fill(), int32(list(array.shape)), one)
                graph.rewire(operation, place, filled)
                changes += 1
        record.count(self.name, changes)
        return changes

    def _may_be_filled(self, value: Value) -> bool:
        type = value.type
        is_plain = type.quantization is None and type.sparsity is None
        return value.is_constant and is_plain and type.dtype in FILLED and type.nbytes > self.kept_bytes


def is_uniform(array: Array) -> bool:
    """Whether all elements have the same bits: -0.0 is not 0.0, and a nan is itself."""
    flat = np.ascontiguousarray(array).reshape(-1)
    bits = flat.view(np.dtype(f"u{flat.dtype.itemsize}"))
    return bool(np.all(bits == bits[0]))
