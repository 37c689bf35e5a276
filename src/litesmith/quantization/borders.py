"""Where operations of different element types meet: QUANTIZE and DEQUANTIZE between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from litesmith.ir.builder import building, constant_value, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import Source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.opset.conversion import Dequantize, Quantize
from litesmith.quantization.domains import REAL, Domains, computes_with


def split(graph: Graph, domains: Domains) -> list[Operation]:
    """Let every operation read values of its own type only; the operations that were added.

    Args:
        domains: the element type that each operation computes real numbers in.

    All values are float32 still: their types are set when the scales are known. A value that several operations of
    one type read crosses over once.
    """
    added: list[Operation] = []
    made = [*graph.inputs, *(result for operation in graph.operations for result in operation.results)]
    for value in made:
        if value.type.dtype is not REAL or value.is_variable:
            continue
        for domain in _readers_domains(value, domains, graph):
            if domain is not domains.made(value):
                _cross(graph, value, domain, domains, added)
    return added


def give_constants_to_each(graph: Graph) -> None:
    """Let no two operands be one constant: each has the scale of its operation."""
    for operation in graph.operations:
        for place, operand in enumerate(operation.operands):
            if operand is not None and operand.constant is not None and len(operand.uses) > 1:
                graph.rewire(operation, place, constant_value(operand.constant, operand.name))


def share_constants(graph: Graph) -> None:
    """Let equal constants be one: the scales of each stand in the file beside it."""
    known: dict[tuple[Hashable, TensorType], Value] = {}
    for operation in graph.operations:
        for place, operand in enumerate(operation.operands):
            if operand is not None and operand.constant is not None:
                graph.rewire(operation, place, known.setdefault((operand.constant.key, operand.type), operand))


def _readers_domains(value: Value, domains: Domains, graph: Graph) -> list[DType]:
    """The types in which a value is read, each once."""
    found = dict.fromkeys(domains.read(*use) for use in value.uses if computes_with(*use))
    found.update(dict.fromkeys(domains.returned(graph, place) for place in _returned(value, graph)))
    return list(found)


def _returned(value: Value, graph: Graph) -> list[int]:
    return [place for place, output in enumerate(graph.outputs) if output is value]


def _cross(graph: Graph, value: Value, domain: DType, domains: Domains, added: list[Operation]) -> None:
    readers = [use for use in value.uses if use[0] not in added and domains.read(*use) is domain]
    returned = [place for place in _returned(value, graph) if domains.returned(graph, place) is domain]
    with behind(graph, value):
        copy = _copied(Dequantize() if domain is REAL else Quantize(), value, added)
    for operation, place in readers:
        graph.rewire(operation, place, copy)
    for place in returned:
        graph.outputs[place] = copy


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
