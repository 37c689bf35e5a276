"""Images blurred, and their edges."""

from __future__ import annotations

from typing import Any

import keras

from litesmith.frontends.keras.lowerings.layout import images_last
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import image_filters
from litesmith.ops.array import as_value, cast, move_axis, slice_axis, squeeze
from litesmith.ops.padding import Copies
from litesmith.ops.sizes import known_sizes

AROUND_EDGES: dict[str, Copies] = {"numpy": "symmetric", "tensorflow": "reflect"}
"""What the backends that have no zeros there take for the surroundings of an image whose edges are found."""

CHANNELS_FIRST = ("jax", "torch")
"""The backends that take images to have their channels first when a blur on tensors is not told."""


@lowers("ops.image.gaussian_blur")
def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Value:
    """The first of two numbers is for the width. The window has the type of the images: for integers, all its numbers
    but a 1 become 0.
    """
    x = as_value(images)
    if data_format is None and keras.backend.backend() in CHANNELS_FIRST:
        data_format = "channels_first"
    columns, rows = (
        _window(size, deviation, x.type.dtype)
        for size, deviation in zip(known_sizes(kernel_size), _numbers(sigma), strict=True)
    )
    single = cast(x, DType.FLOAT32)
    return cast(images_last(single, data_format, lambda image: image_filters.blur(image, rows, columns)), x.type.dtype)


def _window(size: int, sigma: Any, dtype: DType) -> Value:
    """The weights of a blur along one axis, as float32."""
    weights = image_filters.gaussian(int(size), sigma)
    return cast(cast(weights, dtype), DType.FLOAT32) if dtype.is_integer else weights


def _numbers(sigma: Any) -> list[Any]:
    """Two numbers, or scalars where the model computes them."""
    if isinstance(sigma, Value) and sigma.constant is None:
        return [squeeze(cast(slice_axis(sigma, 0, axis, axis + 1), DType.FLOAT32), 0) for axis in (0, 1)]
    if isinstance(sigma, Value) and sigma.constant is not None:
        return [float(number) for number in sigma.constant.array()]
    return [cast(number, DType.FLOAT32) if isinstance(number, Value) else float(number) for number in sigma]


@lowers("ops.image.sobel_edges")
def sobel_edges(images: Any, data_format: str | None = None) -> Value:
    """Integers wrap around. The edges along height and width stand in a new axis, the last."""
    x = as_value(images)
    first = (data_format or keras.config.image_data_format()) == "channels_first"
    margin = AROUND_EDGES.get(keras.backend.backend())
    edges = image_filters.sobel_edges(move_axis(x, 1, -1) if first else x, margin)
    exact = cast(edges, DType.INT32) if x.type.dtype.is_integer else edges
    return cast(move_axis(exact, 3, 1) if first else exact, x.type.dtype)
