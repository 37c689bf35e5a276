"""Prefix beam search for connectionist temporal classification, in LiteRT operators.

Each beam is a path of labels with two scores: the logarithms of the probability of all ways to it that end
with a label, and of those that end with a blank. A step keeps the best of all paths that stay as they are or grow
by one label. Where a path grows into one that is a beam already, both are one.
"""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, nn, special
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, full, reshape, slice_axis, squeeze, transpose
from litesmith.ops.creation import count_up, one_hot
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, select
from litesmith.ops.ordering import top_k
from litesmith.ops.scan import scan
from litesmith.ops.statistics import log_sum_exp

IMPOSSIBLE = -1e20
"""The score of what cannot be: finite, so that it may be added to, and below what LOGISTIC of XNNPACK takes (4e26)."""
PAD = -1


def beam_decode(x: Value, lengths: Value, width: int, paths: int, blank: int) -> tuple[Value, Value]:
    """The most likely label sequences: int32 [paths, batch, time], -1 behind the labels, and scores [batch, paths].

    Args:
        x: logits [batch, time, classes].
        lengths: how many steps count, int32 [batch].
        width: how many paths are followed. Paths of equal score may be others than in Keras.
    """
    batch, time, classes = x.type.shape
    if isinstance(classes, Dim):
        raise Unsupported(f"an unknown number of classes, {classes}")
    search = _Search(batch, time, classes, width, blank)
    scores = nn.log_softmax(x, -1)
    start = search.first(slice_axis(scores, 1, 0, 1))
    steps = count_up(0, time)
    over = cast(math.greater_equal(steps, reshape(lengths, (batch, 1))), DType.FLOAT32)
    rest = [slice_axis(scores, 1, 1, None), slice_axis(expand_dims(over, -1), 1, 1, None)]

    def step(state: list[Value], now: list[Value]) -> tuple[list[Value], list[Value]]:
        likelihood, ended = now
        after = search.step(_Beams(*state), likelihood)
        return [search.kept(ended, *pair) for pair in zip(state, after, strict=True)], []

    final, _ = scan(step, start, rest, time - 1, axis=1, stacked=False, name="beam")
    total = special.log_add_exp(final[2], final[3])
    best, places = top_k(total, paths)
    return transpose(gather(final[0], places, 1, batch_dims=1), (1, 0, 2)), best


@dataclass(frozen=True)
class _Beams:
    """The beams of a batch: paths [batch, width, time], their lengths and both scores [batch, width]."""

    paths: Value
    lengths: Value
    spoken: Value
    silent: Value


