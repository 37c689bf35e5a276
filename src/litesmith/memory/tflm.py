"""The arena of LiteRT for Microcontrollers, as its greedy planner plans it.

What the planner is given: `AllocationInfoBuilder`; how it places it: `GreedyMemoryPlanner`. Both in tflite-micro.
"""

from __future__ import annotations

from collections.abc import Iterator

from litesmith.flatbuffer.write import graph_values
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.memory.plan import Need, Place, Plan, Sizes, bytes_of
from litesmith.memory.tflm_kernels import aligned, scratch

REQUEST, REQUESTS, LIFE, BUFFER = 16, 12, 32, 40
"""Bytes for a request of scratch memory, how many an operator may make, and bytes for a value's life and place.

From `ScratchBufferRequest`, `AllocationInfo` and `GreedyMemoryPlanner::per_buffer_size`, on 64 bits.
"""


def plan(graph: Graph, sizes: Sizes) -> Plan:
    """Where the values of one graph lie, and of the graphs that it runs; what kernels keep is not in it.

    Inputs live until they are last read, outputs from when they are written to the end. Nothing is computed in place.
    """
    lives = _Lives()
    lives.follow(graph)
    needs = [
        Need(aligned(bytes_of(value, sizes)), first, last, value)
        for value, (first, last) in lives.spans.items()
        if bytes_of(value, sizes)
    ]
    for time, step in enumerate(lives.steps):
        needs += [Need(aligned(size), time, time) for size in (scratch(step, sizes) if step else ())]
    # The planner sorts by size, and takes of equal ones the last first.
    ordered = sorted(needs, key=lambda need: need.bytes)[::-1]
    return Plan(tuple(lives.steps), tuple(_first_gap(ordered)))


def planning(graph: Graph, sizes: Sizes) -> int:
    """Bytes that the planner takes for itself, in the place of the values, before they are there."""
    graphs = _graphs(graph)
    scratches = sum(len(list(scratch(operation, sizes))) for each in graphs for operation in each.operations)
    lives = sum(len(graph_values(each)) for each in graphs) + scratches
    buffers = len(plan(graph, sizes).places)
    return REQUEST * (REQUESTS + scratches) + aligned(LIFE * lives) + BUFFER * buffers


def _graphs(graph: Graph) -> list[Graph]:
    """A graph and those that it runs."""
    inner = (each for operation in graph.operations for each in operation.operator.subgraphs())
    return [graph, *(found for each in inner for found in _graphs(each))]


class _Lives:
    """When each value is first written and last read, counted in operations, those of inner graphs included."""

    def __init__(self) -> None:
        self.spans: dict[Value, tuple[int, int]] = {}
        self.steps: list[Operation | None] = [None]

    def follow(self, graph: Graph) -> None:
        for value in graph.inputs:
            self._uses(value)
        for operation in graph.operations:
            self.steps.append(operation)
            for result in operation.results:
                self._uses(result)
            for inner in operation.operator.subgraphs():
                self.steps.append(None)
                self.follow(inner)
            for operand in operation.operands:
                if operand is not None and not operand.is_constant and not operand.is_variable:
                    self._uses(operand)
            for result in operation.results:
                self._uses(result)
        for output in graph.outputs:
            if not output.is_constant:
                self._uses(output)

    def _uses(self, value: Value) -> None:
        now = len(self.steps) - 1
        first, _ = self.spans.get(value, (now, now))
        self.spans[value] = (first, now)


def _first_gap(needs: list[Need]) -> Iterator[Place]:
    """Put one after the other at the lowest place that is free while it lives."""
    placed: list[Place] = []
    for need in needs:
        end = 0
        for other in sorted(placed):
            if not need.overlaps(other.need):
                continue
            if other.offset - end >= need.bytes:
                break
            end = max(end, other.end)
        placed.append(Place(end, need))
    yield from placed
