"""Images [batch, channels, *spatial] in other sizes.

Coordinates are computed in float32, as torch computes them; of known sizes they are constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from litesmith.frontends.torch.layout import channels_first, channels_last
from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, is_static, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import image_resampling, math
from litesmith.ops.array import as_value, cast, reshape
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather
from litesmith.ops.sizes import known_sizes, shape_tensor
from litesmith.ops.widening import compute
from litesmith.opset.resizing import ResizeBilinear
from litesmith.opset.slicing import Gather

CUBIC = -0.75
"""torch's parameter of cubic interpolation."""


@dataclass(frozen=True)
class Axis:
    """How an axis is resized.

    Attributes:
        factor: how many times as long it becomes, where the caller says that; None where the sizes say it.
    """

    place: int
    old: Size
    new: Size
    factor: float | None
    align_corners: bool = False

    @property
    def is_same(self) -> bool:
        return same(self.old, self.new) and self.factor in (None, 1.0)

    @property
    def is_known(self) -> bool:
        return is_static((self.old, self.new))

    def scale(self) -> Any:
        """The distance of new elements, in old ones: a float32, or a value of open sizes."""
        if self.align_corners:
            if self.is_known:
                return np.float32((self.old - 1) / (self.new - 1)) if self.new > 1 else np.float32(0)
            spaces = math.maximum(as_value(self.new - 1, DType.FLOAT32), 1.0)
            return math.divide(as_value(self.old - 1, DType.FLOAT32), spaces)
        if self.factor is not None:
            return np.float32(1.0 / self.factor)
        if self.is_known:
            return np.float32(self.old) / np.float32(self.new)
        return math.divide(as_value(self.old, DType.FLOAT32), as_value(self.new, DType.FLOAT32))

    def places(self, before: float) -> Any:
        """Where new elements are, (number + before) * scale - before, as numpy's or the graph's float32."""
        scale = self.scale()
        if isinstance(self.new, Dim) or isinstance(scale, Value):
            numbers = cast(count_up(0, self.new), DType.FLOAT32)
            factor = scale if isinstance(scale, Value) else float(scale)
            shifted = math.add(numbers, before) if before else numbers
            found = math.multiply(shifted, factor)
            return math.subtract(found, before) if before else found
        return (np.arange(self.new, dtype=np.float32) + np.float32(before)) * scale - np.float32(before)


def _axes(
    x: Value, output_size: Sequence[Size] | None, factors: Sequence[float | None], align_corners: bool = False
) -> list[Axis]:
    count = len(factors) if output_size is None else len(output_size)
    first = x.type.rank - count
    olds = x.type.shape[first:]
    if output_size is None:
        news: Sequence[Size] = [_times(old, factor) for old, factor in zip(olds, factors, strict=True)]
    else:
        news = known_sizes(list(output_size))
    given = [*factors, *[None] * (count - len(factors))]
    return [
        Axis(first + at, old, new, factor, align_corners)
        for at, (old, new, factor) in enumerate(zip(olds, news, given, strict=True))
    ]


def _times(size: Size, factor: float | None) -> Size:
    """A size times a factor, rounded down."""
    assert factor is not None
    if not isinstance(size, Dim):
        return int(size * factor)
    ratio = Fraction(factor).limit_denominator(1024)
    if float(ratio) != factor:
        raise Unsupported(f"an open size times {factor}")
    return (size * ratio.numerator) // ratio.denominator


def _nearest(
    before: float,
    x: Value,
    output_size: Sequence[Size] | None = None,
    scale_factors: Sequence[float] | None = None,
    scales: float | None = None,
    scales_d: float | None = None,
    scales_h: float | None = None,
    scales_w: float | None = None,
) -> Value:
    """The element that a new one lies in: its beginning (before = 0), or its middle."""
    factors = list(scale_factors or ()) or _factors(scales, scales_d, scales_h, scales_w, x.type.rank - 2)
    axes = _axes(x, output_size, factors)
    if x.type.rank == 4 and all(_is_multiple(axis) for axis in axes):
        return channels_first(image_resampling.resize_nearest(channels_last(x), [axis.new for axis in axes]))
    for axis in axes:
        if not axis.is_same:
            x = _picked(x, axis, before)
    return x


def _factors(every: Any, depth: Any, height: Any, width: Any, axes: int) -> list[float | None]:
    """What the caller says of each of the last axes."""
    if axes == 1:
        return [every]
    return [depth, height, width][-axes:]


def _is_multiple(axis: Axis) -> bool:
    """Whether each element becomes a whole number of them."""
    if axis.factor is not None:
        return axis.factor == int(axis.factor) and same(axis.new, axis.old * int(axis.factor))
    return axis.is_known and axis.new % axis.old == 0


def _picked(x: Value, axis: Axis, before: float) -> Value:
    scale = axis.scale()
    if isinstance(axis.new, Dim) or isinstance(scale, Value):
        numbers = cast(count_up(0, axis.new), DType.FLOAT32)
        factor = scale if isinstance(scale, Value) else float(scale)
        found = math.floor(math.multiply(math.add(numbers, before) if before else numbers, factor))
        places = math.minimum(cast(found, DType.INT32), as_value(axis.old - 1, DType.INT32))
        return _gathered(x, places, axis.place)
    known = np.floor((np.arange(axis.new, dtype=np.float32) + np.float32(before)) * scale).astype(np.int32)
    if isinstance(axis.old, Dim):
        return _gathered(x, math.minimum(constant(known), as_value(axis.old - 1, DType.INT32)), axis.place)
    return gather(x, constant(np.minimum(known, axis.old - 1)), axis.place)


