"""Reductions of windows: what pooling is in `lax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ops import windows
from litesmith.ops.errors import Unsupported
from litesmith.ops.windows import Kind, Window


def _register(name: str, kind: Kind) -> None:
    @imports(name)
    def reduce(
        x: Value,
        *,
        window_dimensions: Sequence[int],
        window_strides: Sequence[int],
        padding: Sequence[tuple[Size, Size]],
        base_dilation: Sequence[int],
        window_dilation: Sequence[int],
    ) -> Value:
        axes = zip(window_dimensions, window_strides, padding, base_dilation, window_dilation, strict=True)
        return windows.reduce_windows(kind, x, [Window(*axis) for axis in axes])


_register("reduce_window_sum", "sum")
_register("reduce_window_max", "max")
_register("reduce_window_min", "min")

KINDS: dict[str, Kind] = {"add": "sum", "max": "max", "min": "min"}


@imports("reduce_window")
def reduce_window(
    *operands: Value,
    jaxpr: Any,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Sequence[tuple[Size, Size]],
    base_dilation: Sequence[int],
    window_dilation: Sequence[int],
) -> Value:
    """By a function of one operator, which is then combined with the first value as well."""
    names = [equation.primitive.name for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns]
    if len(operands) != 2 or len(names) != 1 or names[0] not in KINDS:
        raise Unsupported("windows reduced by a function of several operators")
    axes = zip(window_dimensions, window_strides, padding, base_dilation, window_dilation, strict=True)
    kind = KINDS[names[0]]
    found = windows.reduce_windows(kind, operands[0], [Window(*axis) for axis in axes])
    return windows.COMBINED[kind](found, operands[1])
