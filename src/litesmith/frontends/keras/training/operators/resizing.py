"""Images in other sizes: each axis is a product with a matrix that is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.registry import Call, evaluates
from litesmith.frontends.keras.training.rounding import half_up, rounded
from litesmith.opset.resizing import ResizeBilinear, ResizeNearestNeighbor

Array = np.ndarray[Any, Any]


def _places(operator: Any, size: int, wanted: int) -> Array:
    """Where in the image each element of the result lies along an axis."""
    aligned = operator.align_corners and wanted > 1
    scale = np.float32(size - 1) / np.float32(wanted - 1) if aligned else np.float32(size) / np.float32(wanted)
    found = np.arange(wanted, dtype=np.float32)
    return (found + np.float32(0.5)) * scale - np.float32(0.5) if operator.half_pixel_centers else found * scale


@evaluates(ResizeBilinear)
def _bilinear(call: Call) -> Any:
    image, wanted = call.operands[0], [int(size) for size in call.known(1)]
    rows, columns = (
        _between(_places(call.operator, size, want), size) for size, want in zip(image.shape[1:3], wanted, strict=True)
    )
    resized = ops.einsum("bhwc,yh,xw->byxc", image, rows, columns)
    steps = call.made[0]
    return resized if steps is None else rounded(resized, steps.least, steps.most, half_up)


def _between(places: Array, size: int) -> Array:
    """How much of each of `size` elements is in each place."""
    places = np.maximum(places, 0)
    lower = np.minimum(np.floor(places).astype(int), size - 1)
    upper, share = np.minimum(lower + 1, size - 1), places - lower
    matrix = np.zeros((len(places), size), np.float32)
    np.add.at(matrix, (np.arange(len(places)), lower), 1 - share)
    np.add.at(matrix, (np.arange(len(places)), upper), share)
    return matrix


@evaluates(ResizeNearestNeighbor)
def _nearest(call: Call) -> Any:
    image = call.operands[0]
    for axis, want in enumerate(call.known(1), start=1):
        size = image.shape[axis]
        image = ops.take(image, _next(call.operator, size, int(want)), axis=axis)
    return image


def _next(operator: Any, size: int, wanted: int) -> Array:
    """The element next to each place; middles of elements are compared at their middles."""
    aligned = operator.align_corners and wanted > 1
    scale = np.float32(size - 1) / np.float32(wanted - 1) if aligned else np.float32(size) / np.float32(wanted)
    places = (np.arange(wanted, dtype=np.float32) + np.float32(0.5 if operator.half_pixel_centers else 0)) * scale
    found = np.floor(places + np.float32(0.5)) if operator.align_corners else np.floor(places)
    return np.clip(found, 0, size - 1).astype(np.int32)
