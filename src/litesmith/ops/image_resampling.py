"""Images [batch, height, width, channels] in other sizes, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.constants import Array
from litesmith.ir.dims import Dim, Size, is_static, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, expand_dims, slice_axis
from litesmith.ops.creation import count_up
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import Term, contract
from litesmith.ops.indexing import gather, select
from litesmith.ops.sizes import shape_tensor
from litesmith.ops.widening import compute
from litesmith.opset.resizing import ResizeBilinear, ResizeNearestNeighbor

Kernel = Callable[[Any, Any], Any]
"""The weight of an element at a distance (in elements, not negative), by the functions of `numpy` or of `ops.math`."""

NEGLIGIBLE = 1000.0 * float(np.finfo(np.float32).eps)
"""A sum of weights up to which Keras has nothing in a place instead of dividing by the sum."""


def resize_nearest(x: Value, sizes: Sequence[Size]) -> Value:
    """The element that the middle of each new element lies in.

    Where sizes are known, it is picked by GATHER, along the width first as that moves less: together
    a third of the time of RESIZE_NEAREST_NEIGHBOR.
    """
    old = x.type.shape[1:3]
    if not is_static((*old, *sizes)):
        return compute(ResizeNearestNeighbor(half_pixel_centers=True), x, shape_tensor(sizes))
    for axis, size, new in ((2, old[1], sizes[1]), (1, old[0], sizes[0])):
        if size != new:
            middles = (np.arange(new, dtype=np.float32) + 0.5) * size / new
            x = gather(x, constant(np.floor(middles).astype(np.int32)), axis)
    return x


def resize_bilinear(x: Value, sizes: Sequence[Size]) -> Value:
    """Between the four elements whose middles are nearest to that of each new element."""
    if all(map(same, x.type.shape[1:3], sizes)):
        return x
    return compute(ResizeBilinear(half_pixel_centers=True), x, shape_tensor(sizes))


@decomposition
def resize_by_kernel(x: Value, sizes: Sequence[Size], kernel: Kernel, antialias: bool) -> Value:
    """Sums of elements weighted by their distance: a product with a matrix of weights along each axis.

    `antialias` widens the kernel where an axis becomes shorter, so that every element counts. Weights of
    known sizes are constants; those of dynamic ones are computed by the model, in float32: places
    are off by 1e-7 of the size.
    """
    for axis, new in zip((1, 2), sizes, strict=True):
        size = x.type.shape[axis]
        if same(size, new):
            continue
        if isinstance(size, Dim) or isinstance(new, Dim):
            step = math.divide(_number(size), _number(new))
            weights = _computed_weights(size, new, step, None, kernel, antialias)
        else:
            weights = constant(_weights(size, new, size / new, 0.0, kernel, antialias))
        x = _weighted_along(x, axis, weights)
    return x


def scale_and_translate(
    x: Value,
    axes: Sequence[int],
    sizes: Sequence[Size],
    scales: Value,
    translations: Value,
    kernel: Kernel,
    antialias: bool,
) -> Value:
    """X stretched along axes, then moved, and shown in a window of new sizes.

    The element at i comes to (i + 0.5) * scale + translation - 0.5. What is behind the edges of x is 0.
    `scales` and `translations` are float vectors with a number for each axis.
    """
    for position, (axis, new) in enumerate(zip(axes, sizes, strict=True)):
        size = x.type.shape[axis]
        if scales.constant is not None and translations.constant is not None and is_static((size, new)):
            step = 1.0 / float(scales.constant.array()[position])
            start = float(translations.constant.array()[position])
            weights = constant(_weights(int(size), int(new), step, start, kernel, antialias))
        else:
            own, moved = (slice_axis(vector, 0, position, position + 1) for vector in (scales, translations))
            weights = _computed_weights(size, new, math.reciprocal(own), moved, kernel, antialias)
        x = _weighted_along(x, axis, weights)
    return x


def _weighted_along(x: Value, axis: int, weights: Value) -> Value:
    """X with the elements along an axis summed by the columns of `weights` [size, new]."""
    order = "abcdefgh"[: x.type.rank]
    result = tuple(order.replace(order[axis], "n"))
    return contract([Term(x, tuple(order)), Term(cast(weights, x.type.dtype), (order[axis], "n"))], result)


def _weights(size: int, new: int, step: float, start: float, kernel: Kernel, antialias: bool) -> Array:
    """How much each old element counts for each new one, float32 [size, new]; for each new one 1 in all.

    Places are `step` old elements from one another, and begin where the old element 0 was moved by `start` new ones.
    Those outside of the old elements get nothing.
    """
    width = max(step, 1.0) if antialias else 1.0
    places = (np.arange(new) + 0.5 - start) * step - 0.5
    weights = kernel(np, np.abs(places - np.arange(size)[:, None]) / width)
    total = weights.sum(axis=0)
    counts = (np.abs(total) > NEGLIGIBLE) & (places >= -0.5) & (places <= size - 0.5)
    normalized: Array = np.where(counts, weights / np.where(counts, total, 1.0), 0.0)
    return normalized.astype(np.float32)


def _computed_weights(
    size: Size, new: Size, step: Value, start: Value | None, kernel: Kernel, antialias: bool
) -> Value:
    """`_weights` of sizes, a step or a start that are known when the model runs; None for a start of 0."""
    middles = math.add(cast(count_up(0, new), DType.FLOAT32), 0.5)
    places = math.subtract(math.multiply(middles if start is None else math.subtract(middles, start), step), 0.5)
    elements = expand_dims(cast(count_up(0, size), DType.FLOAT32), 1)
    distance = math.absolute(math.subtract(expand_dims(places, 0), elements))
    if antialias:
        distance = math.divide(distance, math.maximum(step, 1.0))
    weights = kernel(math, distance)
    total = math.sum(weights, 0, keep=True)
    counts = math.greater(math.absolute(total), NEGLIGIBLE)
    if start is not None:
        before_end = math.less_equal(places, math.subtract(_number(size), 0.5))
        inside = math.logical_and(math.greater_equal(places, -0.5), before_end)
        counts = math.logical_and(counts, expand_dims(inside, 0))
    return select(counts, math.divide(weights, select(counts, total, as_value(1.0))), as_value(0.0))


def _number(size: Size) -> Value:
    """A size as a float32 scalar."""
    return as_value(size, DType.FLOAT32)


def triangle(xp: Any, distance: Any) -> Any:
    """The kernel of bilinear interpolation."""
    return xp.maximum(xp.subtract(1.0, distance), 0.0)


def cubic(xp: Any, distance: Any) -> Any:
    """Keys' cubic kernel (a = -0.5): a polynomial up to 1 and another from there to 2, both 0 at their ends."""
    near = _polynomial(xp, xp.minimum(distance, 1.0), (1.5, -2.5, 0.0, 1.0))
    far = _polynomial(xp, xp.clip(distance, 1.0, 2.0), (-0.5, 2.5, -4.0, 2.0))
    return xp.add(near, far)


def _polynomial(xp: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """By Horner's rule; the coefficient of the highest power comes first."""
    total = xp.multiply(x, coefficients[0])
    for coefficient in coefficients[1:-1]:
        total = xp.multiply(xp.add(total, coefficient), x) if coefficient else xp.multiply(total, x)
    return xp.add(total, coefficients[-1])


def lanczos(radius: int) -> Kernel:
    """Lanczos' windowed sine, which is 0 from `radius` on; off by 2e-8 next to 0."""

    def kernel(xp: Any, distance: Any) -> Any:
        phase = xp.multiply(xp.clip(distance, 1e-4, float(radius)), np.pi)
        waves = xp.multiply(xp.sin(phase), xp.sin(xp.multiply(phase, 1.0 / radius)))
        return xp.divide(xp.multiply(waves, float(radius)), xp.multiply(phase, phase))

    return kernel
