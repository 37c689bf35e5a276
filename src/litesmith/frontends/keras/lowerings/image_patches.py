"""Windows of images as columns and back; images are [batch, channels, height, width]."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.layout import per_axis
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import image_patches
from litesmith.ops.array import as_value
from litesmith.ops.image_patches import Windows
from litesmith.ops.sizes import known_sizes


@lowers("ops.unfold")
def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Value:
    return image_patches.unfold(as_value(input), _windows(kernel_size, dilation, padding, stride))


@lowers("ops.fold")
def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Value:
    sizes = known_sizes(output_size)
    windows = _windows(kernel_size, dilation, padding, stride)
    return image_patches.fold(as_value(x), sizes * 2 if len(sizes) == 1 else sizes, windows)


def _windows(*numbers: Any) -> Windows:
    """Size, dilation, padding and stride, each one number for both axes or two."""
    size, dilation, padding, stride = ((a, b) for a, b in (per_axis(number, 2) for number in numbers))
    return Windows(size, dilation, padding, stride)
