"""Pooling over the spatial axes of [batch, channels, *spatial]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from litesmith.frontends.torch.layout import channels_first, channels_last
from litesmith.frontends.torch.registry import Deferred, imports
from litesmith.ir.dims import Dim, Size, ceil_div
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, math, pool
from litesmith.ops.array import as_value, cast, expand_dims, reshape, squeeze, stack
from litesmith.ops.creation import count_up
from litesmith.ops.cumulative import lowest
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import take_along_axis
from litesmith.ops.margins import pad_or_cut
from litesmith.ops.statistics import arg_max
from litesmith.ops.windows import Window, reduce_windows
from litesmith.opset.enums import Padding

Numbers = Sequence[int] | int


def _each(numbers: Numbers, axes: int) -> tuple[int, ...]:
    found = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    return found * axes if len(found) == 1 else found


def _windows(
    x: Value, size: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers, ceil_mode: bool, axes: int
) -> list[Window]:
    """How windows lie over [batch, *spatial, channels]; with `ceil_mode` the last ones may reach beyond the padding."""
    sizes, amounts, dilations = (_each(numbers, axes) for numbers in (size, padding, dilation))
    strides = sizes if not isinstance(stride, int) and not len(stride) else _each(stride, axes)
    found = [Window(1)]
    for axis in range(axes):
        window = Window(sizes[axis], strides[axis], (amounts[axis], amounts[axis]), 1, dilations[axis])
        behind = _behind(x.type.shape[axis + 1], window) if ceil_mode else amounts[axis]
        found.append(Window(window.size, window.stride, (amounts[axis], behind), 1, window.dilation))
    return [*found, Window(1)]


def _behind(size: Size, window: Window) -> Size:
    """What is added behind an axis for the windows that `ceil_mode` adds, which begin inside of it."""
    before, stride = int(window.padding[0]), window.stride
    span = size + 2 * before - window.extent
    if isinstance(span, Dim):
        if stride == 1:
            return before
        raise Unsupported("ceil_mode of pooling over an axis of open size")
    count = ceil_div(span, stride) + 1
    if (count - 1) * stride >= size + before:
        count -= 1
    return max((count - 1) * stride + window.extent - size - before, before if (span % stride == 0) else -before)


def _batched(axes: int, x: Value, function: Callable[[Value], Value]) -> Value:
    """A function of [batch, *spatial, channels], of images [batch, channels, *spatial] or a single one."""
    if x.type.rank == axes + 1:
        return squeeze(_batched(axes, expand_dims(x, 0), function), 0)
    return channels_first(function(channels_last(x)))


def _max_pool(
    axes: int,
    x: Value,
    kernel_size: Numbers,
    stride: Numbers = (),
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
) -> Value:
    def pooled(images: Value) -> Value:
        windows = _windows(images, kernel_size, stride, padding, dilation, ceil_mode, axes)
        return reduce_windows("max", images, windows)

    return _batched(axes, x, pooled)


def _max_pool_with_places(
    axes: int,
    x: Value,
    kernel_size: Numbers,
    stride: Numbers = (),
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
) -> Sequence[Any]:
    values = _max_pool(axes, x, kernel_size, stride, padding, dilation, ceil_mode)
    windows = (kernel_size, stride, padding, dilation, ceil_mode)
    return [values, Deferred(lambda: _places_of_max(axes, x, *windows))]


def _places_of_max(
    axes: int, x: Value, size: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers, ceil_mode: bool
) -> Value:
    """Where the largest element of each window stands among those of its image, in row-major order."""

    def placed(images: Value) -> Value:
        windows = _windows(images, size, stride, padding, dilation, ceil_mode, axes)
        amounts = [window.padding for window in windows]
        padded = pad_or_cut(images, amounts, lowest(images.type.dtype))
        linear = pad_or_cut(_row_major(images.type.shape[1:-1]), amounts)
        values, places = (_slices(each, windows) for each in (padded, linear))
        best = math.max(values, -1, True)
        first = _first_true(math.equal(values, best))
        wide = array.broadcast_to(places, (*first.type.shape, places.type.shape[-1]))
        return squeeze(take_along_axis(wide, expand_dims(first, -1), -1), -1)

    return cast(_batched(axes, x, placed), DType.INT64)


def _first_true(x: Value) -> Value:
    return arg_max(cast(x, DType.INT32), -1)


def _row_major(sizes: Sequence[Size]) -> Value:
    """The places of an image's elements, [1, *sizes, 1]."""
    total: Value | None = None
    for axis, size in enumerate(sizes):
        along = reshape(count_up(0, size), [size if place == axis else 1 for place in range(len(sizes))])
        total = along if total is None else math.add(math.multiply(total, as_value(size, DType.INT32)), along)
    assert total is not None
    return reshape(total, (1, *sizes, 1))


