"""Padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import padding
from litesmith.ops.array import as_value, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import known_sizes


@lowers("ops.pad")
def pad(x: Any, pad_width: int | Sequence[Any], mode: str = "constant", constant_values: Any = None) -> Value:
    value = as_value(x)
    amounts = _amounts(pad_width, value.type.rank)
    if mode == "constant":
        return padding.pad(value, amounts, 0 if constant_values is None else constant_values)
    if mode not in padding.COPIES:
        raise Unsupported(f"mode={mode!r}")
    return padding.pad_with_copies(value, amounts, cast(padding.Copies, mode))


def _amounts(pad_width: Any, rank: int) -> list[padding.Amount]:
    """In front of and behind each axis, from a pair for each, or one number or pair for all."""
    if isinstance(pad_width, Value):
        numbers = iter(known_sizes(reshape(pad_width, (-1,))))
        return list(zip(numbers, numbers, strict=True))
    listed = pad_width if isinstance(pad_width, (tuple, list)) else [pad_width]
    pairs = [known_sizes(pair) for pair in listed]
    pairs = pairs * rank if len(pairs) == 1 else pairs
    return [(pair[0], pair[-1]) for pair in pairs]
