"""Windows of images as columns, and images seen at other places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from litesmith.frontends.torch.layout import channels_first, channels_last
from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, expand_dims, slice_axis, squeeze
from litesmith.ops.errors import Unsupported
from litesmith.ops.image_patches import Windows, fold, unfold
from litesmith.ops.image_warping import Sampling, warp

Pair = tuple[int, int]


def _pair(numbers: Sequence[int]) -> Pair:
    return (numbers[0], numbers[-1])


@imports("im2col")
def im2col(
    x: Value, kernel_size: Sequence[int], dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int]
) -> Value:
    if x.type.rank == 3:
        return squeeze(im2col(expand_dims(x, 0), kernel_size, dilation, padding, stride), 0)
    return unfold(x, Windows(_pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride)))


@imports("col2im")
def col2im(
    x: Value,
    output_size: Sequence[Size],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Value:
    if x.type.rank == 2:
        return squeeze(col2im(expand_dims(x, 0), output_size, kernel_size, dilation, padding, stride), 0)
    return fold(x, output_size, Windows(_pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride)))


LINEAR, NEAREST = 0, 1
ZEROS, BORDER, REFLECTION = 0, 1, 2


@imports("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
def grid_sampler(x: Value, grid: Value, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Value:
    """Images seen at a grid [batch, rows, columns, 2] of x and y in -1..1, which are the edges."""
    if x.type.rank != 4 or interpolation_mode not in (LINEAR, NEAREST):
        raise Unsupported("grid_sample of volumes, or with mode='bicubic'")
    images = channels_last(x)
    coordinates = []
    for place, axis in ((1, 1), (0, 2)):
        size = as_value(images.type.shape[axis], DType.FLOAT32)
        along = squeeze(slice_axis(grid, 3, place, place + 1), 3)
        shifted = math.multiply(math.add(along, 1.0), 0.5)
        if align_corners:
            found = math.multiply(shifted, math.subtract(size, 1.0))
        else:
            found = math.subtract(math.multiply(shifted, size), 0.5)
        coordinates.append(_reflected(found, size, align_corners) if padding_mode == REFLECTION else found)
    outside: Literal["constant", "nearest"] = "constant" if padding_mode == ZEROS else "nearest"
    return channels_first(warp(images, coordinates, Sampling(interpolation_mode == LINEAR, outside, 0, "even")))


def _reflected(x: Value, size: Value, align_corners: bool) -> Value:
    """Coordinates folded back at the middles of the outermost elements, or at their edges."""
    low = 0.0 if align_corners else -0.5
    span = math.subtract(size, 1.0) if align_corners else size
    period = math.maximum(math.multiply(span, 2.0), 1e-30)
    around = math.floor_mod(math.subtract(x, low), period)
    return math.add(math.minimum(around, math.subtract(period, around)), low)
