"""What an operator's function says of the sizes of its results, for all sizes of operands that it says it for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litesmith.custom_operators.uses import Use
from litesmith.ir.compare import first_difference
from litesmith.ir.dims import Polynomial, Shape, Symbol, expression, is_static, symbol
from litesmith.ir.graph import Graph
from litesmith.ir.types import TensorType

Place = tuple[int, int]
"""An operand, and one of its axes."""


@dataclass(frozen=True)
class Rule:
    """The sizes of results by those of operands.

    Attributes:
        results: the sizes of each result; symbols stand for sizes of operands, as `places` says.
        known: sizes of operands that the rule is right for alone.
        equal: pairs of sizes that must be equal.
        graph: what the function computes, in operators; None where it cannot be written out.
    """

    results: tuple[Shape, ...]
    places: Mapping[Symbol, Place]
    known: Mapping[Place, int]
    equal: tuple[tuple[Place, Place], ...]
    graph: Graph | None


def rule_of(name: str, use: Use) -> Rule | None:
    """The rule of one use; None where the function is not known, and the file does not say the sizes either.

    Sizes that are known in the use may be others as well, unless the function computes otherwise for others.
    """
    from litesmith.frontends.keras.custom_references import NoReference

    sizes = _Sizes(use)
    try:
        fixed = sizes.fixed(name)
        return sizes.rule(sizes.traced(name, fixed), fixed)
    except NoReference:
        if not all(is_static(type.shape) for type in (*use.operands, *use.results)):
            return None
        return sizes.rule(None, set(sizes.places))


class _Sizes:
    """The different sizes of a use's operands, each with its places."""

    def __init__(self, use: Use) -> None:
        self.use = use
        self.places: dict[Polynomial, list[Place]] = {}
        self.probes: dict[Polynomial, int] = {}
        for operand, type in enumerate(use.operands):
            for axis, size in enumerate(type.shape):
                key = expression(size)
                self.places.setdefault(key, []).append((operand, axis))
                self.probes[key] = int(size)

    def fixed(self, name: str) -> set[Polynomial]:
        """The sizes that must be what they are: the function computes otherwise, or not at all, for others."""
        from litesmith.frontends.keras.custom_references import NoReference

        known = {key for key in self.places if key.constant is not None}
        ones = {key for key in known if key.constant == 1}
        try:
            first = self.traced(name, ones)
            fixed = ones | {key for key in known - ones if not self._is_free(name, key, ones, first)}
            every = {key: 2 * probe for key, probe in self.probes.items() if key not in fixed}
            again, other = self.traced(name, fixed), self.traced(name, fixed, every)
            return fixed if first_difference(again, other) is None else known
        except NoReference:
            return known

    def _is_free(self, name: str, key: Polynomial, ones: set[Polynomial], first: Graph) -> bool:
        from litesmith.frontends.keras.custom_references import NoReference

        try:
            other = self.traced(name, ones, {key: 2 * self.probes[key]})
        except NoReference:
            return False
        return first_difference(first, other) is None

    def traced(self, name: str, fixed: set[Polynomial], probes: Mapping[Polynomial, int] | None = None) -> Graph:
        """What the function computes where the sizes that are not fixed are unknown."""
        from litesmith.frontends.keras.custom_references import reference_graph

        def size(key: Polynomial) -> Any:
            if key in fixed:
                return key.constant
            return symbol(_name(self.places[key][0]), (probes or {}).get(key, self.probes[key]))

        types = [
            TensorType(type.dtype, tuple(size(expression(each)) for each in type.shape)) for type in self.use.operands
        ]
        return reference_graph(name, types, self.use.options)

    def rule(self, graph: Graph | None, fixed: set[Polynomial]) -> Rule:
        """What a graph says, or the file where there is none."""
        free = [places for key, places in self.places.items() if key not in fixed]
        return Rule(
            tuple(type.shape for type in (self.use.results if graph is None else _types(graph))),
            {Symbol(_name(places[0])): places[0] for places in free},
            {place: self.probes[key] for key in self.places if key in fixed for place in self.places[key]},
            tuple((places[0], other) for places in free for other in places[1:]),
            graph,
        )


def _types(graph: Graph) -> list[TensorType]:
    return [value.type for value in graph.outputs]


def _name(place: Place) -> str:
    return f"operand_{place[0]}_{place[1]}"
