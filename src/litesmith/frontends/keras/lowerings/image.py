"""Images resized, and space shuffled with channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.lowerings.layout import channels_last, images_last
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim, Size, maximum, minimum
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import image, math
from litesmith.ops import image_resampling as resampling
from litesmith.ops.array import as_value, axis_of, cast, strided_slice
from litesmith.ops.control import if_else
from litesmith.ops.errors import Unsupported
from litesmith.ops.padding import pad
from litesmith.ops.sizes import known_sizes

KERNELS = {
    "bilinear": resampling.triangle,
    "bicubic": resampling.cubic,
    "lanczos3": resampling.lanczos(3),
    "lanczos5": resampling.lanczos(5),
}

METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), "bilinear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "bicubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}
"""The kernels by the names that `scale_and_translate` has for them."""


@lowers("ops.image.resize")
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: Any = 0.0,
    data_format: str | None = None,
) -> Value:
    sizes = known_sizes(size)

    def resized(x: Value) -> Value:
        if crop_to_aspect_ratio:
            x = _cropped(x, sizes)
        elif pad_to_aspect_ratio:
            x = _padded(x, sizes, fill_value)
        return _resized(x, sizes, interpolation, antialias)

    return images_last(as_value(images), data_format, resized)


def _resized(x: Value, sizes: Sequence[Size], interpolation: str, antialias: bool) -> Value:
    """Integers are computed as floats, rounded, and do not leave the range that they had."""
    if interpolation == "nearest":
        return resampling.resize_nearest(x, sizes)
    if interpolation not in KERNELS:
        raise Unsupported(f"interpolation={interpolation!r}")
    dtype = x.type.dtype
    old = x if dtype.is_float else cast(x, DType.FLOAT32)
    if interpolation == "bilinear" and not (antialias and _shrinks(x, sizes)):
        new = resampling.resize_bilinear(old, sizes)
    else:
        new = resampling.resize_by_kernel(old, sizes, KERNELS[interpolation], antialias)
    if interpolation == "bilinear" and not dtype.is_float:
        return cast(math.round_half_even(new), dtype)
    return _in_range_of(old, new, dtype)


@lowers("ops.image.scale_and_translate")
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Value:
    if method not in METHODS:
        raise Unsupported(f"method={method!r}")
    x = as_value(images)
    sizes = known_sizes(output_shape)
    axes = [axis_of(axis, x.type.rank) for axis in spatial_dims]
    dtype = x.type.dtype
    old = x if dtype.is_float else cast(x, DType.FLOAT32)
    scales, moves = (as_value(numbers, DType.FLOAT32) for numbers in (scale, translation))
    kernel = KERNELS[METHODS[method]]
    new = resampling.scale_and_translate(old, axes, [sizes[axis] for axis in axes], scales, moves, kernel, antialias)
    return _in_range_of(old, new, dtype)


def _in_range_of(old: Value, new: Value, dtype: DType) -> Value:
    """Computed floats as the images' type: integers are rounded, and stay in the range of the old ones."""
    if dtype.is_float:
        return new
    return cast(math.clip(math.round_half_even(new), math.min(old), math.max(old)), dtype)


def _shrinks(x: Value, sizes: Sequence[Size]) -> bool:
    """Whether an axis may become shorter."""
    return any(isinstance(new - old, Dim) or new < old for old, new in zip(x.type.shape[1:3], sizes, strict=True))


def _cropped(x: Value, sizes: Sequence[Size]) -> Value:
    """The largest part in the middle that has the proportions of `sizes`."""
    height, width = x.type.shape[1:3]
    kept = (
        maximum(minimum(height, width * sizes[0] // sizes[1]), 1),
        maximum(minimum(width, height * sizes[1] // sizes[0]), 1),
    )
    starts = [(size - part) // 2 for size, part in zip((height, width), kept, strict=True)]
    return strided_slice(x, [slice(None), *(slice(a, a + part) for a, part in zip(starts, kept, strict=True))])


def _padded(x: Value, sizes: Sequence[Size], fill: Any) -> Value:
    """Between margins that give it the proportions of `sizes`."""
    height, width = x.type.shape[1:3]
    above = (maximum(height, width * sizes[0] // sizes[1]) - height) // 2
    beside = (maximum(width, height * sizes[1] // sizes[0]) - width) // 2
    return pad(x, [(0, 0), (above, above), (beside, beside), (0, 0)], fill)


@lowers("layers.CenterCrop")
def center_crop(layer: Any, data: Any, training: bool = True) -> Any:
    """The middle of images, or smaller ones enlarged: of open sizes, the model finds out which."""
    sizes = (layer.height, layer.width)
    first = layer.data_format == "channels_first"
    axes = (-2, -1) if first else (-3, -2)
    if isinstance(data, dict) or not any(isinstance(data.type.shape[axis], Dim) for axis in axes):
        return to_values(layer.call(to_tensors(data), training=training))
    x = cast(data, DType(layer.compute_dtype))
    rests = [x.type.shape[axis] - size for axis, size in zip(axes, sizes, strict=True)]

    def cropped() -> list[Value]:
        key = [slice(None)] * x.type.rank
        for axis, rest, size in zip(axes, rests, sizes, strict=True):
            key[axis] = slice(maximum(rest // 2, 0), maximum(rest // 2, 0) + size)
        return [strided_slice(x, key)]

    def enlarged() -> list[Value]:
        return [resize(x, sizes, crop_to_aspect_ratio=True, data_format=layer.data_format)]

    if any(not isinstance(rest, Dim) and rest < 0 for rest in rests):
        return enlarged()[0]
    fits = [math.greater_equal(as_value(rest, DType.INT32), 0) for rest in rests if isinstance(rest, Dim)]
    return if_else(math.logical_and(fits[0], fits[-1]), cropped, enlarged, "crop")[0]


@lowers("layers.UpSampling2D")
def up_sampling_2d(layer: Any, inputs: Value) -> Value:
    def enlarged(x: Value) -> Value:
        sizes = [size * factor for size, factor in zip(x.type.shape[1:3], layer.size, strict=True)]
        return _resized(x, sizes, layer.interpolation, antialias=False)

    return channels_last(inputs, layer.data_format, enlarged)


@lowers("ops.depth_to_space")
def depth_to_space(x: Any, block_size: int, data_format: str | None = "channels_last") -> Value:
    value = as_value(x)
    block = int(block_size)

    def spread(images: Value) -> Value:
        if _counts_channels_first(data_format):
            channels = images.type.shape[-1] // block**2
            images = image.regroup_channels(images, (channels, block, block), (1, 2, 0))
        return image.depth_to_space(images, block)

    return channels_last(value, data_format, spread)


@lowers("ops.space_to_depth")
def space_to_depth(x: Any, block_size: int, data_format: str | None = "channels_last") -> Value:
    value = as_value(x)
    block = int(block_size)

    def gathered(images: Value) -> Value:
        channels = images.type.shape[-1]
        result = image.space_to_depth(images, block)
        if not _counts_channels_first(data_format):
            return result
        return image.regroup_channels(result, (block, block, channels), (2, 0, 1))

    return channels_last(value, data_format, gathered)


def _counts_channels_first(data_format: str | None) -> bool:
    """Whether the places of a block are counted within a channel; TensorFlow counts channels within a place."""
    first = (data_format or keras.config.image_data_format()) == "channels_first"
    return first and keras.backend.backend() != "tensorflow"
