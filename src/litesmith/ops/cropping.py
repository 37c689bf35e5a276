"""Parts of images cut out by boxes, in one size, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, expand_dims, reshape, slice_axis
from litesmith.ops.creation import count_up
from litesmith.ops.image_warping import rounded
from litesmith.ops.indexing import select
from litesmith.opset.slicing import Gather


@dataclass(frozen=True)
class _Line:
    """Where along an axis the elements of each part come from; all are [n, new] or broadcast to it.

    Attributes:
        before: the element in front of each place (int32), or the nearest one.
        after: the one behind it.
        rest: how far the place is from the one in front; None where the nearest one is taken.
        is_inside: whether the place is between the first and the last element.
    """

    before: Value
    after: Value
    rest: Value | None
    is_inside: Value

    @staticmethod
    def of(first: Value, last: Value, size: Size, new: Size, linear: bool) -> _Line:
        """From `first` to `last` [n, 1], where 0 and 1 are the middles of the first and the last of `size` elements."""
        reach = as_value(size - 1, DType.FLOAT32)
        places = _places(first, last, reach, new)
        inside = math.logical_and(math.greater_equal(places, 0.0), math.less_equal(places, reach))
        within = math.minimum(math.maximum(places, 0.0), reach)
        if not linear:
            nearest = cast(rounded(within, "away"), DType.INT32)
            return _Line(nearest, nearest, None, inside)
        before = math.floor(within)
        rest = math.subtract(within, before)
        return _Line(cast(before, DType.INT32), cast(math.ceil(within), DType.INT32), rest, inside)


def _places(first: Value, last: Value, reach: Value, new: Size) -> Value:
    """`new` places from the first to the last one; a single one is in the middle."""
    middle = math.multiply(math.multiply(math.add(first, last), 0.5), reach)
    if not isinstance(new, Dim) and new == 1:
        return middle
    others = as_value(new - 1, DType.FLOAT32)
    step = math.divide(math.multiply(math.subtract(last, first), reach), others)
    steps = math.multiply(expand_dims(cast(count_up(0, new), DType.FLOAT32), 0), step)
    spread = math.add(math.multiply(first, reach), steps)
    return select(math.greater(others, 0.0), spread, middle) if isinstance(new, Dim) else spread


def crop_and_resize(
    images: Value, boxes: Value, owners: Value, sizes: Sequence[Size], linear: bool, fill: float
) -> Value:
    """Parts of images [batch, height, width, channels] in one size: float32 [n, *sizes, channels].

    Args:
        boxes: y and x of two corners [n, 4], where 0 and 1 are the middles of the first and the last element.
        owners: the image of each box (int32).
        linear: between the four nearest elements, along the width first; otherwise the nearest one, and halves go
            away from 0.
        fill: what is outside of an image.
    """
    _, height, width, _ = images.type.shape
    corners = [slice_axis(boxes, 1, place, place + 1) for place in range(4)]
    down = _Line.of(corners[0], corners[2], height, sizes[0], linear)
    along = _Line.of(corners[1], corners[3], width, sizes[1], linear)
    flat = reshape(cast(images, DType.FLOAT32), (product(images.type.shape[:3]), images.type.shape[3]))
    starts = reshape(math.multiply(owners, as_value(height, DType.INT32)), (boxes.type.shape[0], 1, 1))

    def elements(rows: Value, columns: Value) -> Value:
        lines = math.multiply(math.add(starts, expand_dims(rows, 2)), as_value(width, DType.INT32))
        return emit(Gather(axis=0), flat, math.add(lines, expand_dims(columns, 1)))

    def between(before: Value, after: Value, rest: Value) -> Value:
        return math.add(before, math.multiply(math.subtract(after, before), rest))

    if down.rest is None or along.rest is None:
        found = elements(down.before, along.before)
    else:
        beside, below = expand_dims(along.rest, (1, 3)), expand_dims(down.rest, (2, 3))
        lines = [
            between(elements(rows, along.before), elements(rows, along.after), beside)
            for rows in (down.before, down.after)
        ]
        found = between(lines[0], lines[1], below)
    inside = math.logical_and(expand_dims(down.is_inside, (2, 3)), expand_dims(along.is_inside, (1, 3)))
    return select(inside, found, as_value(fill, DType.FLOAT32))
