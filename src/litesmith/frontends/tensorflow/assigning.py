"""Slices of tensors written, where they are blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import blocks
from litesmith.ops.array import as_value, broadcast_to, cast, reshape
from litesmith.ops.errors import Unsupported


def written(x: Value, key: Sequence[Any], part: Value) -> Value:
    """X with a part in place of what a key of slices, indices and an Ellipsis picks; new axes of it have size 1."""
    items = _for_each_axis(key, x.type.rank)
    places = [_place(item, size) for item, size in zip(items, x.type.shape, strict=True)]
    sizes = [size for _, size in places]
    picked = [size for item, size in zip(items, sizes, strict=True) if isinstance(item, slice)]
    kept = [size for size in part.type.shape if isinstance(size, Dim) or size != 1]
    if len(kept) < len(picked):
        rows = part if part.type.rank <= len(picked) else reshape(part, part.type.shape[-len(picked) :])
        part = broadcast_to(rows, picked)
    starts = [cast(as_value(start), DType.INT32) for start, _ in places]
    if any(not isinstance(size, Dim) and size == 0 for size in sizes):
        return x
    if not isinstance(product(sizes), Dim) and product(sizes) != product(part.type.shape):
        raise Unsupported(f"a part {part.type} written in a block of sizes {sizes}")
    return blocks.write(x, starts, reshape(part, sizes))


def _for_each_axis(key: Sequence[Any], rank: int) -> list[Any]:
    """The key without new axes, with one item for each axis."""
    items = [item for item in key if item is not None]
    taken = sum(item is not Ellipsis for item in items)
    at = next((place for place, item in enumerate(items) if item is Ellipsis), len(items))
    rest = [slice(None)] * (rank - taken)
    return [*items[:at], *rest, *items[at + 1 :]]


def _place(item: Any, size: Size) -> tuple[Any, Size]:
    """Where a slice or index begins, and how many elements it picks."""
    if not isinstance(item, slice):
        if isinstance(item, (Value, Dim)):
            return item, 1
        return (item if item >= 0 else size + item), 1
    if item.step not in (None, 1):
        raise Unsupported("a slice with steps that is written; write its elements by tf.tensor_scatter_nd_update")
    start, stop = (0 if item.start is None else item.start), (size if item.stop is None else item.stop)
    if isinstance(start, Value) or isinstance(stop, Value):
        raise Unsupported("a slice that is written, of a size that the model computes; fix how many elements it has")
    if not any(isinstance(each, Dim) for each in (start, stop, size)):
        first, last, _ = slice(start, stop).indices(int(size))
        return first, max(last - first, 0)
    first = start if isinstance(start, Dim) or start >= 0 else size + start
    last = stop if isinstance(stop, Dim) or stop >= 0 else size + stop
    return first, last - first
