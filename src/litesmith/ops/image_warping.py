"""Images seen from elsewhere: elements at any coordinates, in LiteRT operators.

Coordinates count elements, and lie between them where they have a fraction. They are float32: those
that are computed here are off by about 1e-7 of the image's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, reshape, slice_axis, split, transpose
from litesmith.ops.creation import count_up
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import matmul
from litesmith.ops.indexing import gather
from litesmith.ops.padding import pad
from litesmith.opset.slicing import Gather

Outside = Literal["constant", "nearest", "wrap", "mirror", "reflect"]
"""What is around an image, by the names of `scipy.ndimage`."""

Ties = Literal["up", "away", "even"]
"""What a half is rounded to: the larger whole number, the one farther from 0, the even one."""

OUTSIDE: frozenset[str] = frozenset(get_args(Outside))


@dataclass(frozen=True)
class Sampling:
    """How elements are found at coordinates.

    Attributes:
        linear: between the nearest elements along each axis; otherwise the nearest one.
        outside: what is around the image.
        fill: is there if that is "constant".
        ties: which element is nearest in the middle between two.
    """

    linear: bool
    outside: Outside
    fill: Any = 0
    ties: Ties = "up"


def sample(x: Value, coordinates: Sequence[Value], sampling: Sampling, first: int = 0, own: bool = False) -> Value:
    """Elements of x [*batch, *sizes, *rest] at coordinates for each of `sizes`: [*batch, places, *rest].

    Args:
        coordinates: float32 [places] for each of `sizes`, or [batch, places] where each image has its `own`.
        first: how many axes the batch has, 0 or 1.

    Returns:
        Elements of x's type if the nearest are taken, float32 if they are computed.
    """
    axes = range(first, first + len(coordinates))
    sizes = [x.type.shape[axis] for axis in axes]
    if sampling.outside == "constant":
        x = pad(x, [(1, 1) if axis in axes else (0, 0) for axis in range(x.type.rank)], sampling.fill)
    shape = x.type.shape
    strides = [product(shape[axis + 1 : axes.stop]) for axis in axes]
    flat = reshape(x, (*shape[:first], product(shape[first : axes.stop]), *shape[axes.stop :]))
    picking = Gather(axis=first, batch_dims=first if own else 0)
    if not sampling.linear:
        wholes = [rounded(places, sampling.ties) for places in coordinates]
        return emit(picking, flat, _places(wholes, sizes, strides, sampling.outside))
    wholes, weights = _corners(coordinates, int(own))
    corners = cast(emit(picking, flat, _places(wholes, sizes, strides, sampling.outside)), DType.FLOAT32)
    rest = (1,) * (len(shape) - axes.stop)
    weighted = math.multiply(corners, reshape(weights, (*weights.type.shape, *rest)))
    return math.sum(weighted, list(axes))


def rounded(x: Value, ties: Ties) -> Value:
    """Floats as the nearest whole numbers, exactly."""
    if ties == "even":
        return math.round_half_even(x)
    size = math.absolute(x) if ties == "away" else x
    whole = math.floor(size)
    nearest = math.add(whole, cast(math.greater_equal(math.subtract(size, whole), 0.5), x.type.dtype))
    return math.multiply(math.sign(x), nearest) if ties == "away" else nearest


def _corners(coordinates: Sequence[Value], lead: int) -> tuple[list[Value], Value]:
    """Whole coordinates of the elements around each place, an axis of two for each coordinate, and their weights.

    The new axes stand behind the `lead` first ones; coordinates and weights broadcast along them.
    """
    wholes: list[Value] = []
    weights: Value | None = None
    for number, places in enumerate(coordinates):
        spread = expand_dims(places, [lead + axis for axis in range(len(coordinates))])
        axis = lead + number
        whole = math.floor(spread)
        part = math.subtract(spread, whole)
        steps = np.reshape([0.0, 1.0], [2 if place == axis else 1 for place in range(spread.type.rank)])
        wholes.append(math.add(whole, constant(steps, DType.FLOAT32)))
        own = concatenate([math.subtract(1.0, part), part], axis)
        weights = own if weights is None else math.multiply(weights, own)
    assert weights is not None
    return wholes, weights


def _places(wholes: Sequence[Value], sizes: Sequence[Size], strides: Sequence[Size], outside: Outside) -> Value:
    """Where elements at whole coordinates stand among all, as int32."""
    total: Value | None = None
    for whole, size, stride in zip(wholes, sizes, strides, strict=True):
        along = cast(_inside(whole, size, outside), DType.INT32)
        step = along if stride == 1 else math.multiply(along, as_value(stride, DType.INT32))
        total = step if total is None else math.add(total, step)
    assert total is not None
    return total


def _inside(whole: Value, size: Size, outside: Outside) -> Value:
    """The coordinate of the element that stands at a whole coordinate, which may be outside.

    A constant is around the elements once, so that their coordinates begin with 1.
    """
    count: Any = as_value(size, DType.FLOAT32) if isinstance(size, Dim) else float(size)
    last = math.subtract(count, 1.0) if isinstance(count, Value) else count - 1.0
    if outside == "constant":
        return math.add(math.clip(whole, -1.0, count), 1.0)
    if outside == "nearest" or last == 0.0:
        return math.clip(whole, 0.0, last)
    if outside == "wrap":
        return math.floor_mod(whole, count)
    edge = last if outside == "mirror" else count
    period = math.multiply(edge, 2.0) if isinstance(edge, Value) else edge * 2.0
    around = math.floor_mod(whole, math.maximum(period, 1.0) if isinstance(period, Value) else period)
    back = math.subtract(period, around)
    return math.minimum(around, back if outside == "mirror" else math.subtract(back, 1.0))


def warp(x: Value, coordinates: Sequence[Value], sampling: Sampling) -> Value:
    """Images x [batch, height, width, channels] seen at coordinates [batch or 1, rows, columns] along height and width.

    The type of the result is that of `sample`.
    """
    batch, rows, columns = coordinates[0].type.shape
    own = isinstance(batch, Dim) or batch != 1
    lead = (batch,) if own else ()
    flat = [reshape(places, (*lead, rows * columns)) for places in coordinates]
    taken = sample(x, flat, sampling, first=1, own=own)
    return reshape(taken, (x.type.shape[0], rows, columns, x.type.shape[-1]))


def grid(rows: Size, columns: Size) -> tuple[Value, Value]:
    """The coordinates of an image's elements, float32 [1, rows, 1] and [1, 1, columns]."""
    down, across = (cast(count_up(0, size), DType.FLOAT32) for size in (rows, columns))
    return reshape(down, (1, rows, 1)), reshape(across, (1, 1, columns))


