"""TensorFlow's `data_format`, `padding` and lists with a number for each axis of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ops.array import move_axis
from litesmith.ops.errors import Unsupported
from litesmith.ops.margins import pad_or_cut
from litesmith.opset.enums import Padding


def is_channels_first(data_format: str) -> bool:
    """Whether channels stand behind the batch, as in NCHW and NCDHW."""
    if data_format not in ("NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise Unsupported(f"the layout {data_format}")
    return data_format[1] == "C"


def channels_last(x: Value, data_format: str, compute: Callable[[Value], Value]) -> Value:
    """What `compute` makes of a tensor with its channels last, in the layout that the tensor has."""
    if not is_channels_first(data_format):
        return compute(x)
    return move_axis(compute(move_axis(x, 1, -1)), -1, 1)


def spatial(numbers: Sequence[Any], data_format: str) -> tuple[Any, ...]:
    """Of a number for each axis, those for the spatial axes; `Unsupported` where batch or channels have one but 1."""
    own = tuple(numbers)
    first = is_channels_first(data_format)
    others = (own[0], own[1] if first else own[-1])
    if any(other != 1 for other in others):
        raise Unsupported(f"windows {list(own)} over batch or channels")
    return own[2:] if first else own[1:-1]


@dataclass(frozen=True)
class Edges:
    """What is around the spatial axes: the padding of a kernel, or amounts for each axis that are written out."""

    padding: Padding
    amounts: tuple[tuple[Size, Size], ...] = ()

    @staticmethod
    def of(padding: str, explicit: Sequence[int], data_format: str) -> Edges:
        """From the attributes `padding` and `explicit_paddings`, which has two numbers for each axis of the tensor."""
        if padding != "EXPLICIT":
            return Edges(Padding[padding])
        pairs = list(zip(explicit[::2], explicit[1::2], strict=True))
        kept = pairs[2:] if is_channels_first(data_format) else pairs[1:-1]
        return Edges(Padding.VALID, tuple(kept))

    def around(self, x: Value, fill: Any = 0) -> Value:
        """A tensor [batch, *spatial, channels] with what is written out."""
        return pad_or_cut(x, [(0, 0), *self.amounts, (0, 0)], fill) if self.amounts else x