def _slices(x: Value, windows: Sequence[Window]) -> Value:
    """The elements of each window, in a new last axis."""
    counts = [(size - window.extent) // window.stride + 1 for size, window in zip(x.type.shape, windows, strict=True)]
    found = []
    for place in np.ndindex(*(window.size for window in windows)):
        key = [
            slice(at * window.dilation, at * window.dilation + (count - 1) * window.stride + 1, window.stride)
            for at, window, count in zip(place, windows, counts, strict=True)
        ]
        found.append(array.strided_slice(x, key))
    return stack(found, x.type.rank)


for _axes in (1, 2, 3):
    imports(f"max_pool{_axes}d")(partial(_max_pool, _axes))
    imports(f"max_pool{_axes}d_with_indices")(partial(_max_pool_with_places, _axes))


def _average_pool(
    axes: int,
    x: Value,
    kernel_size: Numbers,
    stride: Numbers = (),
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Value:
    """Sums of windows, divided by how many elements count: with the padding, or without."""

    def pooled(images: Value) -> Value:
        windows = _windows(images, kernel_size, stride, padding, 1, ceil_mode, axes)
        count = float(np.prod([window.size for window in windows]))
        plain = [window for window in windows if window.padding != (0, 0)]
        if not plain and divisor_override is None:
            sizes, strides = [w.size for w in windows[1:-1]], [w.stride for w in windows[1:-1]]
            return pool.average_pool(images, sizes, strides, Padding.VALID)
        total = reduce_windows("sum", images, windows)
        if divisor_override is not None:
            return math.multiply(total, 1.0 / divisor_override)
        amounts = _each(padding, axes)
        if count_include_pad and all(w.padding == (a, a) for w, a in zip(windows[1:-1], amounts, strict=True)):
            return math.multiply(total, 1.0 / count)
        return math.divide(total, _counts(images, windows, amounts if count_include_pad else (0,) * axes))

    return _batched(axes, x, pooled)


def _counts(images: Value, windows: Sequence[Window], counted: Sequence[int]) -> Value:
    """How many elements of each window count: those of the image, and as many around it as `counted` says."""
    total: Value | None = None
    for axis, (size, window, own) in enumerate(zip(images.type.shape[1:-1], windows[1:-1], counted, strict=True)):
        row = array.full((size + 2 * own,), 1.0, images.type.dtype)
        before, behind = window.padding
        found = reduce_windows(
            "sum", row, [Window(window.size, window.stride, (before - own, behind - own), 1, window.dilation)]
        )
        shaped = reshape(found, [found.type.shape[0] if place == axis else 1 for place in range(len(counted))])
        total = shaped if total is None else math.multiply(total, shaped)
    assert total is not None
    return expand_dims(total, -1)


for _axes in (1, 2, 3):
    imports(f"avg_pool{_axes}d")(partial(_average_pool, _axes))


def _adaptive_average(axes: int, x: Value, output_size: Sequence[Size]) -> Value:
    if all(not isinstance(size, Dim) and size == 1 for size in output_size):
        return math.mean(x, list(range(x.type.rank - axes, x.type.rank)), True)
    sizes = _known(output_size)
    return _batched(axes, x, lambda images: pool.adaptive_average_pool(images, sizes))


def _adaptive_max(axes: int, x: Value, output_size: Sequence[Size]) -> Sequence[Any]:
    sizes = _known(output_size)
    return [_batched(axes, x, lambda images: pool.adaptive_max_pool(images, sizes)), Deferred(_no_places)]


def _no_places() -> Value:
    raise Unsupported("the places of the largest elements in adaptive pooling")


def _known(sizes: Sequence[Size]) -> list[int]:
    if any(isinstance(size, Dim) for size in sizes):
        raise Unsupported("adaptive pooling to an open size")
    return [int(size) for size in sizes]


for _axes in (1, 2, 3):
    imports(f"adaptive_avg_pool{_axes}d", f"_adaptive_avg_pool{_axes}d")(partial(_adaptive_average, _axes))
    imports(f"adaptive_max_pool{_axes}d")(partial(_adaptive_max, _axes))
