"""Windows of images taken as columns, and columns put together to images, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.constants import Array
from litesmith.ir.dims import Dim, Size, is_static, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, expand_dims, reshape, stack, strided_slice, transpose
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather
from litesmith.ops.padding import pad
from litesmith.ops.scattering import scatter

Pair = tuple[int, int]

MOST_INDICES = 16 * 1024
"""Up to so many elements, the windows of an image are taken by one GATHER, whose indices are in the file."""


@dataclass(frozen=True)
class Windows:
    """Windows that move over an image; two numbers each, for height and width."""

    size: Pair
    dilation: Pair
    padding: Pair
    stride: Pair

    def counts(self, sizes: Sequence[Size]) -> tuple[Size, ...]:
        """How many windows an image has along each axis."""
        return tuple(
            (size + 2 * padding - dilation * (window - 1) - 1) // stride + 1
            for size, window, dilation, padding, stride in zip(
                sizes, self.size, self.dilation, self.padding, self.stride, strict=True
            )
        )

    def places(self, sizes: Sequence[int]) -> Array:
        """Which element of the padded image each element of each window is.

        int32 [height * width of the window, windows].
        """
        padded = [size + 2 * padding for size, padding in zip(sizes, self.padding, strict=True)]
        counts = [int(count) for count in self.counts(sizes)]
        rows, columns = (
            np.arange(window)[:, None] * dilation + np.arange(count) * stride
            for window, dilation, count, stride in zip(self.size, self.dilation, counts, self.stride, strict=True)
        )
        linear = rows[:, None, :, None] * padded[1] + columns[None, :, None, :]
        return linear.reshape(self.size[0] * self.size[1], -1).astype(np.int32)


def unfold(x: Value, windows: Windows) -> Value:
    """Each window of x [batch, channels, height, width] as a column, its channels first: [batch, elements, windows]."""
    batch, channels, *sizes = x.type.shape
    rows, columns = windows.padding
    padded = pad(x, [(0, 0), (0, 0), (rows, rows), (columns, columns)])
    elements = windows.size[0] * windows.size[1]
    if not is_static(tuple(sizes)) or elements * product(windows.counts(sizes)) > MOST_INDICES:
        return _unfold_by_slicing(padded, windows.counts(sizes), windows)
    flat = reshape(padded, (batch, channels, product(padded.type.shape[2:])))
    taken = gather(flat, constant(windows.places([int(size) for size in sizes])), 2)
    return reshape(taken, (batch, channels * elements, taken.type.shape[-1]))


def _unfold_by_slicing(padded: Value, counts: Sequence[Size], windows: Windows) -> Value:
    """Each element of the windows is a slice of the image."""
    batch, channels, *_ = padded.type.shape
    slices = []
    for place in np.ndindex(*windows.size):
        starts = [index * dilation for index, dilation in zip(place, windows.dilation, strict=True)]
        ranges = [
            slice(start, start + (count - 1) * stride + 1, stride)
            for start, count, stride in zip(starts, counts, windows.stride, strict=True)
        ]
        part = strided_slice(padded, [slice(None), slice(None), *ranges])
        slices.append(reshape(part, (batch, channels, product(part.type.shape[2:]))))
    taken = stack(slices, 2)
    return reshape(taken, (batch, channels * len(slices), taken.type.shape[-1]))


def fold(x: Value, sizes: Sequence[Size], windows: Windows) -> Value:
    """Sums of the windows [batch, elements, windows] in the places that they cover: [batch, channels, height, width].

    Where sizes are known, each element of the result is picked from all those that come to its place.
    """
    batch, elements, count = x.type.shape
    if isinstance(count, Dim) or isinstance(elements, Dim) or not is_static(tuple(sizes)):
        return _fold_by_scattering(x, sizes, windows)
    height, width = (int(size) for size in sizes)
    places = windows.places([height, width]).reshape(-1)
    padded = (height + 2 * windows.padding[0], width + 2 * windows.padding[1])
    sources = _sources(places, padded[0] * padded[1]).reshape(-1, *padded)
    rows, columns = windows.padding
    kept = sources[:, rows : rows + height, columns : columns + width].reshape(-1, height * width)
    channels = elements // (windows.size[0] * windows.size[1])
    flat = pad(reshape(x, (batch, channels, len(places))), [(0, 0), (0, 0), (0, 1)])
    terms = gather(flat, constant(kept), 2)
    return reshape(math.sum(terms, 2), (batch, channels, height, width))


def _fold_by_scattering(x: Value, sizes: Sequence[Size], windows: Windows) -> Value:
    batch, elements, _ = x.type.shape
    rows, columns = (size + 2 * padding for size, padding in zip(sizes, windows.padding, strict=True))
    channels = elements // (windows.size[0] * windows.size[1])
    down, across = (
        math.add(
            math.multiply(reshape(count_up(0, window), (window, 1)), dilation),
            math.multiply(count_up(0, count), stride),
        )
        for window, dilation, count, stride in zip(
            windows.size, windows.dilation, windows.counts(sizes), windows.stride, strict=True
        )
    )
    wide = math.multiply(expand_dims(down, (1, 3)), as_value(columns, DType.INT32))
    places = reshape(math.add(wide, expand_dims(across, (0, 2))), (-1, 1))
    updates = reshape(x, (batch * channels, places.type.shape[0]))
    padded = reshape(
        transpose(scatter(places, transpose(updates), (rows * columns, batch * channels))),
        (batch, channels, rows, columns),
    )
    above, beside = windows.padding
    return strided_slice(
        padded, [slice(None), slice(None), slice(above, above + sizes[0]), slice(beside, beside + sizes[1])]
    )


def _sources(places: Array, size: int) -> Array:
    """Where the elements come from that come to each of `size` places, int32 [most for a place, size].

    Where a place has fewer, what stands behind the last element fills in.
    """
    order = np.argsort(places, kind="stable")
    sorted_places = places[order]
    counts = np.bincount(places, minlength=size)
    ranks = np.arange(len(places)) - (np.cumsum(counts) - counts)[sorted_places]
    sources = np.full((max(int(counts.max(initial=0)), 1), size), len(places), np.int32)
    sources[ranks, sorted_places] = order
    return sources
