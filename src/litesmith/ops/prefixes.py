"""What an associative function makes of all elements up to each place along an axis, in LiteRT operators.

log2(n) rounds for n places, each of which combines every element with the one 1, 2, 4, ... places before it:
written out where n is known, else a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import control, math
from litesmith.ops.array import as_value, concatenate, reshape, slice_axis
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import select
from litesmith.opset.slicing import Gather

Combine = Callable[[list[Value], list[Value]], Sequence[Value]]
"""Elements of several tensors, combined with as many that stand behind them."""


def combined_up_to(sequences: Sequence[Value], axis: int, combine: Combine, name: str = "prefixes") -> list[Value]:
    """For each tensor, its elements combined with all before them along a non-negative axis that they share."""
    length = sequences[0].type.shape[axis]
    if isinstance(length, Dim):
        return _in_loop(sequences, axis, length, combine, name)
    found, distance = list(sequences), 1
    while distance < length:
        before = [slice_axis(sequence, axis, 0, length - distance) for sequence in found]
        after = [slice_axis(sequence, axis, distance, length) for sequence in found]
        found = [
            concatenate([slice_axis(sequence, axis, 0, distance), result], axis)
            for sequence, result in zip(found, combine(before, after), strict=True)
        ]
        distance *= 2
    return found


def _in_loop(sequences: Sequence[Value], axis: int, length: Size, combine: Combine, name: str) -> list[Value]:
    """Elements with too few before them keep their value: what is combined for them stands for nothing."""

    def step(carried: list[Value]) -> list[Value]:
        distance, *after = carried
        places = math.subtract(count_up(0, length), distance)
        picked = math.maximum(places, 0)
        before = [emit(Gather(axis=axis), sequence, picked) for sequence in after]
        is_there = math.greater_equal(places, 0)
        chosen = [
            select(reshape(is_there, [length if at == axis else 1 for at in range(old.type.rank)]), new, old)
            for new, old in zip(combine(before, after), after, strict=True)
        ]
        return [math.multiply(distance, 2), *chosen]

    def goes_on(carried: list[Value]) -> Value:
        return math.less(carried[0], as_value(length, DType.INT32))

    return control.while_loop(goes_on, step, [as_value(1, DType.INT32), *sequences], name)[1:]
