"""Shapes: the same elements elsewhere, repeated, joined or surrounded."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.jax.registry import imports
from litesmith.ir.dims import Shape, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import array, margins
from litesmith.ops.array import as_value, cast
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported


@imports("reshape")
def reshape(x: Value, *sizes: Value, new_sizes: Shape) -> Value:
    return array.reshape(x, new_sizes)


@imports("broadcast_in_dim")
def broadcast_in_dim(x: Value, *sizes: Value, shape: Shape, broadcast_dimensions: Sequence[int]) -> Value:
    """The axes of x at these places of the shape; those of size 1 are repeated."""
    places = dict(zip(broadcast_dimensions, x.type.shape, strict=True))
    return array.broadcast_to(array.reshape(x, tuple(places.get(axis, 1) for axis in range(len(shape)))), shape)


@imports("transpose")
def transpose(x: Value, *, permutation: Sequence[int]) -> Value:
    return array.transpose(x, tuple(permutation))


@imports("squeeze")
def squeeze(x: Value, *, dimensions: Sequence[int]) -> Value:
    return array.squeeze(x, tuple(dimensions)) if dimensions else x


@imports("expand_dims")
def expand_dims(x: Value, *, dimensions: Sequence[int]) -> Value:
    return array.expand_dims(x, tuple(dimensions))


@imports("concatenate")
def concatenate(*operands: Value, dimension: int) -> Value:
    return array.concatenate(operands, dimension)


@imports("stack")
def stack(*operands: Value, axis: int) -> Value:
    return array.stack(operands, axis)


@imports("unstack")
def unstack(x: Value, *, axis: int) -> Sequence[Value]:
    return array.unstack(x, axis)


@imports("split")
def split(x: Value, *, sizes: Sequence[Size], axis: int) -> Sequence[Value]:
    return array.split(x, tuple(sizes), axis)


@imports("rev")
def rev(x: Value, *, dimensions: Sequence[int]) -> Value:
    return array.flip(x, tuple(dimensions))


@imports("tile")
def tile(x: Value, *, reps: Sequence[Size]) -> Value:
    return array.tile(x, reps)


@imports("iota")
def iota(*sizes: Value, dtype: DType, shape: Shape, dimension: int) -> Value:
    column = tuple(size if axis == dimension else 1 for axis, size in enumerate(shape))
    return array.broadcast_to(array.reshape(cast(count_up(0, shape[dimension]), dtype), column), shape)


@imports("pad")
def pad(x: Value, fill: Value, *, padding_config: Sequence[tuple[Size, Size, int]]) -> Value:
    """Elements in front, behind and between; fewer of them where the amounts are negative."""
    if x.type.dtype is DType.COMPLEX64:
        if fill.constant is None or fill.constant.array() != 0:
            raise Unsupported("complex numbers with others than zeros around them; pad their parts")
        parts = pad(array.as_floats(x), as_value(0.0), padding_config=[*padding_config, (0, 0, 0)])
        return array.as_complex(parts)
    for axis, (_, _, between) in enumerate(padding_config):
        if between:
            x = margins.spread(x, axis, int(between), fill)
    return margins.pad_or_cut(x, [(before, behind) for before, behind, _ in padding_config], fill)


@imports("empty", "empty2")
def empty(*, types: Sequence[TensorType]) -> Value:
    return array.full(types[0].shape, 0, types[0].dtype)