@dataclass(frozen=True)
class _Search:
    """What all steps of one search share."""

    batch: Size
    time: Size
    classes: int
    width: int
    blank: int

    def first(self, scores: Value) -> list[Value]:
        """The beams after the first step: a class each, likely ones first, and the rest impossible."""
        count = min(self.classes, self.width)
        best, label = top_k(squeeze(scores, 1), count)
        is_blank = math.equal(label, self.blank)
        lost = as_value(IMPOSSIBLE, DType.FLOAT32)
        label = select(is_blank, constant(PAD, DType.INT32), label)
        behind = full((self.batch, count, self.time - 1), PAD, DType.INT32)
        paths = self._filled(concatenate([expand_dims(label, -1), behind], 2), PAD)
        lengths = cast(math.logical_not(is_blank), DType.INT32)
        states = [(lengths, 0), (select(is_blank, lost, best), IMPOSSIBLE), (select(is_blank, best, lost), IMPOSSIBLE)]
        return [paths, *(self._filled(state, fill) for state, fill in states)]

    def _filled(self, x: Value, fill: float) -> Value:
        """As many beams as the width."""
        missing = self.width - int(x.type.shape[1])
        if not missing:
            return x
        return concatenate([x, full((self.batch, missing, *x.type.shape[2:]), fill, x.type.dtype)], 1)

    def step(self, beams: _Beams, scores: Value) -> list[Value]:
        """The beams after one more step, whose classes have `scores` [batch, classes]."""
        total = special.log_add_exp(beams.spoken, beams.silent)
        tails = self._tails(beams)
        is_tail = one_hot(tails, self.classes, 2, DType.FLOAT32)
        grown = self._grown(beams, total, is_tail, scores)
        joins = self._joins(beams)
        joined, grown = self._join(joins, is_tail, grown)
        # A path without labels has no tail, and so nothing that could be said again.
        tail_score = math.sum(math.multiply(is_tail, expand_dims(scores, 1)), -1)
        again = select(math.less(tails, 0), as_value(IMPOSSIBLE, DType.FLOAT32), math.add(beams.spoken, tail_score))
        spoken = special.log_add_exp(again, joined)
        silent = math.add(total, slice_axis(scores, 1, self.blank, self.blank + 1))
        return self._best(beams, spoken, silent, grown)

    def _tails(self, beams: _Beams) -> Value:
        """The last label of each path, -1 for none."""
        places = math.equal(count_up(0, self.time), expand_dims(math.subtract(beams.lengths, 1), -1))
        return math.max(select(places, beams.paths, constant(PAD, DType.INT32)), -1)

    def _grown(self, beams: _Beams, total: Value, is_tail: Value, scores: Value) -> Value:
        """The score of each path with a class behind it, [batch, width, classes]; the same one only after a blank."""
        same = math.greater(is_tail, 0.0)
        before = select(same, expand_dims(beams.silent, -1), expand_dims(total, -1))
        is_blank = constant([place == self.blank for place in range(self.classes)])
        return select(is_blank, as_value(IMPOSSIBLE, DType.FLOAT32), math.add(before, expand_dims(scores, 1)))

    def _joins(self, beams: _Beams) -> Value:
        """Whether a path [batch, width, 1] is another one [batch, 1, width] without its last label."""
        last = math.equal(count_up(0, self.time), expand_dims(math.subtract(beams.lengths, 1), -1))
        prefixes = select(last, constant(PAD, DType.INT32), beams.paths)
        same = math.all(math.equal(expand_dims(beams.paths, 2), expand_dims(prefixes, 1)), -1)
        return math.logical_and(same, expand_dims(math.greater(beams.lengths, 0), 1))

    def _join(self, joins: Value, is_tail: Value, grown: Value) -> tuple[Value, Value]:
        """What other paths that grow add to the score of each path, and the scores of those that are new."""
        lost = as_value(IMPOSSIBLE, DType.FLOAT32)
        by_tail = math.matmul(grown, transpose(is_tail, (0, 2, 1)))
        joined = log_sum_exp(select(joins, by_tail, lost), 1)
        taken = math.matmul(cast(joins, DType.FLOAT32), is_tail)
        return joined, select(math.greater(taken, 0.0), lost, grown)

    def _best(self, beams: _Beams, spoken: Value, silent: Value, grown: Value) -> list[Value]:
        """The best beams among those that stay and those that grow."""
        every = (self.batch, self.width * self.classes)
        fresh = reshape(grown, every)
        candidates = concatenate([special.log_add_exp(spoken, silent), fresh], 1)
        _, places = top_k(candidates, self.width)
        grows = math.greater_equal(places, self.width)
        place = math.maximum(math.subtract(places, self.width), 0)
        parent = select(grows, math.floor_divide(place, self.classes), places)
        label = math.floor_mod(place, self.classes)
        paths, lengths = (gather(part, parent, 1, batch_dims=1) for part in (beams.paths, beams.lengths))
        here = math.equal(count_up(0, self.time), expand_dims(lengths, -1))
        written = math.logical_and(here, expand_dims(grows, -1))
        lost = full(every, IMPOSSIBLE, DType.FLOAT32)
        new_spoken = gather(concatenate([spoken, fresh], 1), places, 1, batch_dims=1)
        new_silent = gather(concatenate([silent, lost], 1), places, 1, batch_dims=1)
        new_paths = select(written, expand_dims(label, -1), paths)
        return [new_paths, math.add(lengths, cast(grows, DType.INT32)), new_spoken, new_silent]

    def kept(self, ended: Value, before: Value, after: Value) -> Value:
        """What was before where the sequence has ended."""
        over = math.greater(ended, 0.0)
        return select(over if before.type.rank == 2 else expand_dims(over, -1), before, after)
