"""Functions of TensorFlow on images, in terms of `keras.ops`; all have the channels last."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from litesmith.frontends.keras.legacy.functions import NotThisWay, function, only

GRAY = (0.2989, 0.587, 0.114)
"""What TensorFlow takes of red, green and blue."""


@function("image.resize", "image.resize_images_v2")
def _resize(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    align_corners: Any = None,
) -> Any:
    if align_corners is not None:
        _placed_otherwise()
    only(preserve_aspect_ratio=(preserve_aspect_ratio, False))
    if method not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        raise NotThisWay(f"method={method!r}")
    found = ops.image.resize(
        images, tuple(size), interpolation=method, antialias=antialias, data_format="channels_last"
    )
    return found if method == "nearest" else ops.cast(found, "float32")


@function("image.flip_left_right")
def _flip_left_right(image: Any) -> Any:
    return ops.flip(image, axis=-2)


@function("image.flip_up_down")
def _flip_up_down(image: Any) -> Any:
    return ops.flip(image, axis=-3)


@function("nn.depth_to_space", "depth_to_space")
def _depth_to_space(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    only(data_format=(data_format, "NHWC"))
    height, width, channels = _image_sizes(input)
    depth = channels // block_size**2
    x = ops.reshape(input, (-1, height, width, block_size, block_size, depth))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height * block_size, width * block_size, depth))


@function("nn.space_to_depth", "space_to_depth")
def _space_to_depth(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    only(data_format=(data_format, "NHWC"))
    height, width, channels = _image_sizes(input)
    x = ops.reshape(input, (-1, height // block_size, block_size, width // block_size, block_size, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height // block_size, width // block_size, channels * block_size**2))


def _image_sizes(image: Any) -> tuple[int, int, int]:
    """Height, width and channels, all known."""
    if len(image.shape) != 4 or None in image.shape[1:]:
        raise NotThisWay("an image of open sizes")
    return image.shape[1], image.shape[2], image.shape[3]


def _pool(name: str) -> Any:
    what = getattr(ops, name)

    def call(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC") -> Any:
        only(data_format=(data_format, "NHWC"))
        size, step = _two(ksize), _two(strides)
        return what(input, size, step, padding=str(padding).lower(), data_format="channels_last")

    return call


def _two(value: Any) -> tuple[int, int]:
    """Height and width of `2`, `[2, 2]` or `[1, 2, 2, 1]`."""
    if isinstance(value, int):
        return value, value
    if len(value) == 4:
        return value[1], value[2]
    return (value[0], value[-1])


function("nn.max_pool2d", "nn.max_pool")(_pool("max_pool"))
function("nn.avg_pool2d", "nn.avg_pool")(_pool("average_pool"))


def _placed_otherwise(*arguments: Any, **keywords: Any) -> Any:
    raise NotThisWay("TensorFlow 1 placed pixels otherwise when it resized: resize in the app, or with keras.ops")


for _name in ("bilinear", "nearest_neighbor", "bicubic", "area", "images", "images_v1"):
    function(f"image.resize_{_name}")(_placed_otherwise)


@function("image.crop_to_bounding_box")
def _crop(image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    rows = slice(offset_height, offset_height + target_height)
    return image[..., rows, offset_width : offset_width + target_width, :]


@function("image.central_crop")
def _central_crop(image: Any, central_fraction: float) -> Any:
    sizes = image.shape[-3:-1]
    if None in sizes:
        raise NotThisWay("an image of open sizes")
    edges = [int((size - size * central_fraction) / 2) for size in sizes]
    rows, columns = (slice(edge, size - edge) for edge, size in zip(edges, sizes, strict=True))
    return image[..., rows, columns, :]


@function("image.rgb_to_grayscale")
def _rgb_to_grayscale(images: Any) -> Any:
    red, green, blue = (images[..., at : at + 1] * share for at, share in enumerate(GRAY))
    return red + green + blue


@function("image.per_image_standardization")
def _per_image_standardization(image: Any) -> Any:
    sizes = image.shape[-3:]
    if None in sizes:
        raise NotThisWay("an image of open sizes")
    axes = (-3, -2, -1)
    image = ops.cast(image, "float32")
    spread = ops.maximum(ops.std(image, axis=axes, keepdims=True), 1 / math.sqrt(math.prod(sizes)))
    return (image - ops.mean(image, axis=axes, keepdims=True)) / spread


@function("image.extract_patches")
def _extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    rate = _two(rates)
    only(rates=(rate[0], rate[1]))
    return ops.image.extract_patches(
        images, _two(sizes), _two(strides), dilation_rate=rate[0], padding=padding.lower(), data_format="channels_last"
    )


@function("nn.local_response_normalization", "nn.lrn")
def _local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> Any:
    """`x / (bias + alpha * sum of squares of the channels around) ** beta`."""
    channels = input.shape[-1]
    padded = ops.pad(ops.square(input), [(0, 0)] * (len(input.shape) - 1) + [(depth_radius, depth_radius)])
    total = sum(padded[..., at : at + channels] for at in range(2 * depth_radius + 1))
    return input / (bias + alpha * total) ** beta
