"""Comparing what two models draw at random: their numbers cannot be equal, their averages are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.graph import Graph, Model, Value
from litesmith.opset.random import Multinomial, Random
from litesmith.opset.variable import ReadVariable

Array = np.ndarray[Any, Any]
DRAWS = 16
"""How often both models are called on the same inputs."""
ERRORS = 8.0
"""How many standard errors averages of one distribution may be apart: with 16 draws, one pair in a million is."""


def drawn_outputs(graph: Graph) -> frozenset[int]:
    """The places of the outputs that depend on random numbers, drawn in this call or kept from an earlier one."""
    draws = any(isinstance(operation.operator, (Random, Multinomial)) for operation in _operations(graph))
    if not draws:
        return frozenset()
    return frozenset(place for place, output in enumerate(graph.outputs) if _is_drawn(output))


def _operations(graph: Graph) -> list[Any]:
    return [operation for each in Model([graph]).all_graphs() for operation in each.operations]


def _is_drawn(output: Value) -> bool:
    waiting, seen = [output], {output}
    while waiting:
        operation = waiting.pop().producer
        if operation is None:
            continue
        inside = [each for called in operation.operator.subgraphs() for each in _operations(called)]
        if any(isinstance(each.operator, (Random, Multinomial, ReadVariable)) for each in (operation, *inside)):
            return True
        new = [operand for operand in operation.operands if operand is not None and operand not in seen]
        waiting += new
        seen.update(new)
    return False


def averages_apart(originals: Sequence[Array], converted: Sequence[Array]) -> list[tuple[float, float, float]]:
    """(distance, magnitude, what chance allows) of the averages of elements, and of their squares.

    Args:
        originals, converted: the same output of several calls on the same inputs.
    """
    return [_apart([_average(array, power) for array in originals], [_average(array, power) for array in converted])
            for power in (1, 2)]  # fmt: skip


def _average(array: Array, power: int) -> float:
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    return float(np.mean(finite**power)) if finite.size else 0.0


def _apart(original: Sequence[float], converted: Sequence[float]) -> tuple[float, float, float]:
    """An original that is the same in each call, as Keras draws with a seed, is one draw of the other's spread."""
    spreads = [float(np.var(side, ddof=1)) if len(set(side)) > 1 else 0.0 for side in (original, converted)]
    errors = [spreads[0] / len(original) or spreads[1], spreads[1] / len(converted)]
    distance = abs(float(np.mean(original)) - float(np.mean(converted)))
    return distance, abs(float(np.mean(original))), ERRORS * float(np.sqrt(sum(errors)))
