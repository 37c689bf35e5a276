"""Colors of images, in LiteRT operators. Channels are along any axis."""

from __future__ import annotations

from collections.abc import Sequence

import ml_dtypes
import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ops import math
from litesmith.ops.array import axis_of, cast, concatenate, full, slice_axis
from litesmith.ops.einsum import Term, contract
from litesmith.ops.indexing import select

LUMINANCE = (0.2989, 0.5870, 0.1140)
"""How much red, green and blue count for brightness (ITU-R BT.601)."""


def rgb_to_grayscale(x: Value, axis: int) -> Value:
    """The brightness of red, green and blue, as floats, along an axis of size 1."""
    order = "abcdefgh"[: x.type.rank]
    channels = order[axis_of(axis, x.type.rank)]
    weights = Term(constant(np.array(LUMINANCE)[:, None], x.type.dtype), (channels, "g"))
    return contract([Term(x, tuple(order)), weights], tuple(order.replace(channels, "g")))


def rgb_to_hsv(x: Value, axis: int) -> Value:
    """Red, green and blue as hue, saturation and value; numbers nearer to 0 than the type's epsilon count as 0."""
    dtype = x.type.dtype
    zero = full((1,) * x.type.rank, 0.0, dtype)
    epsilon = float(ml_dtypes.finfo(dtype.numpy).eps)  # type: ignore[no-untyped-call]
    x = select(math.less(math.absolute(x), epsilon), zero, x)
    red, green, blue = (slice_axis(x, axis, channel, channel + 1) for channel in range(3))
    value, least = math.max(x, axis, keep=True), math.min(x, axis, keep=True)
    extent = math.subtract(value, least)
    one = full((1,) * x.type.rank, 1.0, dtype)
    has_color = math.greater(extent, zero)
    saturation = select(
        math.greater(value, zero),
        math.divide(extent, select(math.greater(value, zero), value, one)),
        zero,
    )
    step = math.divide(1.0, math.multiply(select(has_color, extent, one), 6.0))
    from_red = math.multiply(step, math.subtract(green, blue))
    from_green = math.add(math.multiply(step, math.subtract(blue, red)), 2.0 / 6.0)
    from_blue = math.add(math.multiply(step, math.subtract(red, green)), 4.0 / 6.0)
    hue = select(math.equal(value, red), from_red, select(math.equal(value, green), from_green, from_blue))
    around = math.add(select(has_color, hue, zero), cast(math.less(hue, zero), dtype))
    return concatenate([around, saturation, value], axis)


def hsv_to_rgb(x: Value, axis: int) -> Value:
    """Hue, saturation and value as red, green and blue; hues go around at 1."""
    dtype = x.type.dtype
    hue, saturation, value = (slice_axis(x, axis, channel, channel + 1) for channel in range(3))

    def channels(numbers: Sequence[float]) -> Value:
        shape = [1] * x.type.rank
        shape[axis] = 3
        return constant(np.reshape(np.array(numbers, dtype.numpy), shape), dtype)

    sixths = math.multiply(math.subtract(hue, math.floor(hue)), 6.0)
    away = math.absolute(math.subtract(sixths, channels([3.0, 2.0, 4.0])))
    ramps = math.clip(math.add(math.multiply(away, channels([1, -1, -1])), channels([-1, 2, 2])), 0.0, 1.0)
    shares = math.add(math.subtract(1.0, saturation), math.multiply(saturation, ramps))
    return math.multiply(value, shares)
