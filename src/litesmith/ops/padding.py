"""Elements added around a tensor, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, is_static, maximum, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, reshape
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather
from litesmith.ops.sizes import int32, shape_tensor
from litesmith.ops.widening import compute
from litesmith.opset.shaping import Reshape
from litesmith.opset.slicing import Gather, Pad, PadV2

Amount = tuple[Size, Size]
"""How many elements are added in front of an axis and behind it."""

MOST_PADDED_AXES = 5
Copies = Literal["reflect", "symmetric", "edge", "wrap"]
"""What is added: mirrored elements without the edge and with it, the edge, the tensor again (numpy's names)."""

COPIES: frozenset[str] = frozenset(get_args(Copies))


def pad(x: Value, amounts: Sequence[Amount], fill: Any = 0) -> Value:
    """A value around a tensor; an amount for each axis."""
    if all(map(_is_nothing, amounts)):
        return x
    if x.type.rank > MOST_PADDED_AXES:
        for axis, amount in enumerate(amounts):
            x = _pad_axis(x, axis, amount, fill)
        return x
    if not isinstance(fill, Value) and fill == 0:
        return compute(Pad(), x, _paddings(amounts))
    return compute(PadV2(), x, _paddings(amounts), as_value(fill, x.type.dtype))


def _is_nothing(amount: Amount) -> bool:
    return not any(isinstance(size, Dim) or size for size in amount)


def _pad_axis(x: Value, axis: int, amount: Amount, fill: Any) -> Value:
    """One axis padded, with those in front of it and behind it merged."""
    shape = x.type.shape
    if _is_nothing(amount):
        return x
    merged = reshape(x, (product(shape[:axis]), shape[axis], product(shape[axis + 1 :])))
    padded = pad(merged, [(0, 0), amount, (0, 0)], fill)
    return reshape(padded, (*shape[:axis], padded.type.shape[1], *shape[axis + 1 :]))


def _paddings(amounts: Sequence[Amount]) -> Value:
    """The operand [rank, 2] of PAD and its like."""
    sizes = tuple(size for amount in amounts for size in amount)
    if is_static(sizes):
        return constant(np.reshape(sizes, (-1, 2)), DType.INT32)
    result = emit(Reshape(), shape_tensor(sizes), int32([len(amounts), 2]))
    result.contents = sizes
    return result


def pad_with_copies(x: Value, amounts: Sequence[Amount], mode: Copies) -> Value:
    """The tensor's own elements around it; an amount for each axis."""
    for axis, amount in enumerate(amounts):
        if not _is_nothing(amount):
            x = _copy_along(x, axis, amount, mode)
    return x


def _copy_along(x: Value, axis: int, amount: Amount, mode: Copies) -> Value:
    """One axis padded by GATHER, which is many times as fast as MIRROR_PAD."""
    size = x.type.shape[axis]
    before, after = amount
    if is_static((size, *amount)):
        return gather(x, constant(np.pad(np.arange(size, dtype=np.int32), (before, after), mode)), axis)
    places = math.subtract(count_up(0, before + size + after), as_value(before, DType.INT32))
    return emit(Gather(axis=axis), x, _copied_from(places, size, mode))


def _copied_from(places: Value, size: Size, mode: Copies) -> Value:
    """The places within an axis that places around it are copies of."""
    if mode == "edge":
        return math.minimum(math.maximum(places, 0), as_value(size - 1, DType.INT32))
    if mode == "wrap":
        return math.floor_mod(places, as_value(size, DType.INT32))
    # There and back again: each mirrors what lies before it.
    last, period = (size * 2 - 1, size * 2) if mode == "symmetric" else (size * 2 - 2, maximum(size * 2 - 2, 1))
    forth = math.floor_mod(places, as_value(period, DType.INT32))
    return math.minimum(forth, math.subtract(as_value(last, DType.INT32), forth))
