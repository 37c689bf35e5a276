"""Picking and writing elements by index."""

from __future__ import annotations

from typing import Any

from keras import backend

from litesmith.frontends.keras.lowerings.promotion import backend_counts, promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import indexing, scattering
from litesmith.ops.array import as_value, cast, reshape, stack
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import known_sizes


@lowers("ops.get_item")
def get_item(x: Value, key: Any) -> Value:
    return indexing.get_item(x, key if isinstance(key, (tuple, list)) else (key,))


@lowers("ops.take")
def take(x: Any, indices: Any, axis: int | None = None) -> Value:
    values = as_value(x)
    return indexing.gather(reshape(values, (-1,)) if axis is None else values, indices, axis or 0)


@lowers("ops.take_along_axis")
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Value:
    values, places = as_value(x), as_value(indices)
    if axis is None:
        return indexing.take_along_axis(reshape(values, (-1,)), reshape(places, (-1,)), 0)
    return indexing.take_along_axis(values, places, axis)


@lowers("ops.where")
def where(condition: Any, x1: Any = None, x2: Any = None) -> Value | tuple[Value, ...]:
    if x1 is None:
        return _places(condition)
    return indexing.select(as_value(condition), *promote(x1, x2))


def _places(condition: Any) -> Value | tuple[Value, ...]:
    """The places of true elements, in the form that the backend gives them."""
    places = [cast(place, backend_counts()) for place in _nonzero(condition)]
    return stack(places) if backend.backend() == "torch" else tuple(places)


@lowers("ops.nonzero")
def nonzero(x: Any) -> tuple[Value, ...]:
    return tuple(cast(place, DType.INT32) for place in _nonzero(x))


def _nonzero(x: Any) -> list[Value]:
    value = as_value(x, DType.BOOL)
    if not value.type.rank:
        raise Unsupported("the places of true elements of a scalar")
    return indexing.places_of_true(value)


@lowers("ops.select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Value:
    *choices, result = promote(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = indexing.select(as_value(condition), choice, result)
    return result


@lowers("ops.slice")
def slice(inputs: Any, start_indices: Any, shape: Any) -> Value:
    x = as_value(inputs)
    return indexing.take_block(x, _from_the_front(start_indices, x), known_sizes(shape))


@lowers("ops.slice_update")
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Value:
    x = as_value(inputs)
    return indexing.write_block(x, _from_the_front(start_indices, x), as_value(updates, x.type.dtype))


@lowers("ops.scatter")
def scatter(indices: Any, values: Any, shape: Any) -> Value:
    return scattering.scatter(as_value(indices), as_value(values), known_sizes(shape))


@lowers("ops.scatter_update")
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Value:
    x = as_value(inputs)
    return scattering.scatter_update(x, as_value(indices), as_value(updates, x.type.dtype), reduction)


def _from_the_front(starts: Any, x: Value) -> Any:
    """Starts of a block; negative ones counted from the front, as the kernels would take them for 0 or refuse them."""
    sizes = x.type.shape
    if not isinstance(starts, (tuple, list)):
        return indexing.all_from_front(as_value(starts), sizes)
    return [_start_from_front(start, size) for start, size in zip(starts, sizes, strict=True)]


def _start_from_front(start: Any, size: Size) -> Any:
    if isinstance(start, int):
        return start + size if start < 0 else start
    return indexing.from_front(as_value(start), size)
