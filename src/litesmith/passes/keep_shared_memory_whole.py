"""Values that an operation computed in place would overwrite."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.builder import building, emit_many
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import source_scope
from litesmith.ir.types import TensorType
from litesmith.passes.base import Pass, Record


@dataclass(frozen=True)
class KeepSharedMemoryWhole(Pass):
    """Compute a value once more where the runtime would overwrite it while it is still read.

    The runtime lets some operators write into the memory of an operand, and a RESHAPE share its operand's.
    Before it overwrites, it counts who reads the operand and who reads the first value of that memory, but
    not the values between (`ArenaPlanner::IdentifyInPlaceTensors`): below, `%2` lies in the memory of `%1`,
    which one operation reads, and `%5` is written over it. Of two that are computed from `%1` neither
    lies there. Nothing reads `%2` after `%5` here, but later passes and delegates order operations anew.

    Before:
        graph main(%x: int32[2]) {
          %1 = neg %x : int32[2]
          %2 = add %1, const int32[] 1 : int32[2]
          %3 = neg %2 : int32[2]
          %4 = reshape(new_shape=None) %2, const int32[2] [2, 1] : int32[2, 1]
          %5 = sub %4, const int32[] 9 : int32[2, 1]
          %6 = neg %5 : int32[2, 1]
          return %3, %6
        }

    After:
        graph main(%x: int32[2]) {
          %1 = neg %x : int32[2]
          %2 = add %1, const int32[] 1 : int32[2]
          %3 = neg %2 : int32[2]
          %4 = add %1, const int32[] 1 : int32[2]
          %5 = reshape(new_shape=None) %4, const int32[2] [2, 1] : int32[2, 1]
          %6 = sub %5, const int32[] 9 : int32[2, 1]
          %7 = neg %6 : int32[2, 1]
          return %3, %7
        }
    """

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for operation in list(graph.operations):
            if operation.operator.keeps_data:
                continue
            while reader := _reader_of_what_is_lost(graph, operation):
                lost = reader.operands[0]
                assert lost is not None
                assert lost.producer is not None
                with building(graph, before=reader), source_scope(reader.source.through(self.name)):
                    (again,) = emit_many(lost.producer.operator, *lost.producer.operands, types=[lost.type])
                graph.rewire(reader, 0, again)
                changes += 1
        record.count(self.name, changes)
        return changes


def _reader_of_what_is_lost(graph: Graph, operation: Operation) -> Operation | None:
    """The operation through which `operation` may overwrite a value that others read too."""
    for value in _shared(graph, operation):
        reader = value.producer
        while reader is not None and reader.operator.keeps_data:
            for source in _shared(graph, reader):
                if graph.reads(source) > 1 and _starts_at_a_value_read_once(graph, source):
                    return reader
            reader = reader.operands[0].producer if reader.operands[0] is not None else None
    return None


def _starts_at_a_value_read_once(graph: Graph, value: Value) -> bool:
    """Whether the memory of `value` may be that of a value before it which one operation reads."""
    if value.producer is None:
        return False
    return any(
        graph.reads(source) == 1 or _starts_at_a_value_read_once(graph, source)
        for source in _shared(graph, value.producer)
    )


def _shared(graph: Graph, operation: Operation) -> list[Value]:
    """The operands whose memory the runtime may use for the operation's result."""
    operator = operation.operator
    if not operator.in_place or graph.is_output(operation.results[0]):
        return []
    values = [operation.operands[place] for place in operator.in_place]
    return [
        value
        for value in values
        if value is not None
        and value.producer is not None
        and (operator.keeps_data or _may_be_overwritten(graph, value, operation.results[0].type))
    ]


def _may_be_overwritten(graph: Graph, value: Value, result: TensorType) -> bool:
    return graph.reads(value) == 1 and _may_be_as_large(value.type, result)


def _may_be_as_large(one: TensorType, other: TensorType) -> bool:
    if any(isinstance(size, Dim) for size in (*one.shape, *other.shape)):
        return True
    return one.nbytes == other.nbytes
