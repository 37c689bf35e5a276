"""Elements added around a tensor: amounts for the last axes, the last one first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import Dim, Size, maximum
from litesmith.ir.graph import Value
from litesmith.ops.array import as_value, strided_slice
from litesmith.ops.errors import Unsupported
from litesmith.ops.margins import pad_or_cut
from litesmith.ops.padding import Copies, pad_with_copies

MODES: dict[str, Copies] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@imports("pad")
def pad(x: Value, pad: Sequence[Size], mode: str = "constant", value: Any = None) -> Value:
    if mode == "constant":
        return constant_pad(x, pad, 0 if value is None else value)
    if mode not in MODES:
        raise Unsupported(f"padding with mode={mode!r}")
    return _copies(x, pad, MODES[mode])


@imports("constant_pad_nd")
def constant_pad(x: Value, pad: Sequence[Size], value: Any = 0) -> Value:
    """Negative amounts cut off."""
    fill = value if not isinstance(value, Value) and value == 0 else as_value(value, x.type.dtype)
    return pad_or_cut(x, _of_axes(x, pad), fill)


def _of_axes(x: Value, amounts: Sequence[Size]) -> list[tuple[Size, Size]]:
    """Amounts for each axis, in order."""
    pairs = [(amounts[at], amounts[at + 1]) for at in range(0, len(amounts), 2)]
    return [(0, 0)] * (x.type.rank - len(pairs)) + pairs[::-1]


def _copies(x: Value, pad: Sequence[Size], mode: Copies) -> Value:
    amounts = _of_axes(x, pad)
    grown = pad_with_copies(x, [(_positive(before), _positive(behind)) for before, behind in amounts], mode)
    if not any(not isinstance(size, Dim) and size < 0 for amount in amounts for size in amount):
        return grown
    cuts = [(_positive(-before), _positive(-behind)) for before, behind in amounts]
    sizes = grown.type.shape
    return strided_slice(grown, [slice(a, size - b) for (a, b), size in zip(cuts, sizes, strict=True)])


def _positive(amount: Size) -> Size:
    return maximum(amount, 0)


@imports("reflection_pad1d", "reflection_pad2d", "reflection_pad3d")
def reflection_pad(x: Value, padding: Sequence[Size]) -> Value:
    return _copies(x, padding, "reflect")


@imports("replication_pad1d", "replication_pad2d", "replication_pad3d")
def replication_pad(x: Value, padding: Sequence[Size]) -> Value:
    return _copies(x, padding, "edge")


@imports("_pad_circular")
def circular_pad(x: Value, pad: Sequence[Size]) -> Value:
    return _copies(x, pad, "wrap")
