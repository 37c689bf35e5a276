"""What values a model's activations take on data: histograms of every float32 tensor, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from math import gcd
from typing import Any

import numpy as np

from litesmith.ir.graph import Graph, Model, Value
from litesmith.ir.types import DType
from litesmith.quantization.aside import Aside
from litesmith.quantization.stepping import Stepwise

Array = np.ndarray[Any, Any]
Run = tuple[list[Array], list[Array]]
"""Inputs and outputs of a model."""
BINS = 2048
MASK = 1e6
"""What other values than these stand beside is a mask: -1e9 is added to the scores that attention leaves out."""
BESIDE = 1e3
"""How many times as large as the others they are at least."""
NARROWEST = 1e-30
"""Of a range that can be divided into bins."""
MOST_BYTES = 256 * 2**20
"""Of all activations at once: larger batches are cut. As much may wait to be counted while the next ones run."""
ROWS = 2**13
"""Of so many rows of a batch, evenly spread, sums and squares are taken; extremes are of all."""
COUNTED = 2**16
"""So many values of a batch are counted of those that are not far out."""
COUNTED_TOGETHER = 2**15
"""So many numbers are counted at once: to count few takes as long."""


@dataclass
class Histogram:
    """How often values of a tensor fall where; widens as it sees more.

    Attributes:
        counts: of `BINS` bins of equal width from `low` to `high`.
        seen: how many values there were.
        least, most: the smallest and the largest.
        sums: of the values, for each index of the last axis.
        squares: of the values, summed up for each index of the last axis.
        lows, highs: the smallest and the largest, for each index of the last axis.
        peaks: the largest magnitude, for each index of the last axis.
        unusable: how many were not numbers; they are not counted.
        masks: whether there were numbers that stand for minus infinity, as masks of attention do (and for plus
            infinity); they are not counted either, and any integer at the edge will do for them.
        batches: the smallest and the largest of what was added each time.
        has_counts: whether values are counted, which takes as long as all the rest.
    """

    low: float = 0.0
    high: float = 0.0
    counts: Array = field(default_factory=lambda: np.zeros(BINS))
    seen: int = 0
    least: float = np.inf
    most: float = -np.inf
    sums: Array | None = None
    squares: Array | None = None
    lows: Array | None = None
    highs: Array | None = None
    peaks: Array | None = None
    unusable: int = 0
    masks: tuple[bool, bool] = (False, False)
    batches: list[tuple[float, float]] = field(default_factory=list)
    has_counts: bool = True

    def add(self, values: Array, may_be_mask: bool = False, ends: tuple[Array, Array] | None = None) -> None:
        """Count the values of one batch.

        Args:
            may_be_mask: whether all of them may stand for infinity.
            ends: the smallest and the largest for each index of the last axis, where they are known.
        """
        rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(-1, 1)
        lows, highs = ends or _extremes(rows)
        if not np.maximum(-lows, highs).max(initial=0) < MASK:  # or there are some that are no numbers
            rows = self._without_masks(self._numbers(rows), may_be_mask)
            lows, highs = _extremes(rows)
        if rows.size == 0:
            return
        self._add_channels(rows, lows, highs)
        least, most = float(lows.min()), float(highs.max())
        self.least, self.most = min(self.least, least), max(self.most, most)
        self.batches.append((least, most))
        self._widen(least, most)
        if self.has_counts and self.high - self.low > NARROWEST:
            self.counts += counted(rows, self.low, self.high)
        self.seen += rows.size

    def _numbers(self, rows: Array) -> Array:
        """The values with 0 for those that are not numbers."""
        if np.isnan(rows).any():
            self.unusable += int(np.isnan(rows).sum())
            rows = np.nan_to_num(rows, nan=0.0, posinf=np.inf, neginf=-np.inf)
        return rows

    def _add_channels(self, rows: Array, lows: Array, highs: Array) -> None:
        """Note what each index of the last axis holds, as long as there are as many of them."""
        some = rows[:: -(-len(rows) // ROWS)]
        share = len(rows) / len(some)
        sums = share * some.sum(0, dtype=np.float64)
        squares = share * np.einsum("rc,rc->c", some, some, dtype=np.float64)
        if self.sums is None or self.squares is None or self.lows is None or self.highs is None:
            self.sums, self.squares, self.lows, self.highs = sums, squares, lows, highs
        elif self.sums.shape == sums.shape:
            self.sums, self.squares = self.sums + sums, self.squares + squares
            self.lows, self.highs = np.minimum(self.lows, lows), np.maximum(self.highs, highs)
        self.peaks = np.maximum(self.highs, -self.lows)

    def _without_masks(self, rows: Array, may_be_all: bool) -> Array:
        """The values without those that are so far off that they only say that something is left out."""
        magnitudes = np.abs(rows)
        far = magnitudes >= MASK
        if not far.any():
            return rows
        if far.all():
            if np.isfinite(rows).all() and not may_be_all:
                return rows
        elif magnitudes[far].min() < BESIDE * magnitudes[~far].max():
            return rows  # they are large, and not alone
        self.masks = (self.masks[0] or bool((rows <= -MASK).any()), self.masks[1] or bool((rows >= MASK).any()))
        return rows[~far].reshape(-1, 1)

    @property
    def means(self) -> Array | None:
        """The mean of each index of the last axis."""
        return None if self.sums is None or not self.seen else self.sums * len(self.sums) / self.seen

    def merged(self, other: Histogram) -> Histogram:
        """Both together."""
        found = Histogram(self.low, self.high, self.counts.copy(), self.seen + other.seen)
        found.least, found.most = min(self.least, other.least), max(self.most, other.most)
        found.masks = (self.masks[0] or other.masks[0], self.masks[1] or other.masks[1])
        found.batches = [
            (min(least, other_least), max(most, other_most))
            for (least, most), (other_least, other_most) in zip_longest(
                self.batches, other.batches, fillvalue=(np.inf, -np.inf)
            )
        ]
        found._widen(other.low, other.high)
        if other.high - other.low > NARROWEST:
            found.counts += _moved(other.counts, other.low, other.high, found.low, found.high)
        return found

    def scaled(self, factors: Array) -> Histogram | None:
        """What is held of each index of the last axis, times its factor above 0; values are not counted.

        None where that is not known.
        """
        if self.sums is None or self.squares is None or self.lows is None or self.highs is None:
            return None
        if factors.shape != self.sums.shape:
            return None
        found = Histogram(seen=self.seen, unusable=self.unusable, masks=self.masks, has_counts=False)
        found.sums, found.squares = factors * self.sums, factors**2 * self.squares
        found.lows, found.highs = factors * self.lows, factors * self.highs
        found.peaks = np.maximum(found.highs, -found.lows)
        found.least, found.most = float(found.lows.min()), float(found.highs.max())
        found.low, found.high = min(found.least, 0.0), max(found.most, 0.0)
        return found

    def _widen(self, least: float, most: float) -> None:
        """Let the bins reach from the least to the most value, with 0 within; what was counted is spread."""
        low, high = min(self.low, least, 0.0), max(self.high, most, 0.0)
        if (low, high) == (self.low, self.high):
            return
        if self.high - self.low > NARROWEST:
            self.counts = _moved(self.counts, self.low, self.high, low, high)
        self.low, self.high = low, high


def counted(rows: Array, low: float, high: float) -> Array:
    """How many of the values lie in each of `BINS` bins between `low`, which is not above 0, and `high`, not below.

    Of very many values, those in the inner half of the range are counted by some of them, evenly spread. What ranges
    are cut to depends on the few outside, and those are all counted.
    """
    flat = rows.reshape(-1)
    step = spacing(flat.size, COUNTED, rows.shape[-1])
    if step == 1:
        return _bins(flat, low, high)
    outside = flat > high / 2
    if low < 0:
        outside |= flat < low / 2
    inner = flat[::step]
    inner = inner[~outside[::step]]
    beyond = flat[np.flatnonzero(outside)]  # quicker than by the mask itself, where few are
    found = _bins(beyond, low, high)
    if inner.size:
        found += _bins(inner, low, high) * ((flat.size - beyond.size) / inner.size)
    return found


def spacing(size: int, most: int, period: int) -> int:
    """Of so many numbers in rows of `period`, every how manyth makes at most `most` that are of all columns."""
    step = max(-(-size // most), 1)
    while step > 1 and gcd(step, period) > 1:
        step += 1
    return step


def _bins(values: Array, low: float, high: float) -> Array:
    """Counts of values in bins of equal width."""
    with np.errstate(over="ignore"):
        places = (values - np.float32(low)) * np.float32(BINS / (high - low))
    places = np.clip(places, 0, BINS - 1).astype(np.intp)
    return np.bincount(places, minlength=BINS).astype(np.float64)


def _extremes(rows: Array, axis: int = 0) -> tuple[Array, Array]:
    """The smallest and the largest along an axis, the one before the last; NaN where there is one."""
    is_column = rows.shape[-1] == 1  # a single column is looked through faster as a row
    rows = rows.reshape(*rows.shape[:-2], 1, -1) if is_column else rows
    axis = axis + 1 if is_column else axis
    with np.errstate(invalid="ignore"):
        return rows.min(axis, initial=np.inf), rows.max(axis, initial=-np.inf)


def _moved(counts: Array, low: float, high: float, to_low: float, to_high: float) -> Array:
    """Counts of bins as counts of other bins, in which values are taken to lie in the middle of theirs."""
    width = (high - low) / len(counts)
    middles = low + (np.arange(len(counts)) + 0.5) * width
    return np.histogram(middles, BINS, (to_low, to_high), weights=counts)[0]


def activations(graph: Graph) -> list[Value]:
    """The float32 values that a graph computes or is given."""
    made = [result for operation in graph.operations for result in operation.results]
    return [value for value in (*graph.inputs, *made) if value.type.dtype is DType.FLOAT32]


def observe(
    model: Model,
    batches: Iterable[list[Array]],
    see: See | None = None,
    has_counts: bool = True,
    ran: Callable[[list[Run]], None] | None = None,
) -> dict[Value, Histogram]:
    """Histograms of the activations of a model's first graph, and of the graphs that it runs, of all of their rounds.

    Args:
        batches: arrays for its inputs, in order.
        see: is given what each activation of the first graph holds in each run, too; on a thread of its own.
        has_counts: whether values are counted in bins.
        ran: is given the inputs and the outputs of the runs that each batch took.
    """
    values = activations(model.main)
    found = {value: Histogram(has_counts=has_counts) for graph in model.all_graphs() for value in activations(graph)}
    waiting = {value: _Waiting(histogram) for value, histogram in found.items()}
    shown = set(values) if see is not None else set()

    def add(value: Value, array: Array) -> None:
        held = Held(array)
        waiting[value].add(held)
        if see is not None and value in shown:
            see(value, held)

    sample = sum(int(np.prod([int(size) for size in value.type.shape[1:]])) * 4 for value in values)
    most = max(int(MOST_BYTES // max(sample, 1)), 1)
    with Aside(add, MOST_BYTES) as counting:
        steps = Stepwise(model, found, counting.add)
        for arrays in batches:
            runs = [(part, steps.run(part)) for part in _parts(arrays, most, model.main)]
            if ran is not None:
                ran(runs)
    for each in waiting.values():
        each.count()
    return found


@dataclass(frozen=True)
class Held:
    """What a tensor holds in one run."""

    array: Array

    @cached_property
    def rows(self) -> Array:
        """With one index of the last axis in each column."""
        return self.array.reshape(-1, self.array.shape[-1]) if self.array.ndim > 1 else self.array.reshape(-1, 1)

    @cached_property
    def ends(self) -> tuple[Array, Array]:
        """The smallest and the largest of each sample, [samples, last axis]; NaN where there is one."""
        return _extremes(self.array.reshape(len(self.array), -1, self.rows.shape[1]), 1)


See = Callable[[Value, Held], None]


@dataclass
class _Waiting:
    """What a histogram is yet to count: the small tensors of the rounds of a loop together."""

    histogram: Histogram
    arrays: list[Array] = field(default_factory=list)
    size: int = 0

    def add(self, held: Held) -> None:
        rows = held.rows
        if not rows.size:
            return
        if self.arrays and (self.arrays[0].shape[1] != rows.shape[1] or rows.size >= COUNTED_TOGETHER):
            self.count()
        if rows.size >= COUNTED_TOGETHER:
            lows, highs = held.ends
            self.histogram.add(rows, ends=(lows.min(0), highs.max(0)))
            return
        self.arrays.append(rows)
        self.size += rows.size
        if self.size >= COUNTED_TOGETHER:
            self.count()

    def count(self) -> None:
        if self.arrays:
            self.histogram.add(np.concatenate(self.arrays) if len(self.arrays) > 1 else self.arrays[0])
        self.arrays, self.size = [], 0


def _parts(arrays: list[Array], most: int, graph: Graph) -> Iterable[list[Array]]:
    """A batch in parts of at most `most` samples, as far as its inputs let that be."""
    sizes = {array.shape[0] for array in arrays if array.ndim}
    fixed = [value.type.shape[0] for value in graph.inputs if value.type.rank and type(value.type.shape[0]) is int]
    step = int(fixed[0]) if fixed else most
    if len(sizes) != 1 or (count := sizes.pop()) <= step:
        yield arrays
        return
    for start in range(0, count - (count % step if fixed else 0), step):
        yield [array[start : start + step] for array in arrays]