def _gathered(x: Value, places: Value, axis: int) -> Value:
    return emit(Gather(axis=axis), x, places)


for _name in ("1d", "2d", "3d"):
    imports(f"upsample_nearest{_name}")(partial(_nearest, 0.0))
    imports(f"_upsample_nearest_exact{_name}")(partial(_nearest, 0.5))


def _linear(
    x: Value,
    output_size: Sequence[Size] | None = None,
    align_corners: bool = False,
    scale_factors: Sequence[float] | None = None,
    scales: float | None = None,
    scales_d: float | None = None,
    scales_h: float | None = None,
    scales_w: float | None = None,
) -> Value:
    """Between the nearest elements along each axis; beyond the outermost middles, those."""
    factors = list(scale_factors or ()) or _factors(scales, scales_d, scales_h, scales_w, x.type.rank - 2)
    axes = _axes(x, output_size, factors, align_corners)
    if x.type.rank == 4 and all(_by_kernel(axis) for axis in axes):
        images = channels_last(x)
        operator = ResizeBilinear(align_corners=align_corners, half_pixel_centers=not align_corners)
        return channels_first(compute(operator, images, shape_tensor([axis.new for axis in axes])))
    for axis in axes:
        if not axis.is_same:
            x = _between(x, axis)
    return x


def _by_kernel(axis: Axis) -> bool:
    """Whether the kernel of RESIZE_BILINEAR has the distance that is asked for, which sizes alone tell it."""
    if axis.align_corners:
        return axis.is_known and axis.new > 1
    if axis.factor is None:
        return True
    return axis.factor == int(axis.factor) or (axis.is_known and axis.new == axis.old * axis.factor)


def _between(x: Value, axis: Axis) -> Value:
    places = axis.places(0.0 if axis.align_corners else 0.5)
    if not isinstance(places, Value):
        places = constant(np.maximum(places, np.float32(0)))
    else:
        places = math.maximum(places, 0.0)
    whole = math.floor(places)
    part = _shaped(math.subtract(places, whole), x, axis.place)
    last = as_value(axis.old - 1, DType.INT32)
    first = math.minimum(cast(whole, DType.INT32), last)
    second = math.minimum(math.add(first, 1), last)
    a, b = (_gathered(x, at, axis.place) for at in (first, second))
    return math.add(math.multiply(a, math.subtract(1.0, part)), math.multiply(b, part))


def _shaped(row: Value, x: Value, place: int) -> Value:
    return reshape(row, (row.type.shape[0], *[1] * (x.type.rank - place - 1)))


imports("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")(_linear)


@imports("upsample_bicubic2d")
def bicubic(
    x: Value,
    output_size: Sequence[Size] | None = None,
    align_corners: bool = False,
    scale_factors: Sequence[float] | None = None,
    scales_h: float | None = None,
    scales_w: float | None = None,
) -> Value:
    """From four elements along each axis; the outermost ones stand for those outside."""
    factors = list(scale_factors or ()) or _factors(None, None, scales_h, scales_w, 2)
    for axis in _axes(x, output_size, factors, align_corners):
        if not axis.is_same:
            x = _cubic_along(x, axis)
    return x


def _cubic_along(x: Value, axis: Axis) -> Value:
    places = axis.places(0.0 if axis.align_corners else 0.5)
    at = places if isinstance(places, Value) else constant(places)
    whole = math.floor(at)
    part = math.subtract(at, whole)
    last = as_value(axis.old - 1, DType.INT32)
    total: Value | None = None
    for offset in (-1, 0, 1, 2):
        distance = math.absolute(math.subtract(part, float(offset)))
        weight = _shaped(_near(distance) if offset in (0, 1) else _far(distance), x, axis.place)
        taken = math.minimum(math.maximum(math.add(cast(whole, DType.INT32), offset), 0), last)
        term = math.multiply(_gathered(x, taken, axis.place), weight)
        total = term if total is None else math.add(total, term)
    assert total is not None
    return total


def _near(t: Value) -> Value:
    """The cubic kernel up to a distance of 1."""
    inner = math.subtract(math.multiply(t, CUBIC + 2), CUBIC + 3)
    return math.add(math.multiply(inner, math.square(t)), 1.0)


def _far(t: Value) -> Value:
    """The cubic kernel from 1 to 2."""
    inner = math.add(math.multiply(math.subtract(math.multiply(t, CUBIC), 5 * CUBIC), t), 8 * CUBIC)
    return math.subtract(math.multiply(inner, t), 4 * CUBIC)


def _antialiased(
    kernel: Callable[..., Any],
    x: Value,
    output_size: Sequence[Size] | None = None,
    align_corners: bool = False,
    scale_factors: Sequence[float] | None = None,
    scales_h: float | None = None,
    scales_w: float | None = None,
) -> Value:
    factors = list(scale_factors or ()) or _factors(None, None, scales_h, scales_w, 2)
    axes = _axes(x, output_size, factors, align_corners)
    if align_corners or not all(_by_kernel(axis) for axis in axes):
        raise Unsupported("antialiasing with align_corners or a factor that the sizes do not have exactly")
    sizes = [axis.new for axis in axes]
    return channels_first(image_resampling.resize_by_kernel(channels_last(x), sizes, kernel, True))


imports("_upsample_bilinear2d_aa")(partial(_antialiased, image_resampling.triangle))
imports("_upsample_bicubic2d_aa")(partial(_antialiased, image_resampling.cubic))
