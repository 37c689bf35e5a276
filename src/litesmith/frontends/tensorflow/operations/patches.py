"""Windows of images: as they are, their largest elements with their places, and what morphology makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.layout import Edges, spatial
from litesmith.frontends.tensorflow.registry import Sizes, imports, modest
from litesmith.ir.dims import Size, ceil_div, maximum, product, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, stack, strided_slice, unstack
from litesmith.ops.creation import count_up
from litesmith.ops.cumulative import lowest
from litesmith.ops.einsum import Term, contract
from litesmith.ops.errors import Unsupported
from litesmith.ops.padding import pad
from litesmith.ops.statistics import arg_max
from litesmith.opset.enums import Padding

MOST_ELEMENTS = 4096
"""Of a window, as each of them is a slice of its own."""


@dataclass(frozen=True)
class Windows:
    """Windows that move over the axes between the first and the last one of a tensor; a number for each of them."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Padding

    def around(self, sizes: Sequence[Size]) -> list[tuple[Size, Size]]:
        """How much is missing around each axis."""
        if self.padding is not Padding.SAME:
            return [(0, 0)] * len(self.size)
        amounts: list[tuple[Size, Size]] = []
        for size, reach, step in zip(sizes, self.reach, self.stride, strict=True):
            total = maximum((ceil_div(size, step) - 1) * step + reach - size, 0)
            amounts.append((total // 2, total - total // 2))
        return amounts

    @property
    def reach(self) -> list[int]:
        """How far the first and the last element of a window are apart, both counted."""
        return [(size - 1) * step + 1 for size, step in zip(self.size, self.dilation, strict=True)]

    def elements(self, x: Value, fill: Any) -> list[Value]:
        """Of each window, the first element, then the second and so on: each [batch, *windows, channels]."""
        if product(self.size) > MOST_ELEMENTS:
            raise Unsupported(f"windows of {product(self.size)} elements each")
        padded = pad(x, [(0, 0), *self.around(x.type.shape[1:-1]), (0, 0)], fill)
        counts = [
            (size - reach) // step + 1
            for size, reach, step in zip(padded.type.shape[1:-1], self.reach, self.stride, strict=True)
        ]
        found = []
        for place in np.ndindex(*self.size):
            starts = [index * step for index, step in zip(place, self.dilation, strict=True)]
            key = [
                slice(start, start + (count - 1) * step + 1, step)
                for start, count, step in zip(starts, counts, self.stride, strict=True)
            ]
            found.append(strided_slice(padded, [slice(None), *key]))
        return found


def _windows(size: Sequence[int], stride: Sequence[int], dilation: Sequence[int], padding: str) -> Windows:
    layout = "NHWC" if len(size) == 4 else "NDHWC"
    edges = Edges.of(padding, (), layout)
    return Windows(spatial(size, layout), spatial(stride, layout), spatial(dilation, layout), edges.padding)


@imports("ExtractImagePatches")
def image_patches(
    images: Value, *, ksizes: Sequence[int], strides: Sequence[int], rates: Sequence[int], padding: str
) -> Value:
    """All elements of a window behind one another, its channels together."""
    windows = _windows(ksizes, strides, rates, padding)
    return concatenate(windows.elements(images, 0), -1)


@imports("ExtractVolumePatches")
def volume_patches(volumes: Value, *, ksizes: Sequence[int], strides: Sequence[int], padding: str) -> Value:
    windows = _windows(ksizes, strides, (1,) * 5, padding)
    return concatenate(windows.elements(volumes, 0), -1)


@imports("MaxPoolWithArgmax", outputs=("output", "argmax"))
def max_pool_with_places(
    x: Value,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    include_batch_in_index: bool = False,
    Targmax: DType = DType.INT64,
) -> tuple[Value, Value]:
    """The largest elements, and where they stand in the image as a vector, or in all images."""
    windows = _windows(ksize, strides, (1, 1, 1, 1), padding)
    batch, height, width, channels = x.type.shape
    candidates = stack(windows.elements(x, lowest(x.type.dtype)), 3)
    element = arg_max(candidates, 3)
    across = as_value(windows.size[1], DType.INT32)
    down, along = math.floor_divide(element, across), math.floor_mod(element, across)
    starts = [
        math.subtract(math.multiply(count_up(0, count), step), as_value(before, DType.INT32))
        for count, step, (before, _) in zip(
            element.type.shape[1:3], windows.stride, windows.around(x.type.shape[1:3]), strict=True
        )
    ]
    row = math.add(down, expand_dims(starts[0], (1, 2)))
    if include_batch_in_index:
        row = math.add(row, expand_dims(math.multiply(count_up(0, batch), as_value(height, DType.INT32)), (1, 2, 3)))
    linear = math.add(math.multiply(row, as_value(width, DType.INT32)), math.add(along, expand_dims(starts[1], 1)))
    place = math.add(math.multiply(linear, as_value(channels, DType.INT32)), count_up(0, channels))
    return math.max(candidates, 3), cast(place, Targmax)


@imports("Dilation2D")
def dilate(x: Value, filter: Value, *, strides: Sequence[int], rates: Sequence[int], padding: str) -> Value:
    """The largest sum of an element of a window and the number that the filter [height, width, channels] has for it."""
    height, width = (int(size) for size in filter.type.shape[:2])
    windows = _windows((1, height, width, 1), strides, rates, padding)
    rows = [number for row in unstack(filter, 0) for number in unstack(row, 0)]
    sums = [
        math.add(element, number)
        for element, number in zip(windows.elements(x, lowest(x.type.dtype)), rows, strict=True)
    ]
    largest = sums[0]
    for each in sums[1:]:
        largest = math.maximum(largest, each)
    return largest


@imports("ResizeArea")
def resize_area(x: Value, sizes: Sizes, *, align_corners: bool = False) -> Value:
    """The mean of what each new element covers, parts of elements counting as much as is covered."""
    if align_corners:
        raise Unsupported("resizing by area with align_corners of TensorFlow 1; take tf.image.resize of TensorFlow 2")
    modest(sizes)
    images = cast(x, DType.FLOAT32)
    for axis, letter in ((1, "h"), (2, "w")):
        size, new = images.type.shape[axis], sizes[axis - 1]
        if not same(size, new):
            kept = "bhwc".replace(letter, "n")
            images = contract([Term(images, tuple("bhwc")), Term(_covered(size, new), (letter, "n"))], tuple(kept))
    return images


def _covered(size: Size, new: Size) -> Value:
    """How much of each new element an old one covers: float32 [size, new]."""
    step = math.divide(as_value(size, DType.FLOAT32), as_value(new, DType.FLOAT32))
    first = expand_dims(cast(count_up(0, size), DType.FLOAT32), 1)
    begin = math.multiply(expand_dims(cast(count_up(0, new), DType.FLOAT32), 0), step)
    end = math.minimum(math.add(first, 1.0), math.add(begin, step))
    return math.divide(math.maximum(math.subtract(end, math.maximum(first, begin)), 0.0), step)
