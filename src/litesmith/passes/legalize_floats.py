"""Computing in float32 what a model computes in another float type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.types import DType
from litesmith.opset.conversion import Cast, Dequantize
from litesmith.passes.base import Pass, Record
from litesmith.passes.base import replace as replace_operation

REPLACED = (DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64)


@dataclass(frozen=True)
class LegalizeFloats(Pass):
    """Make float32 of float16, bfloat16 and float64, inputs and outputs included.

    LiteRT's kernels are made for float32; of the others they know few (float16 runs in most
    operators of the delegate, but not in the plain kernels). A model of mixed precision is
    computed with more precision than it was trained with, a float64 model with less. Casts
    between floats vanish. Float16 constants that are read by DEQUANTIZE are a way to store
    weights, and stay.

    Before:
        graph main(%x: float16[batch, 2]) {
          %1 = cast(in_data_type=FLOAT16) %x : float32[batch, 2]
          %2 = exp %1 : float32[batch, 2]
          %3 = cast(out_data_type=FLOAT16) %2 : float16[batch, 2]
          %4 = mul %3, const float16[] 0.5 : float16[batch, 2]
          return %4
        }

    After:
        graph main(%x: float32[batch, 2]) {
          %1 = exp %x : float32[batch, 2]
          %2 = mul %1, const float32[] 0.5 : float32[batch, 2]
          return %2
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        widened: dict[Value, Value] = {}
        changes = sum(map(_widen, graph.inputs))
        for operation in list(graph.operations):
            changes += _widen_constants(graph, operation, widened)
            changes += sum(map(_widen, operation.results))
            _retype_cast(graph, operation)
        for i, output in enumerate(graph.outputs):
            if _is_replaced(output):
                graph.outputs[i] = _as_float32(output, widened)
        record.count(self.name, changes)
        return changes


def _is_replaced(value: Value | None) -> bool:
    return value is not None and value.type.dtype in REPLACED


def _widen(value: Value) -> int:
    """Make a computed value float32; 1 when it was not."""
    if not _is_replaced(value):
        return 0
    value.type = value.type.with_dtype(DType.FLOAT32)
    return 1


def _widen_constants(graph: Graph, operation: Operation, widened: dict[Value, Value]) -> int:
    changes = 0
    for position, operand in enumerate(operation.operands):
        stored = isinstance(operation.operator, Dequantize)
        if operand is not None and operand.is_constant and _is_replaced(operand) and not stored:
            graph.rewire(operation, position, _as_float32(operand, widened))
            changes += 1
    return changes


def _as_float32(value: Value, widened: dict[Value, Value]) -> Value:
    """A constant with its elements as float32, converted when they are written."""
    if value not in widened:
        constant = cast("Constant", value.constant)
        widened[value] = Value(value.type.with_dtype(DType.FLOAT32), value.name, constant=constant.cast(DType.FLOAT32))
    return widened[value]


def _retype_cast(graph: Graph, operation: Operation) -> None:
    """Let a CAST say the types it has now; drop it where they are the same."""
    operator, x = operation.operator, operation.operands[0] if operation.operands else None
    if x is None or not isinstance(operator, (Cast, Dequantize)):
        return
    if x.type == operation.result.type:
        replace_operation(graph, operation, [x])
    elif isinstance(operator, Cast):
        operation.operator = replace(operator, in_data_type=x.type.dtype, out_data_type=operation.result.type.dtype)
