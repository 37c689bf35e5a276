"""Images resized, coloured, and shuffled with channels."""

from __future__ import annotations

import numpy as np

from litesmith.frontends.tensorflow.layout import channels_last
from litesmith.frontends.tensorflow.registry import Sizes, imports, modest
from litesmith.ir.builder import constant
from litesmith.ir.constants import Array
from litesmith.ir.dims import is_static, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import image as image_ops
from litesmith.ops import image_colors, image_resampling, image_warping, math
from litesmith.ops.array import cast, concatenate, expand_dims, split, unstack
from litesmith.ops.errors import Unsupported
from litesmith.ops.image_warping import Outside
from litesmith.ops.indexing import gather
from litesmith.ops.sizes import shape_tensor
from litesmith.ops.widening import compute
from litesmith.opset.resizing import ResizeBilinear, ResizeNearestNeighbor

KERNELS: dict[str, image_resampling.Kernel] = {
    "triangle": image_resampling.triangle,
    "keyscubic": image_resampling.cubic,
    "lanczos1": image_resampling.lanczos(1),
    "lanczos3": image_resampling.lanczos(3),
    "lanczos5": image_resampling.lanczos(5),
}


@imports("ResizeBilinear")
def resize_bilinear(x: Value, sizes: Sizes, *, align_corners: bool = False, half_pixel_centers: bool = False) -> Value:
    """Of any numbers, floats."""
    images = cast(x, DType.FLOAT32)
    if all(map(same, x.type.shape[1:3], sizes)):
        return images
    return compute(ResizeBilinear(align_corners, half_pixel_centers), images, shape_tensor(sizes))


@imports("ResizeNearestNeighbor")
def resize_nearest(x: Value, sizes: Sizes, *, align_corners: bool = False, half_pixel_centers: bool = False) -> Value:
    """Where sizes are known, elements are picked by GATHER, which is faster, along the width first."""
    old = x.type.shape[1:3]
    if not is_static((*old, *sizes)):
        return compute(ResizeNearestNeighbor(align_corners, half_pixel_centers), x, shape_tensor(sizes))
    for axis in (2, 1):
        size, new = int(old[axis - 1]), int(sizes[axis - 1])
        if size != new:
            x = gather(x, constant(_nearest(size, new, align_corners, half_pixel_centers)), axis)
    return x


def _nearest(size: int, new: int, align_corners: bool, half_pixel_centers: bool) -> Array:
    """Which old element each new one is, in TensorFlow's float32 arithmetic."""
    aligned = align_corners and new > 1
    step = np.float32(size - 1) / np.float32(new - 1) if aligned else np.float32(size) / np.float32(new)
    places = (np.arange(new, dtype=np.float32) + np.float32(0.5 if half_pixel_centers else 0.0)) * step
    picked = np.floor(places + np.float32(0.5)) if align_corners else np.floor(places)
    return np.asarray(np.clip(picked, 0, size - 1), np.int32)


@imports("ResizeBicubic")
def resize_bicubic(x: Value, sizes: Sizes, *, align_corners: bool = False, half_pixel_centers: bool = False) -> Value:
    """TensorFlow takes the weights from a table of 1024 places, so that its own results are off by some 1e-3."""
    if align_corners or not half_pixel_centers:
        raise Unsupported("bicubic resizing of TensorFlow 1; take tf.image.resize of TensorFlow 2")
    return image_resampling.resize_by_kernel(cast(x, DType.FLOAT32), sizes, image_resampling.cubic, antialias=False)


@imports("ScaleAndTranslate")
def scale_and_translate(
    x: Value,
    sizes: Sizes,
    scale: Value,
    translation: Value,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Value:
    if kernel_type not in KERNELS:
        raise Unsupported(f"resizing by the kernel {kernel_type!r}; take one of {', '.join(KERNELS)}")
    kernel = KERNELS[kernel_type]
    images = cast(x, DType.FLOAT32)
    return image_resampling.scale_and_translate(images, (1, 2), sizes, scale, translation, kernel, antialias)


@imports("RGBToHSV")
def rgb_to_hsv(x: Value) -> Value:
    return image_colors.rgb_to_hsv(x, -1)


@imports("HSVToRGB")
def hsv_to_rgb(x: Value) -> Value:
    return image_colors.hsv_to_rgb(x, -1)


@imports("SpaceToDepth")
def space_to_depth(x: Value, *, block_size: int, data_format: str = "NHWC") -> Value:
    return channels_last(x, data_format, lambda images: image_ops.space_to_depth(images, block_size))


@imports("DepthToSpace")
def depth_to_space(x: Value, *, block_size: int, data_format: str = "NHWC") -> Value:
    return channels_last(x, data_format, lambda images: image_ops.depth_to_space(images, block_size))


@imports("AdjustContrastv2")
def adjust_contrast(x: Value, factor: Value) -> Value:
    """The distance of each element from the mean of its channel in its image, times a factor."""
    mean = math.mean(x, (-3, -2), True)
    return math.add(math.multiply(math.subtract(x, mean), factor), mean)


@imports("AdjustSaturation")
def adjust_saturation(x: Value, factor: Value) -> Value:
    hue, saturation, value = split(image_colors.rgb_to_hsv(x, -1), 3, -1)
    scaled = math.clip(math.multiply(saturation, factor), 0.0, 1.0)
    return image_colors.hsv_to_rgb(concatenate([hue, scaled, value], -1), -1)


@imports("AdjustHue")
def adjust_hue(x: Value, turn: Value) -> Value:
    hue, saturation, value = split(image_colors.rgb_to_hsv(x, -1), 3, -1)
    turned = math.add(hue, turn)
    moved = math.subtract(turned, math.floor(turned))
    return image_colors.hsv_to_rgb(concatenate([moved, saturation, value], -1), -1)


OUTSIDE: dict[str, Outside] = {"CONSTANT": "constant", "REFLECT": "reflect", "NEAREST": "nearest"}


@imports("ImageProjectiveTransformV2", "ImageProjectiveTransformV3")
def projective_transform(
    x: Value, transforms: Value, sizes: Sizes, *operands: Value, interpolation: str, fill_mode: str = "CONSTANT"
) -> Value:
    """Each place of the result shows where a transform, of eight numbers, takes it."""
    if fill_mode not in OUTSIDE:
        raise Unsupported(f"a transform with fill_mode {fill_mode!r}; take one of {', '.join(OUTSIDE)}")
    modest(sizes)
    fill = operands[0] if operands else 0
    rows, columns = (cast(each, DType.FLOAT32) for each in image_warping.grid(*sizes))
    numbers = [expand_dims(each, (1, 2)) for each in unstack(transforms, 1)]

    def plane(a: Value, b: Value, c: Value | float) -> Value:
        return math.add(math.add(math.multiply(a, columns), math.multiply(b, rows)), c)

    depth = plane(numbers[6], numbers[7], 1.0)
    across, down = (math.divide(plane(*numbers[at : at + 3]), depth) for at in (0, 3))
    sampling = image_warping.Sampling(interpolation == "BILINEAR", OUTSIDE[fill_mode], fill, "away")
    return cast(image_warping.warp(x, [down, across], sampling), x.type.dtype)
