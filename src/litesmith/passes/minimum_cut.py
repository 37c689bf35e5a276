"""The cheapest way to separate the nodes of a network into two sides (maximum flow, minimum cut)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from itertools import pairwise

SOURCE, SINK = "source", "sink"
UNLIMITED = 1 << 40
"""A capacity that no cut pays."""


class Network:
    """Nodes with directed edges; cutting an edge from the source's side to the sink's costs its capacity."""

    def __init__(self) -> None:
        self._residual: dict[Hashable, dict[Hashable, int]] = {SOURCE: {}, SINK: {}}

    def connect(self, start: Hashable, end: Hashable, capacity: int) -> None:
        """Add an edge, or capacity to the one that is there."""
        forward = self._residual.setdefault(start, {})
        forward[end] = forward.get(end, 0) + capacity
        self._residual.setdefault(end, {}).setdefault(start, 0)

    def cut(self) -> int:
        """The cost of the cheapest cut; afterwards the sides can be asked for."""
        total = 0
        while (path := self._augmenting_path()) is not None:
            edges = list(pairwise(path))
            flow = min(self._residual[start][end] for start, end in edges)
            for start, end in edges:
                self._residual[start][end] -= flow
                self._residual[end][start] += flow
            total += flow
        return total

    def _augmenting_path(self) -> list[Hashable] | None:
        """A shortest path from the source to the sink that can carry more."""
        came_from: dict[Hashable, Hashable] = {SOURCE: SOURCE}
        waiting: deque[Hashable] = deque([SOURCE])
        while waiting:
            node = waiting.popleft()
            for neighbour, left in self._residual[node].items():
                if left and neighbour not in came_from:
                    came_from[neighbour] = node
                    if neighbour == SINK:
                        return self._path(came_from)
                    waiting.append(neighbour)
        return None

    @staticmethod
    def _path(came_from: dict[Hashable, Hashable]) -> list[Hashable]:
        path: list[Hashable] = [SINK]
        while path[-1] != SOURCE:
            path.append(came_from[path[-1]])
        return path[::-1]

    def smallest_source_side(self) -> set[Hashable]:
        """The nodes that stand on the source's side in every cheapest cut."""
        return self._reached(SOURCE, lambda node, other: self._residual[node][other])

    def largest_source_side(self) -> set[Hashable]:
        """The nodes that stand on the source's side in some cheapest cut."""
        return self._residual.keys() - self._reached(SINK, lambda node, other: self._residual[other][node])

    def _reached(self, start: Hashable, left: Callable[[Hashable, Hashable], int]) -> set[Hashable]:
        seen = {start}
        waiting = [start]
        while waiting:
            node = waiting.pop()
            for other in self._residual[node]:
                if other not in seen and left(node, other):
                    seen.add(other)
                    waiting.append(other)
        return seen
