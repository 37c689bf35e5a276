"""Shapes and orders of elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ops import array, rearranging
from litesmith.ops.array import as_value
from litesmith.ops.sizes import known_sizes
from litesmith.opset.rules import sizes_of


@lowers("ops.reshape")
def reshape(x: Any, newshape: Any) -> Value:
    return array.reshape(as_value(x), known_sizes(newshape))


@lowers("ops.ravel")
def ravel(x: Any) -> Value:
    return array.reshape(as_value(x), (-1,))


@lowers("ops.expand_dims")
def expand_dims(x: Any, axis: int | Sequence[int]) -> Value:
    return array.expand_dims(as_value(x), axis)


@lowers("ops.squeeze")
def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Value:
    return array.squeeze(as_value(x), axis)


@lowers("ops.transpose")
def transpose(x: Any, axes: Sequence[int] | None = None) -> Value:
    return array.transpose(as_value(x), axes)


@lowers("ops.moveaxis")
def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Value:
    return array.move_axis(as_value(x), source, destination)


@lowers("ops.swapaxes")
def swapaxes(x: Any, axis1: int, axis2: int) -> Value:
    return rearranging.swap_axes(as_value(x), axis1, axis2)


@lowers("ops.flip")
def flip(x: Any, axis: int | Sequence[int] | None = None) -> Value:
    return array.flip(as_value(x), axis)


@lowers("ops.flipud")
def flipud(x: Any) -> Value:
    return array.flip(as_value(x), 0)


@lowers("ops.fliplr")
def fliplr(x: Any) -> Value:
    return array.flip(as_value(x), 1)


@lowers("ops.rot90")
def rot90(array: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Value:
    return rearranging.rotate(as_value(array), k, axes[0], axes[1])


@lowers("ops.roll")
def roll(x: Any, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Value:
    value = as_value(x)
    if axis is None:
        flat = array.reshape(value, (-1,))
        return array.reshape(rearranging.roll(flat, shift, 0), value.type.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else [shift] * len(axes)
    for places, place in zip(shifts, axes, strict=True):
        value = rearranging.roll(value, places, place)
    return value


@lowers("ops.broadcast_to")
def broadcast_to(x: Any, shape: Any) -> Value:
    return array.broadcast_to(as_value(x), known_sizes(shape))


@lowers("ops.repeat")
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Value:
    value = as_value(x) if axis is not None else array.reshape(as_value(x), (-1,))
    place = axis or 0
    if isinstance(repeats, Value) and sizes_of(repeats) is None and not _is_one(repeats):
        return rearranging.repeat_each(value, repeats, place)
    return rearranging.repeat(value, known_sizes(repeats), place)


def _is_one(x: Value) -> bool:
    """Whether a tensor has one element."""
    return not isinstance(x.type.elements, Dim) and x.type.elements == 1


@lowers("ops.tile")
def tile(x: Any, repeats: Any) -> Value:
    value, times = as_value(x), known_sizes(repeats)
    missing = len(times) - value.type.rank
    if missing > 0:
        value = array.reshape(value, (*[1] * missing, *value.type.shape))
    return array.tile(value, (*[1] * -missing, *times))