@decomposition
def affine_coordinates(transforms: Value, rows: Size, columns: Size) -> tuple[Value, Value]:
    """Where each element (x, y) of an image comes from: (a0 x + a1 y + a2, b0 x + b1 y + b2).

    Args:
        transforms: float32 [batch or 1, 8]: a0, a1, a2, b0, b1, b2, and two numbers that count for nothing.

    Returns:
        Coordinates [batch or 1, rows, columns] along height and along width.
    """
    y, x = grid(rows, columns)
    a0, a1, a2, b0, b1, b2, *_ = split(expand_dims(transforms, 1), 8, -1)
    return _plane(b0, b1, b2, x, y), _plane(a0, a1, a2, x, y)


def _plane(by_x: Value, by_y: Value, start: Value, x: Value, y: Value) -> Value:
    return math.add(math.multiply(by_x, x), math.add(math.multiply(by_y, y), start))


@decomposition
def homography_coordinates(start: Value, end: Value, rows: Size, columns: Size) -> tuple[Value, Value]:
    """Where each element comes from in the perspective that takes four points `end` (x, y) to `start`.

    Points are float32 [batch or 1, 4, 2]; the coordinates [batch, rows, columns], along height and width.
    Both quadrilaterals are seen from their last point. With L_i(p), which is 0 for p on the line through the two
    other points, p comes from the sum of w_i L_i(p) start_i (as homogeneous coordinates), where w_i is the ratio
    of the areas that two points span with the last one. Off by 1e-5 of the image's size, and by more where three
    points are nearly on a line.
    """
    start_lines, start_points, start_last = _seen_from_last(start)
    end_lines, _, end_last = _seen_from_last(end)
    areas, end_areas = (slice_axis(lines, -1, 2, 3) for lines in (start_lines, end_lines))
    weighted = math.multiply(start_points, math.divide(areas, end_areas))
    matrix = matmul(transpose(weighted, (0, 2, 1)), end_lines)
    y, x = grid(rows, columns)
    end_x, end_y = split(end_last, 2, -1)
    x, y = math.subtract(x, end_x), math.subtract(y, end_y)
    across, down, depth = (_plane(*_three(row), x, y) for row in split(matrix, 3, 1))
    start_x, start_y = split(start_last, 2, -1)
    return math.add(math.divide(down, depth), start_y), math.add(math.divide(across, depth), start_x)


def _three(row: Value) -> tuple[Value, Value, Value]:
    first, second, third = split(row, 3, -1)
    return first, second, third


def _seen_from_last(points: Value) -> tuple[Value, Value, Value]:
    """The first three of four points, seen from the last.

    Returns:
        For each of the three, the line through the two others as factors of (x, y, 1) [batch, 3, 3], whose last
        is the area that those span; the three as (x, y, 1) [batch, 3, 3]; the last point [batch, 1, 2].
    """
    last = slice_axis(points, 1, 3, 4)
    three = math.subtract(slice_axis(points, 1, 0, 3), last)
    ahead, behind = (split(gather(three, constant(order), 1), 2, -1) for order in ([1, 2, 0], [2, 0, 1]))
    (x1, y1), (x2, y2) = ahead, behind
    area = math.subtract(math.multiply(x1, y2), math.multiply(x2, y1))
    lines = concatenate([math.subtract(y1, y2), math.subtract(x2, x1), area], -1)
    one = math.add(math.multiply(x1, 0.0), 1.0)
    return lines, concatenate([three, one], -1), last
