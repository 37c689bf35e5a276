"""Colors of images, and how much two images differ."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.layout import channels_axis
from litesmith.frontends.keras.lowerings.promotion import common_dtype, float_value, promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import image_colors, math, special
from litesmith.ops.array import as_value, cast


@lowers("ops.image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Value:
    """Integers lose their fractions; an image of one channel is gray already."""
    x = as_value(images)
    axis = channels_axis(data_format)
    if x.type.shape[axis] == 1:
        return x
    return cast(image_colors.rgb_to_grayscale(float_value(x), axis), x.type.dtype)


@lowers("ops.image.rgb_to_hsv")
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Value:
    return image_colors.rgb_to_hsv(as_value(images), channels_axis(data_format))


@lowers("ops.image.hsv_to_rgb")
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Value:
    return image_colors.hsv_to_rgb(as_value(images), channels_axis(data_format))


@lowers("ops.psnr")
def psnr(x1: Any, x2: Any, max_val: Any) -> Value:
    """`max_val` takes the type of x2; squares wrap around as those of the common type do, their mean is a float."""
    peak = as_value(max_val, as_value(x2).type.dtype)
    differences = math.subtract(*promote(x1, x2))
    error = math.mean(cast(math.square(differences), common_dtype(differences, weak=float)))
    signal = _decibels(float_value(peak), 20.0)
    return math.subtract(cast(signal, error.type.dtype), _decibels(error, 10.0))


def _decibels(x: Value, factor: float) -> Value:
    return math.multiply(special.log_of_base(x, 10.0), factor)
