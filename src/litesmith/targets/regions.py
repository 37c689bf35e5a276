"""Which operations a delegate runs: regions of what it takes, as LiteRT divides a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litesmith.ir.graph import Operation
from litesmith.targets.profile import Regions


def delegated(
    operations: Sequence[Operation], takes: Callable[[Operation], bool], regions: Regions
) -> list[list[Operation]]:
    """The regions that go to a delegate: all of them, the largest, or the first of all operations only.

    The runtime gathers what can run without leaving the delegate or the CPU, one after the other
    (`PartitionGraphIntoIndependentNodeSubsets`).
    """
    parts = _parts(operations, takes)
    taken = [part for part, is_taken in parts if is_taken]
    if regions == "one":
        return sorted(taken, key=len, reverse=True)[:1]
    if regions == "first":
        return [part for part, is_taken in parts[:1] if is_taken]
    return taken


def _parts(operations: Sequence[Operation], takes: Callable[[Operation], bool]) -> list[tuple[list[Operation], bool]]:
    waiting = {operation: takes(operation) for operation in operations}
    parts: list[tuple[list[Operation], bool]] = []
    is_taken = next(iter(waiting.values()), False)
    while waiting:
        part = _next_part(waiting, is_taken)
        if part:
            parts.append((part, is_taken))
        for operation in part:
            del waiting[operation]
        is_taken = not is_taken
    return parts


def _next_part(waiting: dict[Operation, bool], takes: bool) -> list[Operation]:
    """What of one kind needs nothing that still waits, but what comes in the same part."""
    part: list[Operation] = []
    done: set[Operation] = set()
    for operation, is_taken in waiting.items():
        needed = {operand.producer for operand in operation.operands if operand is not None and operand.producer}
        if is_taken is takes and all(producer not in waiting or producer in done for producer in needed):
            part.append(operation)
            done.add(operation)
    return part
