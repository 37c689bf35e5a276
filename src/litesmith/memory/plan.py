"""Where each value of a graph lies in a runtime's arena, and when."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from litesmith.ir.dims import evaluate
from litesmith.ir.graph import Graph, Operation, Value


@dataclass(frozen=True)
class Need:
    """Bytes that are needed from one operation to another.

    Attributes:
        first, last: times, which both are included; mostly places in the graph's order of operations.
        value: what lies there; None for a kernel's own scratch memory.
    """

    bytes: int
    first: int
    last: int
    value: Value | None = None

    def overlaps(self, other: Need) -> bool:
        """Whether both are needed at once."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, order=True)
class Place:
    """Where in the arena something lies."""

    offset: int
    need: Need = field(compare=False)

    @property
    def end(self) -> int:
        return self.offset + self.need.bytes


@dataclass(frozen=True)
class Plan:
    """An arena with everything in its place.

    Attributes:
        steps: what runs at each of the times that needs count in; None where nothing does.
    """

    steps: tuple[Operation | None, ...]
    places: tuple[Place, ...]

    @property
    def bytes(self) -> int:
        """What the arena takes."""
        return max((place.end for place in self.places), default=0)

    def held(self) -> dict[Operation, int]:
        """For each operation, the bytes that are needed while it runs."""
        changes = [0] * (len(self.steps) + 1)
        for place in self.places:
            changes[place.need.first] += place.need.bytes
            changes[min(place.need.last + 1, len(self.steps))] -= place.need.bytes
        amounts = accumulate(changes[: len(self.steps)])
        return {step: amount for step, amount in zip(self.steps, amounts, strict=True) if step is not None}

    def needed(self, operation: Operation) -> list[Need]:
        """What is needed while an operation runs."""
        time = self.steps.index(operation)
        return [place.need for place in self.places if place.need.first <= time <= place.need.last]


def first_fit(needs: Iterable[Need], alignment: int) -> list[Place]:
    """Put one need after the other into the smallest gap that takes it among those that live at the same time.

    That is what `SimpleMemoryArena` of LiteRT does; the order of the needs is the caller's.
    """
    placed: list[Place] = []
    for need in needs:
        offset = _smallest_gap(placed, need, alignment)
        insort(placed, Place(offset, need))
    return placed


def _smallest_gap(placed: Sequence[Place], need: Need, alignment: int) -> int:
    best: int | None = None
    smallest, end = 0, 0
    for other in placed:
        if not need.overlaps(other.need):
            continue
        start = _aligned(end, alignment)
        if start + need.bytes <= other.offset and (best is None or other.offset - end < smallest):
            best, smallest = start, other.offset - end
        end = max(end, other.end)
    return _aligned(end, alignment) if best is None else best


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


class Sizes(dict[str, int]):
    """What unknown sizes are, by name; those that are not said are 1.

    Attributes:
        quantized: whether real numbers count as if they were quantized to int8.
    """

    quantized = False

    def __missing__(self, name: str) -> int:
        return 1


class QuantizedSizes(Sizes):
    """Sizes of a model as if it were quantized."""

    quantized = True


def bytes_of(value: Value, sizes: Sizes) -> int:
    """Bytes of a value in memory.

    Elements of fewer than 8 bits are unpacked, one in each byte.
    """
    elements = 1
    for size in value.type.shape:
        elements *= evaluate(size, sizes)
    if sizes.quantized and value.type.dtype.is_float:
        return elements
    return elements * max(value.type.dtype.bits, 8) // 8


def reads(graph: Graph, shared: Mapping[Value, Value]) -> dict[Value, int]:
    """For each value that is read, the last operation that reads it or what lies in its memory; outputs to the end."""
    last: dict[Value, int] = {}
    for place, operation in enumerate(graph.operations):
        for operand in operation.operands:
            if operand is not None and not operand.is_constant:
                last[shared.get(operand, operand)] = place
    for output in graph.outputs:
        last[shared.get(output, output)] = len(graph.operations)
    return last
