"""Whether a file was made of other weights than a model has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from litesmith.bisection.likeness import Likeness, Tolerance, likeness
from litesmith.bisection.parts import dequantized
from litesmith.ir.graph import Graph, Value
from litesmith.ir.types import DType

Array = np.ndarray[Any, Any]
SAME = Tolerance(atol=0.0, rtol=1e-5)
STEPS = 0.75
"""Of the distance of two quantized numbers: how far rounding moves a weight, and what is folded into it."""


def layers_of_other_weights(given: Graph, fresh: Graph) -> tuple[str, ...]:
    """The layers whose weights in a file are others than those in the file made of the model now.

    A weight counts where the given file has one of as many numbers in its place. Constants are paired by their numbers
    first, so that neither names nor the order of operators matter.
    """
    held = [(value, _numbers(value)) for value in _weights(given)]
    left = dict.fromkeys(range(len(held)))
    missing: list[tuple[Value, Array]] = []
    for value in _weights(fresh):
        array = _numbers(value)
        matches = [place for place, (other, numbers) in enumerate(held) if _is_same(array, other, numbers)]
        for place in matches:
            left.pop(place, None)
        if not matches:
            missing.append((value, array))
    found: dict[str, None] = {}
    for value, array in missing:
        counterpart = next((place for place in left if held[place][1].size == array.size), None)
        if counterpart is not None:
            del left[counterpart]
            found[_layer_of(value)] = None
    return tuple(found)


def layers_of_weights(graph: Graph) -> frozenset[str]:
    """The layers that weights of a graph go by."""
    return frozenset(map(_layer_of, _weights(graph)))


def _weights(graph: Graph) -> Iterator[Value]:
    """The constants that hold numbers of a layer, of any form."""
    for value in graph.constants():
        dtype = value.type.dtype
        is_stored = value.type.quantization is not None and dtype.is_integer
        if (dtype.is_float or is_stored) and value.type.sparsity is None and dtype is not DType.BFLOAT16:
            yield value


def _numbers(value: Value) -> Array:
    assert value.constant is not None
    return dequantized(value, value.constant.array())


def _is_same(array: Array, other: Value, held: Array) -> bool:
    like: Likeness | None = likeness(array.astype(np.float32), held.astype(np.float32), SAME)
    return like is not None and like.problem is None and like.max_abs <= like.allowed + _step(other)


def _step(value: Value) -> float:
    """How far a stored number may be from the one it was made of."""
    if value.type.quantization is not None:
        return STEPS * max(value.type.quantization.scales)
    return 1e-3 if value.type.dtype is DType.FLOAT16 else 0.0


def _layer_of(value: Value) -> str:
    """The layer of what reads a weight; where that is of none, as an addition may be, the layer in front of it."""
    for user in value.users:
        producers = [
            operand.producer for operand in user.operands if operand is not None and operand.producer is not None
        ]
        for operation in (user, *producers):
            if operation.source.layer:
                return operation.source.layer
    return value.name
