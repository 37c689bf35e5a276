"""Functions of TensorFlow that move, join and choose elements, and those of images, in terms of `keras.ops`."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from litesmith.frontends.keras.legacy.functions import NotThisWay, function, like, only


@function("reshape", "keras.backend.reshape")
def _reshape(tensor: Any, shape: Any) -> Any:
    """Sizes may be results of other calls."""
    if isinstance(shape, (list, tuple)):
        return ops.reshape(tensor, tuple(shape))
    raise NotThisWay("a shape that the model computes")


@function("transpose", "linalg.matrix_transpose")
def _transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Any:
    only(conjugate=(conjugate, False))
    return ops.transpose(a, None if perm is None else tuple(perm))


@function("keras.backend.permute_dimensions")
def _permute_dimensions(x: Any, pattern: Any) -> Any:
    return ops.transpose(x, tuple(pattern))


@function("concat", "keras.backend.concatenate")
def _concat(values: Any, axis: int = -1) -> Any:
    return ops.concatenate(_alike(values), axis=axis)


@function("stack", "keras.backend.stack")
def _stack(values: Any, axis: int = 0) -> Any:
    return ops.stack(_alike(values), axis=axis)


def _alike(values: Any) -> list[Any]:
    """Tensors, and constants of their type."""
    tensor = next(each for each in values if isinstance(each, keras.KerasTensor) or hasattr(each, "dtype"))
    return [like(each, tensor) for each in values]


@function("unstack")
def _unstack(value: Any, num: int | None = None, axis: int = 0) -> Any:
    return ops.unstack(value, num=num, axis=axis)


@function("split")
def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> Any:
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis=axis)
    sizes = [int(size) for size in num_or_size_splits]
    if -1 in sizes:
        whole = value.shape[axis]
        if whole is None:
            raise NotThisWay("sizes of an open axis")
        sizes[sizes.index(-1)] = whole - sum(sizes) - 1
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes) - 1)]
    return ops.split(value, ends, axis=axis)


@function("expand_dims", "keras.backend.expand_dims")
def _expand_dims(input: Any, axis: Any = None, dim: Any = None) -> Any:
    axis = dim if axis is None else axis
    return ops.expand_dims(input, -1 if axis is None else axis)


@function("squeeze", "keras.backend.squeeze")
def _squeeze(input: Any, axis: Any = None, squeeze_dims: Any = None) -> Any:
    axis = squeeze_dims if axis is None else axis
    return ops.squeeze(input, axis=tuple(axis) if isinstance(axis, list) else axis)


@function("tile", "keras.backend.tile")
def _tile(input: Any, multiples: Any = None, n: Any = None) -> Any:
    repeats = multiples if n is None else n
    return ops.tile(input, tuple(repeats) if isinstance(repeats, list) else repeats)


@function("repeat", "keras.backend.repeat_elements")
def _repeat(input: Any, repeats: Any = None, axis: Any = None, rep: Any = None) -> Any:
    return ops.repeat(input, rep if repeats is None else repeats, axis=axis)


@function("pad")
def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    widths = [tuple(each) for each in paddings]
    if mode.upper() == "CONSTANT":
        return ops.pad(tensor, widths, mode="constant", constant_values=constant_values or 0)
    return ops.pad(tensor, widths, mode=mode.lower())


@function("reverse", "keras.backend.reverse")
def _reverse(tensor: Any, axis: Any = None, axes: Any = None) -> Any:
    chosen = axes if axis is None else axis
    return ops.flip(tensor, axis=tuple(chosen) if isinstance(chosen, list) else chosen)


@function("roll")
def _roll(input: Any, shift: Any, axis: Any) -> Any:
    return ops.roll(input, shift, axis=axis)


@function("broadcast_to")
def _broadcast_to(input: Any, shape: Any) -> Any:
    if not isinstance(shape, list):
        raise NotThisWay("a shape that the model computes")
    return ops.broadcast_to(input, tuple(shape))


@function("gather", "keras.backend.gather")
def _gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: Any = 0) -> Any:
    only(batch_dims=(batch_dims or 0, 0))
    indices = ops.convert_to_tensor(indices, dtype="int32") if isinstance(indices, (list, int)) else indices
    return ops.take(params, indices, axis=axis or 0)


@function("nn.embedding_lookup")
def _embedding_lookup(params: Any, ids: Any, max_norm: Any = None) -> Any:
    only(max_norm=(max_norm, None))
    return ops.take(ops.convert_to_tensor(params) if isinstance(params, list) else params, ids, axis=0)


@function("slice", "keras.backend.slice")
def _slice(input_: Any, begin: Any = None, size: Any = None, start: Any = None) -> Any:
    begin = start if begin is None else begin
    found = tuple(slice(at, None if count == -1 else at + count) for at, count in zip(begin, size, strict=True))
    return input_[found]


@function("__operators__.getitem")
def _getitem(tensor: Any, slice_spec: Any, var: Any = None) -> Any:
    items = slice_spec if isinstance(slice_spec, (list, tuple)) else [slice_spec]
    return tensor[tuple(_index(item) for item in items)]


def _index(item: Any) -> Any:
    if isinstance(item, dict):
        if item.get("class_name") in ("__ellipsis__", "Ellipsis"):
            return Ellipsis
        if set(item) == {"start", "stop", "step"}:
            return slice(item["start"], item["stop"], item["step"])
        raise NotThisWay(f"an index {item}")
    if item == "Ellipsis":
        return Ellipsis
    if item is None or (isinstance(item, int) and not isinstance(item, bool)):
        return item
    if isinstance(item, slice) or item is Ellipsis:
        return item
    raise NotThisWay("an index that the model computes")


@function("zeros_like", "keras.backend.zeros_like")
def _zeros_like(input: Any, dtype: Any = None, optimize: bool = True) -> Any:
    return ops.zeros_like(input, dtype=dtype)


@function("ones_like", "keras.backend.ones_like")
def _ones_like(input: Any, dtype: Any = None, optimize: bool = True) -> Any:
    return ops.ones_like(input, dtype=dtype)


@function("keras.backend.flatten")
def _flatten(x: Any) -> Any:
    return ops.reshape(x, (-1,))


@function("keras.backend.batch_flatten")
def _batch_flatten(x: Any) -> Any:
    return ops.reshape(x, (x.shape[0] or -1, *_whole(x.shape[1:])))


def _whole(sizes: Any) -> tuple[int, ...]:
    total = 1
    for size in sizes:
        if size is None:
            raise NotThisWay("open sizes")
        total *= size
    return (total,)


@function("einsum")
def _einsum(equation: Any, *inputs: Any, **arguments: Any) -> Any:
    """The equation may stand behind the tensors, by its name."""
    return ops.einsum(equation, *inputs)


@function("image.resize", "image.resize_images_v2")
def _resize(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Any:
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


@function("nn.depth_to_space")
def _depth_to_space(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    only(data_format=(data_format, "NHWC"))
    height, width, channels = _image_sizes(input)
    depth = channels // block_size**2
    x = ops.reshape(input, (-1, height, width, block_size, block_size, depth))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height * block_size, width * block_size, depth))


@function("nn.space_to_depth")
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
