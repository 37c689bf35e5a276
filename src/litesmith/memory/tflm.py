"""The arena of LiteRT for Microcontrollers, as its greedy planner plans it.

What the planner is given: `AllocationInfoBuilder`; how it places it: `GreedyMemoryPlanner`. Both in tflite-micro.
"""

from __future__ import annotations

from collections.abc import Iterator

from litesmith.flatbuffer.write import graph_values
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.memory.plan import Need, Place, Plan, Sizes, bytes_of
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from litesmith.opset.matmul import BatchMatmul

ALIGNMENT = 16

MEASURED_WITH = "tflite-micro 0.dev20261023 on 64 bits"

INTERPRETER, TENSOR, FACE, NODE, CHANNEL = 488, 24, 64, 64, 8
"""Bytes kept by the interpreter, and for each tensor, input or output, operator, and channel of a convolution.

Measured with the recording allocator of tflite-micro 0.dev20261023 for 64 bits; boards of 32 bits take less.
"""

KEPT_BY_KERNELS = {
    "ABS": 32,
    "ADD": 72,
    "AVERAGE_POOL_2D": 72,
    "BATCH_MATMUL": 100,
    "CONCATENATION": 88,
    "CONV_2D": 108,
    "CUMSUM": 2,
    "DEPTHWISE_CONV_2D": 108,
    "DIV": 36,
    "ELU": 256,
    "FULLY_CONNECTED": 112,
    "GATHER": 40,
    "HARD_SWISH": 32,
    "L2_NORMALIZATION": 20,
    "LEAKY_RELU": 36,
    "LOGISTIC": 16,
    "MAX_POOL_2D": 72,
    "MEAN": 64,
    "MIRROR_PAD": 52,
    "MUL": 52,
    "PAD": 64,
    "PRELU": 32,
    "REDUCE_MAX": 64,
    "REDUCE_MIN": 64,
    "RELU": 32,
    "RELU6": 16,
    "RESHAPE": 36,
    "RESIZE_BILINEAR": 2,
    "RESIZE_NEAREST_NEIGHBOR": 2,
    "RSQRT": 32,
    "SOFTMAX": 84,
    "SQUARED_DIFFERENCE": 112,
    "STRIDED_SLICE": 120,
    "SUB": 72,
    "SUM": 64,
    "TANH": 16,
}
"""Bytes that a kernel keeps beside; those that are not named keep none. Measured in the same way, for float32."""


def plan(graph: Graph, sizes: Sizes) -> Plan:
    """Where the values of one graph lie, and of the graphs that it runs; what kernels keep is not in it.

    Inputs live until they are last read, outputs from when they are written to the end. Nothing is computed in place.
    """
    lives = _Lives()
    lives.follow(graph)
    needs = [
        Need(_aligned(bytes_of(value, sizes)), first, last, value)
        for value, (first, last) in lives.spans.items()
        if bytes_of(value, sizes)
    ]
    # The planner sorts by size, and takes of equal ones the last first.
    ordered = sorted(needs, key=lambda need: need.bytes)[::-1]
    return Plan(tuple(lives.steps), tuple(_first_gap(ordered)))


def kept(graph: Graph) -> int:
    """Bytes that the interpreter keeps behind the values: its tables, and what kernels prepare."""
    return INTERPRETER + FACE * (len(graph.inputs) + len(graph.outputs)) + _kept(graph)


def _kept(graph: Graph) -> int:
    """Bytes for the tensors and operators of a graph, and of those that it runs."""
    total = TENSOR * len(graph_values(graph))
    for operation in graph.operations:
        total += NODE + KEPT_BY_KERNELS.get(operation.operator.builtin, 0)
        if isinstance(operation.operator, (Conv2D, DepthwiseConv2D, TransposeConv)):
            total += CHANNEL * int(operation.results[0].type.shape[-1])
        if isinstance(operation.operator, BatchMatmul):  # the second factor with its axes exchanged
            total += bytes_of(operation.operands[1], Sizes()) if operation.operands[1] else 0
        total += sum(map(_kept, operation.operator.subgraphs()))
    return total


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
                if operand is not None and not operand.is_constant:
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


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
