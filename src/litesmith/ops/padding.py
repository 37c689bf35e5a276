"""Elements added around a tensor, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, is_static, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.array import as_value, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather
from litesmith.ops.sizes import int32, shape_tensor
from litesmith.ops.widening import compute
from litesmith.opset.enums import MirrorMode
from litesmith.opset.joining import MirrorPad
from litesmith.opset.shaping import Reshape
from litesmith.opset.slicing import Pad, PadV2

Amount = tuple[Size, Size]
"""How many elements are added in front of an axis and behind it."""

MOST_PADDED_AXES = 5
Copies = Literal["reflect", "symmetric", "edge", "wrap"]
"""What is added: mirrored elements without the edge and with it, the edge, the tensor again (numpy's names)."""

COPIES: frozenset[str] = frozenset(get_args(Copies))
MIRRORS = {"reflect": MirrorMode.REFLECT, "symmetric": MirrorMode.SYMMETRIC}


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
    """One axis padded: by GATHER, which is many times as fast as MIRROR_PAD, where sizes are known."""
    size = x.type.shape[axis]
    if is_static((size, *amount)):
        before, after = amount
        return gather(x, constant(np.pad(np.arange(size, dtype=np.int32), (before, after), mode)), axis)
    if mode not in MIRRORS:
        raise Unsupported(f"padding of mode {mode!r} along an axis of dynamic size {size}")
    amounts = [amount if place == axis else (0, 0) for place in range(x.type.rank)]
    return emit(MirrorPad(MIRRORS[mode]), x, _paddings(amounts))
