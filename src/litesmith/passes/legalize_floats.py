"""Computing in float32 what a model computes in another float type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from litesmith.ir.builder import building
from litesmith.ir.element_types import note_computed
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import Source, source_scope
from litesmith.ir.types import DType
from litesmith.ops.array import cast
from litesmith.opset.conversion import Cast, Dequantize
from litesmith.passes.base import Pass, Record
from litesmith.passes.base import replace as replace_operation

REPLACED = (DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64)


@dataclass(frozen=True)
class LegalizeFloats(Pass):
    """Compute in float32 what is float16, bfloat16 or float64; inputs and outputs keep their type.

    LiteRT's kernels are made for float32; of the others they know few (float16 runs in most
    operators of the delegate, but not in the plain kernels). A model of mixed precision is
    computed with more precision than it was trained with, a float64 model with less. Casts
    between floats vanish inside. Float16 constants that are read by DEQUANTIZE are a way to store
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
        graph main(%x: float16[batch, 2]) {
          %1 = cast(in_data_type=FLOAT16) %x : float32[batch, 2]
          %2 = exp %1 : float32[batch, 2]
          %3 = mul %2, const float32[] 0.5 : float32[batch, 2]
          %4 = cast(out_data_type=FLOAT16) %3 : float16[batch, 2]
          return %4
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        widened: dict[Value, Value] = {}
        outputs = list(graph.outputs)
        types = [output.type.dtype for output in outputs]
        _note(graph)
        changes = sum(map(_widen, graph.inputs)) if graph.is_called else _cast_inputs(graph)
        for operation in list(graph.operations):
            changes += _widen_constants(graph, operation, widened)
            if not _is_of_the_face(operation, graph):
                changes += sum(map(_widen, operation.results))
            _retype_cast(graph, operation)
        if graph.is_called:
            _widen_outputs(graph, widened)
        else:
            changes += _cast_outputs(graph, types)
        record.count(self.name, changes)
        return changes


def _note(graph: Graph) -> None:
    """Let the report tell what is computed in float32."""
    for operation in graph.operations:
        for value in (*operation.operands, *operation.results):
            if value is not None and _is_replaced(value) and not isinstance(operation.operator, (Cast, Dequantize)):
                note_computed(value.type.dtype, DType.FLOAT32, operation.source)


def _is_of_the_face(operation: Operation, graph: Graph) -> bool:
    """Whether an operation makes an output what it is from float32 already."""
    x = operation.operands[0] if isinstance(operation.operator, Cast) else None
    return (
        x is not None
        and not graph.is_called
        and x.type.dtype is DType.FLOAT32
        and graph.is_output(operation.result)
        and not operation.result.uses
    )


def _cast_inputs(graph: Graph) -> int:
    """Let operations read inputs as float32; returns how many inputs there are to cast."""
    changes = 0
    for value in graph.inputs:
        if not _is_replaced(value) or all(_reads_as_float32(operation) for operation, _ in value.uses):
            continue
        with building(graph) as builder, source_scope(Source(value.name, "cast")):
            builder.before = graph.operations[0]
            wide = cast(value, DType.FLOAT32)
        for operation, position in tuple(value.uses):
            if operation is not wide.producer:
                graph.rewire(operation, position, wide)
        changes += 1
    return changes


def _reads_as_float32(operation: Operation) -> bool:
    return isinstance(operation.operator, Cast) and operation.result.type.dtype is DType.FLOAT32


def _widen_outputs(graph: Graph, widened: dict[Value, Value]) -> None:
    for i, output in enumerate(graph.outputs):
        if output.is_constant and _is_replaced(output):
            graph.outputs[i] = _as_float32(output, widened)


def _cast_outputs(graph: Graph, types: Sequence[DType]) -> int:
    """Give the outputs that became float32 the types they had; returns how many they are."""
    changed: dict[tuple[Value, DType], Value] = {}
    with building(graph):
        for i, (output, dtype) in enumerate(zip(graph.outputs, types, strict=True)):
            if output.type.dtype is dtype:
                continue
            if (output, dtype) not in changed:
                with source_scope(Source(output.name, "cast")):
                    changed[output, dtype] = cast(output, dtype)
            graph.outputs[i] = changed[output, dtype]
    return len(changed)


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
        constant = value.constant
        assert constant is not None
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
