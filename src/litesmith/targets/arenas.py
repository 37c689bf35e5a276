"""What calling a graph takes of a target's memory, and what holds it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.memory import litert, tflm
from litesmith.memory.plan import Plan, Sizes, bytes_of
from litesmith.memory.tflm_kernels import faces, kept
from litesmith.opset.unmodeled import Unmodeled
from litesmith.targets.profile import Profile

SCALE = 12
"""Bytes of a channel's scale and zero point."""

Parts = tuple[tuple[str, int], ...]
"""Bytes by what holds them."""


@dataclass(frozen=True)
class Arena:
    """The memory for calling one graph.

    Attributes:
        plans: of the graph, and of those that it runs where these have memory of their own.
        kept: bytes that the runtime keeps beside the values, as long as the model is loaded.
        planning: bytes that it takes before there are values, to plan their places.
    """

    plans: tuple[Plan, ...]
    kept: int = 0
    planning: int = 0

    @property
    def bytes(self) -> int:
        """In all, while the model runs."""
        return sum(plan.bytes for plan in self.plans) + self.kept

    @property
    def needed(self) -> int:
        """What there must be: to plan the places of many small values takes more than they do."""
        return max(self.bytes, self.planning)

    @cached_property
    def held(self) -> dict[Operation, int]:
        """For each operation, the bytes of values that are held while it runs, of its own graph."""
        return {operation: amount for plan in self.plans[::-1] for operation, amount in plan.held().items()}

    @property
    def fullest(self) -> Operation | None:
        """The operation that runs while most is held; None where nothing runs."""
        return max(self.held, key=lambda operation: self.held[operation], default=None)

    def parts(self, operation: Operation) -> Parts:
        """What is held while an operation runs, by the layer or input that made it, the largest first."""
        plan = next(plan for plan in self.plans if operation in plan.steps)
        parts: dict[str, int] = {}
        for need in plan.needed(operation):
            maker = operation if need.value is None else need.value.producer
            name = f"the input '{need.value.name}'" if need.value and maker is None else _layer(maker)
            parts[name] = parts.get(name, 0) + need.bytes
        if self.kept:
            parts["what the runtime keeps"] = self.kept
        return tuple(sorted(parts.items(), key=lambda part: -part[1]))


def _layer(operation: Operation | None) -> str:
    return f"'{operation.source.layer}'" if operation and operation.source.layer else "the model"


def arena_of(graph: Graph, profile: Profile, taken: Set[Operation], sizes: Sizes) -> Arena:
    """The memory for calling a graph, of which a delegate takes some operations.

    TFLM plans the graphs of loops into one arena; in LiteRT each has one of its own.
    """
    if profile.arena == "tflm":
        behind = kept(graph, sizes)
        return Arena((tflm.plan(graph, sizes),), behind, behind - faces(graph) + tflm.planning(graph, sizes))
    return Arena(tuple(_plans(graph, taken, sizes)))


def _plans(graph: Graph, taken: Set[Operation], sizes: Sizes) -> Iterator[Plan]:
    yield litert.plan(graph, sizes, taken)
    for operation in graph.operations:
        for inner in operation.operator.subgraphs():
            yield from _plans(inner, taken, sizes)


def bytes_in_int8(model: Model, size: int) -> int:
    """About the bytes of a file of `size` bytes once weights are int8 with a scale for each channel, biases int32."""
    weights: dict[Value, Role] = {}
    for operation in (each for graph in model.all_graphs() for each in graph.operations):
        for place, operand in enumerate(operation.operands):
            if operand is not None and operand.is_constant and operand.type.dtype.is_float:
                role = (
                    Role.ACTIVATION
                    if isinstance(operation.operator, Unmodeled)
                    else operation.operator.operand(place).role
                )
                weights.setdefault(operand, role)
    saved = sum(3 * bytes_of(value, Sizes()) // 4 for value, role in weights.items() if role is not Role.BIAS)
    channels = sum(
        int(value.type.shape[-1 if role is Role.BIAS else 0]) for value, role in weights.items() if value.type.rank
    )
    return size - saved + min(SCALE * channels, saved)
