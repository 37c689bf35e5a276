"""Filters over the space of images [batch, height, width, channels], in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, broadcast_to, cast, reshape
from litesmith.ops.conv import depthwise_conv, known_channels
from litesmith.ops.padding import Copies, pad_with_copies
from litesmith.opset.enums import Padding

MOST_TAPS_AT_ONCE = 25
"""Up to as many elements in a window, one filter is faster than one for its rows and one for its columns."""

SOBEL = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0])
"""How fast an image grows along its width."""


def gaussian(size: int, sigma: Any) -> Value:
    """A bell of this many numbers, 1 in all: float32 [size]. `sigma` is a number or a scalar."""
    places = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    if not isinstance(sigma, Value):
        bell = np.exp(-0.5 * (places / np.float32(sigma)) ** 2)
        return constant(bell / bell.sum())
    computed = math.exp(math.multiply(math.square(math.divide(as_value(places), sigma)), -0.5))
    return math.divide(computed, math.sum(computed, 0, keep=True))


def blur(x: Value, rows: Value, columns: Value) -> Value:
    """Sums over windows, weighted by the product of a number for the row and one for the column; 0 is around x."""
    height, width = rows.type.shape[0], columns.type.shape[0]
    down, across = reshape(rows, (height, 1)), reshape(columns, (1, width))
    if height * width <= MOST_TAPS_AT_ONCE:
        return _filtered(x, math.multiply(down, across))
    return _filtered(_filtered(x, down), across)


def _filtered(x: Value, window: Value) -> Value:
    """Each channel with the same window [height, width], which stays within x with its middle."""
    if window.type.shape == (1, 1):
        return math.multiply(x, window)
    channels = known_channels(x)
    shape: Sequence[Size] = (*window.type.shape, channels, 1)
    filter = broadcast_to(reshape(window, (*window.type.shape, 1, 1)), shape)
    return depthwise_conv(x, filter, (1, 1), Padding.SAME, (1, 1))


def sobel_edges(x: Value, margin: Copies | None) -> Value:
    """How fast an image grows along its height and its width: float32 [batch, height, width, channels, 2].

    `margin` says what is around x, None for zeros. Integers up to 2**20 are exact.
    """
    channels = known_channels(x)
    single = cast(x, DType.FLOAT32)
    padding = Padding.SAME
    if margin is not None:
        single = pad_with_copies(single, [(0, 0), (1, 1), (1, 1), (0, 0)], margin)
        padding = Padding.VALID
    filter = np.repeat(np.stack([SOBEL.T, SOBEL], axis=-1)[:, :, None], channels, axis=2)
    edges = depthwise_conv(single, constant(filter, DType.FLOAT32), (1, 1), padding, (1, 1))
    return reshape(edges, (*x.type.shape, 2))
