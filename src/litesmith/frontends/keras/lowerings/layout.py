"""Keras' `data_format`, and its ways to write one number for each spatial axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from litesmith.ir.graph import Value
from litesmith.ops.array import expand_dims, move_axis, squeeze
from litesmith.ops.errors import Unsupported
from litesmith.opset.enums import Padding

PADDINGS = {"same": Padding.SAME, "valid": Padding.VALID}


def channels_last(x: Value, data_format: str | None, compute: Callable[[Value], Value], axis: int = 1) -> Value:
    """What `compute` makes of a tensor with its channels last, in the layout that the tensor has.

    `axis` is where "channels_first" has the channels; a `data_format` of None is Keras' own default.
    """
    if (data_format or keras.config.image_data_format()) == "channels_last":
        return compute(x)
    return move_axis(compute(move_axis(x, axis, -1)), -1, axis)


def images_last(x: Value, data_format: str | None, compute: Callable[[Value], Value]) -> Value:
    """`channels_last` for images, or for one image, of which `compute` gets a batch of one."""
    if x.type.rank == 3:
        return squeeze(channels_last(expand_dims(x, 0), data_format, compute), 0)
    return channels_last(x, data_format, compute)


def channels_axis(data_format: str | None) -> int:
    """Which axis of images has the channels, counted from the end; None is Keras' own default."""
    return -1 if (data_format or keras.config.image_data_format()) == "channels_last" else -3


def per_axis(numbers: Any, axes: int) -> tuple[int, ...]:
    """A number for each of the spatial axes, from one for all or a sequence."""
    if isinstance(numbers, Sequence):
        return tuple(int(number) for number in numbers) * (axes if len(numbers) == 1 else 1)
    return (int(numbers),) * axes


def padding_of(padding: Any) -> Padding:
    """The padding of this name, in either case."""
    if not isinstance(padding, str) or padding.lower() not in PADDINGS:
        raise Unsupported(f"padding={padding!r}")
    return PADDINGS[padding.lower()]
