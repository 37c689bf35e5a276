"""Boxes chosen by their scores, in LiteRT operators.

Boxes [n, 4] are two opposite corners, each y and x.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import constant, emit, emit_many
from litesmith.ir.dims import Dim, Size, minimum, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, full, reshape, slice_axis, transpose
from litesmith.ops.bits import next_after
from litesmith.ops.creation import count_up
from litesmith.ops.cumulative import lowest
from litesmith.ops.indexing import gather, select
from litesmith.ops.ordering import top_k
from litesmith.ops.padding import pad
from litesmith.ops.scan import scan
from litesmith.ops.sizes import size_scalar
from litesmith.ops.statistics import arg_max
from litesmith.opset.detection import NonMaxSuppressionV4
from litesmith.opset.slicing import Gather

SMALLEST = float(np.finfo(np.float32).tiny)
"""The smallest number that is sure not to be taken for 0."""

NOTHING = float(lowest(DType.FLOAT32))
"""The score of a box that is not, or no longer, to be chosen."""


def best_apart(boxes: Value, scores: Value, most: Size, overlap: Value, least: Value) -> tuple[Value, Value]:
    """The places (int32 [most]) of boxes of scores above `least`, best first, and how many there are (int32 scalar).

    A box is left out where it overlaps a better one that was chosen by more than `overlap` (intersection over
    union); of boxes of equal scores the first is the better one. Behind the chosen ones stands 0.

    The kernel takes boxes of equal scores in any order, so it gets ranks for scores. It leaves out what reaches
    the overlap, so it gets the next number.
    """
    count = boxes.type.shape[0]
    in_order, order = top_k(scores, count)
    above = math.sum(cast(math.greater(in_order, least), DType.FLOAT32), 0)
    total = as_value(count, DType.FLOAT32)
    ranks = math.subtract(total, cast(count_up(0, count), DType.FLOAT32))
    last = math.maximum(math.subtract(as_value(count, DType.INT32), 1), 0)
    best = math.minimum(count_up(0, most), last)
    all_above = math.minimum(cast(above, DType.INT32), as_value(most, DType.INT32))
    known = None if overlap.constant is None else float(overlap.constant.array())
    if known is not None and known >= 1:
        chosen, found = best, all_above
    else:
        apart = _of_some_area(_picked(boxes, order))
        operands = [apart, ranks, size_scalar(most), _beyond(overlap), math.subtract(total, above)]
        chosen, found = emit_many(NonMaxSuppressionV4(), *operands)
    if known is None:
        # From 1 on no box is left out, but by the kernel those that equal a better one.
        every = math.greater_equal(overlap, 1.0)
        chosen, found = select(every, best, chosen), select(every, all_above, found)
    is_chosen = math.less(count_up(0, most), found)
    return select(is_chosen, _picked(_not_empty(order), chosen), as_value(0, DType.INT32)), found


def _not_empty(x: Value) -> Value:
    """A vector with a 0 behind it, for a place to point to where there are no boxes."""
    return concatenate([x, full((1,), 0, x.type.dtype)]) if isinstance(x.type.shape[0], Dim) else x


def _beyond(overlap: Value) -> Value:
    """The next float32, up to 1."""
    if overlap.constant is not None:
        return constant(np.clip(np.nextafter(overlap.constant.array(), np.float32(np.inf)), np.float32(SMALLEST), 1))
    return math.clip(next_after(overlap, as_value(np.inf, DType.FLOAT32)), SMALLEST, 1.0)


def _of_some_area(boxes: Value) -> Value:
    """Boxes with those that have no area, which overlap nothing, each behind all others and the one before."""
    first, last = slice_axis(boxes, 1, 0, 2), slice_axis(boxes, 1, 2, 4)
    area = math.absolute(math.product(math.subtract(last, first), 1, True))
    side = math.maximum(math.max(math.absolute(boxes)), 1.0)
    place = expand_dims(cast(count_up(1, boxes.type.shape[0] + 1), DType.FLOAT32), 1)
    start = math.multiply(math.multiply(place, side), constant(np.array([[2.0, 0.0]], np.float32)))
    outside = concatenate([start, math.add(start, side)], 1)
    return select(math.greater(area, 0.0), boxes, outside)


def best_in_turn(
    scores: Value, most: Size, least: Value, lowered: Callable[[Value, Value], Value]
) -> tuple[Value, Value, Value]:
    """The places (int32 [most]) of scores above `least`, the largest first, these scores, and how many there are.

    After each choice, `lowered(scores, place)` are the scores that are left. Behind the chosen ones stands 0.
    """
    count = scores.type.shape[0]

    def step(states: list[Value], _: list[Value]) -> tuple[Sequence[Value], Sequence[Value]]:
        (left,) = states
        place = cast(arg_max(left, 0), DType.INT32)
        kept = _picked(left, place)
        is_left = math.logical_and(math.not_equal(count_up(0, count), place), math.greater(left, NOTHING))
        return [select(is_left, lowered(left, place), as_value(NOTHING, DType.FLOAT32))], [place, kept]

    _, (places, kept) = scan(step, [scores], [], most, name="boxes")
    is_there = math.logical_and(math.greater(kept, least), math.greater(kept, NOTHING))
    found = math.sum(cast(is_there, DType.INT32), 0)
    zero, nothing = as_value(0, DType.INT32), as_value(0, DType.FLOAT32)
    return select(is_there, places, zero), select(is_there, kept, nothing), found


def best_apart_softly(
    boxes: Value, scores: Value, most: Size, least: Value, sigma: Value
) -> tuple[Value, Value, Value]:
    """What `best_in_turn` returns where a choice multiplies all scores by `exp(-overlap ** 2 / (2 sigma))`."""
    if isinstance(scores.type.shape[0], Dim):
        # There may be none, of which there is no largest one.
        boxes, scores = pad(boxes, [(0, 1), (0, 0)]), pad(scores, [(0, 1)], NOTHING)
    scale = math.divide(-0.5, sigma)

    def lowered(scores: Value, place: Value) -> Value:
        weight = math.exp(math.multiply(math.square(overlaps(boxes, _picked(boxes, place))), scale))
        return math.multiply(scores, weight)

    return best_in_turn(scores, most, least, lowered)


def overlaps(boxes: Value, box: Value) -> Value:
    """Intersection over union of each of boxes [n, 4] with one [4]; 0 where one of them has no area."""
    first, last = _corners(boxes)
    own_first, own_last = _corners(expand_dims(box, 0))
    shared = math.subtract(math.minimum(last, own_last), math.maximum(first, own_first))
    both = math.product(math.maximum(shared, 0.0), 1)
    area, own = (math.product(math.subtract(end, begin), 1) for begin, end in ((first, last), (own_first, own_last)))
    exist = math.logical_and(math.greater(area, 0.0), math.greater(own, 0.0))
    union = math.subtract(math.add(area, own), both)
    return select(exist, math.divide(both, select(exist, union, as_value(1.0))), as_value(0.0))


def _corners(boxes: Value) -> tuple[Value, Value]:
    """The corner of the least, and the one of the largest coordinates."""
    one, other = slice_axis(boxes, 1, 0, 2), slice_axis(boxes, 1, 2, 4)
    return math.minimum(one, other), math.maximum(one, other)


def scores_of(scores: Value, chosen: Value, found: Value) -> Value:
    """The scores of the boxes that `best_apart` chose, and 0 behind them."""
    is_chosen = math.less(count_up(0, chosen.type.shape[0]), found)
    return select(is_chosen, _picked(_not_empty(scores), chosen), as_value(0, DType.FLOAT32))


def _picked(x: Value, places: Value) -> Value:
    return emit(Gather(axis=0), x, places)


@dataclass(frozen=True)
class PerClass:
    """How boxes of several classes are chosen.

    Attributes:
        each: how many of a class at most.
        most: how many in all at most, which the result has places for.
    """

    each: Size
    most: Size
    overlap: Value
    least: Value


def best_of_classes(boxes: Value, scores: Value, limits: PerClass) -> tuple[Value, Value, Value, Value]:
    """Of each image the boxes that are best in a class, best first, and zeros behind them.

    Args:
        boxes: [batch, n, classes or 1, 4].
        scores: [batch, n, classes].

    Returns:
        Boxes [batch, most, 4], their scores and classes (float32 [batch, most]), and how many
        there are (int32 [batch]).
    """
    batch, count, classes = scores.type.shape
    own = boxes.type.shape[2]
    each = minimum(limits.each, count)
    rows = transpose(scores, (0, 2, 1))
    stacks = reshape(transpose(boxes, (0, 2, 1, 3)), (batch * own, count, 4))
    share = as_value(1 if own != 1 else classes, DType.INT32)

    def step(states: list[Value], slices: list[Value]) -> tuple[Sequence[Value], Sequence[Value]]:
        (place,), (row,) = states, slices
        candidates = _picked(stacks, math.floor_divide(place, share))
        chosen, found = best_apart(candidates, row, each, limits.overlap, limits.least)
        marks = math.less(count_up(0, each), found)
        best = select(marks, _picked(row, chosen), as_value(NOTHING, DType.FLOAT32))
        return [math.add(place, 1)], [best, _picked(candidates, chosen)]

    flat = reshape(rows, (batch * classes, count))
    _, (best, chosen) = scan(step, [as_value(0, DType.INT32)], [flat], product((batch, classes)), name="classes")
    return _best_in_all(
        reshape(best, (batch, classes * each)), reshape(chosen, (batch, classes * each, 4)), each, limits.most
    )


def _best_in_all(best: Value, boxes: Value, each: Size, most: Size) -> tuple[Value, Value, Value, Value]:
    """The best of all classes, whose boxes stand behind one another, `each` of a class."""
    taken = minimum(most, best.type.shape[1])
    scores, places = top_k(best, taken)
    is_there = math.greater(scores, NOTHING)
    zero = as_value(0, DType.FLOAT32)
    classes = cast(math.floor_divide(places, as_value(each, DType.INT32)), DType.FLOAT32)
    chosen = select(expand_dims(is_there, 2), gather(boxes, places, 1, 1), zero)
    behind = (0, most - taken)
    return (
        pad(chosen, [(0, 0), behind, (0, 0)]),
        pad(select(is_there, scores, zero), [(0, 0), behind]),
        pad(select(is_there, classes, zero), [(0, 0), behind]),
        math.sum(cast(is_there, DType.INT32), 1),
    )
