"""Where operations of different element types meet: QUANTIZE and DEQUANTIZE between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from litesmith.ir.builder import building, constant_value, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.source import Source, source_scope
from litesmith.ir.types import DType
from litesmith.opset.conversion import Dequantize, Quantize

REAL = DType.FLOAT32


def split(graph: Graph, domains: Mapping[Operation, DType]) -> list[Operation]:
    """Let every operation read values of its own type only; the operations that were added.

    Args:
        domains: the element type that each operation computes real numbers in. Inputs and outputs of the graph are
            float32.

    All values are float32 still: their types are set when the scales are known. A value that several operations of
    one type read crosses over once.
    """
    added: list[Operation] = []
    made = [(None, value) for value in graph.inputs]
    made += [(operation, result) for operation in graph.operations for result in operation.results]  # type: ignore[misc]
    for producer, value in made:
        if value.type.dtype is not REAL:
            continue
        own = REAL if producer is None else domains[producer]
        for domain in _readers_domains(value, domains, graph):
            if domain is not own:
                _cross(graph, value, own, domain, domains, added)
    return added


def give_constants_to_each(graph: Graph) -> None:
    """Let no two operands be one constant: each has the scale of its operation."""
    for operation in graph.operations:
        for place, operand in enumerate(operation.operands):
            if operand is not None and operand.constant is not None and len(operand.uses) > 1:
                graph.rewire(operation, place, constant_value(operand.constant, operand.name))


def _readers_domains(value: Value, domains: Mapping[Operation, DType], graph: Graph) -> list[DType]:
    """The types in which a value is read, each once."""
    found = dict.fromkeys(domains[operation] for operation, place in value.uses if _computes_with(operation, place))
    if graph.is_output(value):
        found[REAL] = None
    return list(found)


def _computes_with(operation: Operation, place: int) -> bool:
    return operation.operator.operand(place).role is not Role.INDEX


def _cross(
    graph: Graph,
    value: Value,
    own: DType,
    domain: DType,
    domains: Mapping[Operation, DType],
    added: list[Operation],
) -> None:
    readers = [use for use in value.uses if use[0] not in added and domains[use[0]] is domain]
    with behind(graph, value):
        copy = value
        if own is DType.INT8 and domain is DType.INT16:  # no kernel makes 16 bits of 8
            copy = _copied(Dequantize(), copy, added)
        copy = _copied(Dequantize() if domain is REAL else Quantize(), copy, added)
    for operation, place in readers:
        graph.rewire(operation, place, copy)
    if domain is REAL:
        graph.outputs = [copy if output is value else output for output in graph.outputs]


def _copied(operator: Quantize | Dequantize, value: Value, added: list[Operation]) -> Value:
    (copy,) = emit_many(operator, value, types=[value.type])
    copy.name = value.name
    assert copy.producer is not None
    added.append(copy.producer)
    return copy


@contextmanager
def behind(graph: Graph, value: Value) -> Iterator[None]:
    """Where operations that read a value are put first, as those of its source."""
    place = 0 if value.producer is None else graph.operations.index(value.producer) + 1
    before = graph.operations[place] if place < len(graph.operations) else None
    with building(graph, before), source_scope(Source() if value.producer is None else value.producer.source):
        yield
