"""Slices, and blocks read or written where indices say."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.jax.registry import imports
from litesmith.ir.dims import Shape, Size
from litesmith.ir.graph import Value
from litesmith.ops import blocks
from litesmith.ops.array import strided_slice


@imports("slice")
def slice_(x: Value, *, start_indices: Shape, limit_indices: Shape, strides: Sequence[int] | None) -> Value:
    steps = strides or (1,) * len(start_indices)
    return strided_slice(x, [slice(*bounds) for bounds in zip(start_indices, limit_indices, steps, strict=True)])


@imports("dynamic_slice")
def dynamic_slice(x: Value, *starts: Value, slice_sizes: Sequence[Size]) -> Value:
    """Starts are moved so that the block is inside; the kernel takes no others. Sizes of JAX may follow them."""
    return blocks.take(x, starts[: x.type.rank], slice_sizes)


@imports("dynamic_update_slice")
def dynamic_update_slice(x: Value, block: Value, *starts: Value) -> Value:
    return blocks.write(x, starts, block)
