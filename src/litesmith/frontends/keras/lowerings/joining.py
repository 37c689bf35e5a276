"""Joining tensors and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from litesmith.frontends.keras.lowerings.promotion import promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim, Size, ceil_div
from litesmith.ir.graph import Value
from litesmith.ops import array
from litesmith.ops.array import as_value, axis_of
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import get_item
from litesmith.ops.sizes import known_sizes
from litesmith.ops.slicing import is_computed


def _of_one_type(operands: Any) -> list[Value]:
    """Operands as values of one type; those that share one keep it, even where Keras promotes it to another."""
    if len({operand.type.dtype if isinstance(operand, Value) else None for operand in operands}) > 1:
        return promote(*operands)
    return [as_value(operand) for operand in operands]


@lowers("ops.concatenate")
def concatenate(xs: Any, axis: int = 0) -> Value:
    return array.concatenate(_of_one_type(xs), axis)


@lowers("ops.append")
def append(x1: Any, x2: Any, axis: int | None = None) -> Value:
    values = promote(x1, x2)
    if axis is None:
        return array.concatenate([array.reshape(value, (-1,)) for value in values])
    return array.concatenate(values, axis)


@lowers("ops.stack")
def stack(x: Any, axis: int = 0) -> Value:
    return array.stack(_of_one_type(x), axis)


@lowers("ops.hstack")
def hstack(xs: Any) -> Value:
    values = [_at_least(1, value) for value in _of_one_type(xs)]
    return array.concatenate(values, 0 if values[0].type.rank == 1 else 1)


@lowers("ops.vstack")
def vstack(xs: Any) -> Value:
    return array.concatenate([_at_least(2, value) for value in _of_one_type(xs)], 0)


@lowers("ops.dstack")
def dstack(xs: Any) -> Value:
    return array.concatenate([_at_least(3, value) for value in _of_one_type(xs)], 2)


def _at_least(rank: int, x: Value) -> Value:
    """With axes as numpy adds them: in front of a vector, and behind it from three axes on."""
    missing = rank - x.type.rank
    if missing <= 0:
        return x
    behind = 1 if rank == 3 and x.type.rank > 0 else 0
    return array.reshape(x, (*[1] * (missing - behind), *x.type.shape, *[1] * behind))


@lowers("ops.split")
def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Value]:
    value = as_value(x)
    place = axis_of(axis, value.type.rank)
    size = value.type.shape[place]
    if isinstance(indices_or_sections, int):
        if not isinstance(size, Dim) and size % indices_or_sections:
            raise Unsupported(f"{indices_or_sections} equal parts of size {size}")
        return array.split(value, indices_or_sections, axis)
    cuts = indices_or_sections
    if is_computed(cuts) or (isinstance(cuts, (list, tuple)) and any(map(is_computed, cuts))):
        places = list(cuts) if isinstance(cuts, (list, tuple)) else array.unstack(array.reshape(cuts, (-1,)))
        bounds = pairwise((None, *places, None))
        return [get_item(value, [*[slice(None)] * place, slice(*pair)]) for pair in bounds]
    indices = known_sizes(cuts)
    if isinstance(size, Dim) and all(not isinstance(index, Dim) and index >= 0 for index in indices):
        return [array.slice_axis(value, place, *pair) for pair in pairwise((None, *indices, None))]
    return array.split(value, _sizes_between(indices, size), axis)


def _sizes_between(indices: Sequence[Size], size: Size) -> list[Size]:
    """The sizes of the parts that an axis has when it is cut in front of these indices."""
    places = [size + index if index < 0 else index for index in indices]
    if not isinstance(size, Dim):
        places = [place if isinstance(place, Dim) else min(place, size) for place in places]
    sizes = [end - begin for begin, end in pairwise((0, *places, size))]
    return [part if isinstance(part, Dim) else max(part, 0) for part in sizes]


@lowers("ops.array_split")
def array_split(x: Any, indices_or_sections: int, axis: int = 0) -> list[Value]:
    value = as_value(x)
    size = value.type.shape[axis_of(axis, value.type.rank)]
    sizes = [ceil_div(size - part, indices_or_sections) for part in range(indices_or_sections)]
    return array.split(value, sizes, axis)


@lowers("ops.hsplit")
def hsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Value]:
    value = as_value(x)
    return split(value, indices_or_sections, 0 if value.type.rank == 1 else 1)


@lowers("ops.vsplit")
def vsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Value]:
    return split(x, indices_or_sections, 0)


@lowers("ops.dsplit")
def dsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Value]:
    return split(x, indices_or_sections, 2)


@lowers("ops.unstack")
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Value]:
    return array.unstack(as_value(x), axis)
