"""The arena of the LiteRT interpreter, as its `ArenaPlanner` plans it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from litesmith.ir.dims import evaluate
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.memory.plan import Need, Plan, Sizes, bytes_of, first_fit, reads

ALIGNMENT = 64
SCALAR_BYTES = 4
"""Values that are not larger are never computed in place."""


def plan(graph: Graph, sizes: Sizes, delegated: Set[Operation] = frozenset()) -> Plan:
    """The arena for one graph, some of whose operations may be delegated: those take nothing for themselves.

    Inputs and variables live from the beginning to the end, outputs to the end. What the kernels take for
    themselves while they run is in it.
    """
    shared = shared_memory(graph, sizes)
    needs = sorted(_needs(graph, sizes, shared, delegated), key=_order)
    return Plan(tuple(graph.operations), tuple(first_fit(needs, ALIGNMENT)))


def shared_memory(graph: Graph, sizes: Sizes) -> dict[Value, Value]:
    """For each value that lies in the memory of another, the first value of that memory."""
    shared: dict[Value, Value] = {}
    for operation in graph.operations:
        for value in _offered(graph, operation, sizes):
            first = shared.get(value, value)
            if operation.operator.keeps_data or graph.reads(first) == 1:
                shared[operation.results[0]] = first
            break
    return shared


def _offered(graph: Graph, operation: Operation, sizes: Sizes) -> Iterator[Value]:
    """The operands whose memory may be the result's."""
    if not operation.results or graph.is_output(operation.results[0]):
        return
    for place in operation.operator.in_place:
        value = operation.operands[place]
        if value is None or value.producer is None:
            continue
        if operation.operator.keeps_data:
            yield value
            continue
        taken = bytes_of(value, sizes)
        if taken == bytes_of(operation.results[0], sizes) and taken > SCALAR_BYTES and graph.reads(value) == 1:
            yield value


def _needs(graph: Graph, sizes: Sizes, shared: Mapping[Value, Value], delegated: Set[Operation]) -> Iterator[Need]:
    end = len(graph.operations)
    last = reads(graph, shared)
    for value in graph.inputs:
        yield Need(bytes_of(value, sizes), 0, end, value)
    for place, operation in enumerate(graph.operations):
        for result in operation.results:
            if result not in shared:
                yield Need(bytes_of(result, sizes), place, last.get(result, end), result)
        if operation in delegated:
            continue
        for scratch in operation.operator.scratch(operation.operand_types, operation.result_types):
            yield Need(evaluate(scratch, sizes), place, place)


def _order(need: Need) -> tuple[bool, int, int]:
    """What lives all the time first; then the largest first, and of equal ones the earliest."""
    lives_always = need.first == 0 and need.value is not None and need.value.producer is None
    return not lives_always, 0 if lives_always else -need.bytes, 0 if lives_always else need.first
