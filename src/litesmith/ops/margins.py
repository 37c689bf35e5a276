"""Elements added around a tensor, cut off of it, and set between its own, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim, Size, maximum
from litesmith.ir.graph import Value
from litesmith.ops.array import expand_dims, reshape, slice_axis, strided_slice
from litesmith.ops.padding import Amount, pad


def pad_or_cut(x: Value, amounts: Sequence[Amount], fill: Any = 0) -> Value:
    """A value around a tensor; where an amount is negative, so many elements less."""
    grown = pad(x, [(_positive(before), _positive(behind)) for before, behind in amounts], _scalar(fill))
    cuts = [(_positive(-before), _positive(-behind)) for before, behind in amounts]
    sizes = grown.type.shape
    kept = [slice(before, size - behind) for (before, behind), size in zip(cuts, sizes, strict=True)]
    return strided_slice(grown, kept) if any(isinstance(cut, Dim) or cut for pair in cuts for cut in pair) else grown


def _positive(amount: Size) -> Size:
    """A positive amount as it is, else 0."""
    return maximum(amount, 0)


def _scalar(fill: Any) -> Any:
    """A constant scalar that is 0 as a number: PAD takes none."""
    if isinstance(fill, Value) and fill.constant is not None and not fill.type.rank:
        number = fill.constant.array()
        return 0 if not np.signbit(number) and number == 0 else fill
    return fill


def spread(x: Value, axis: int, between: int, fill: Any = 0) -> Value:
    """With `between` elements of one value between neighbours along an axis."""
    shape = x.type.shape
    columns = expand_dims(x, axis + 1)
    amounts = [(0, between) if place == axis + 1 else (0, 0) for place in range(len(shape) + 1)]
    whole = reshape(
        pad(columns, amounts, _scalar(fill)), (*shape[:axis], shape[axis] * (between + 1), *shape[axis + 1 :])
    )
    return slice_axis(whole, axis, 0, shape[axis] * (between + 1) - between)
