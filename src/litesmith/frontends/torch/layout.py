"""Between torch's order of axes, channels second, and that of LiteRT's kernels, channels last."""

from __future__ import annotations

from litesmith.ir.graph import Value
from litesmith.ops.array import transpose


def channels_last(x: Value) -> Value:
    """[batch, channels, *spatial] as [batch, *spatial, channels]."""
    return transpose(x, [0, *range(2, x.type.rank), 1])


def channels_first(x: Value) -> Value:
    """[batch, *spatial, channels] as [batch, channels, *spatial]."""
    return transpose(x, [0, x.type.rank - 1, *range(1, x.type.rank - 1)])
