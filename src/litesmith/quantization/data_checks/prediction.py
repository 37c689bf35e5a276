"""What 8 bits will cost on some data with the ranges that other data shows, tensor by tensor, from histograms alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from litesmith.ir.graph import Value
from litesmith.quantization.ranges import NARROWEST, Histogram
from litesmith.quantization.scales import STEPS, least_error_range

Array = np.ndarray[Any, Any]
Ranges = Mapping[Value, tuple[float, float]]
Rule = Callable[[Histogram], tuple[float, float]]
SHRUNK = np.linspace(1.0, 0.3, 8)
"""How much nearer to 0 the ends of a range are tried."""
COARSE = 4.0
"""Steps of more bins than this are followed value by value; finer ones leave a twelfth of their square."""
LEAST = 1e-30
NO_MATTER = 1e-3
"""Noise that is 30 decibels below the values: a single value that is cut off is more than rounding, and no harm."""


@dataclass(frozen=True)
class Cost:
    """What 8 bits leave of one tensor.

    Attributes:
        clipped: energy of what lies outside of the range, relative to the energy of all values.
        rounded: energy of what rounding leaves.
        own: of both, with the range that the data itself would have had.
    """

    clipped: float
    rounded: float
    own: float

    @property
    def noise(self) -> float:
        return self.clipped + self.rounded

    @property
    def added(self) -> float:
        """What the foreign range costs beyond its own."""
        return max(self.noise - self.own, 0.0)

    @property
    def cause(self) -> Literal["clip", "waste"]:
        """Whether values are cut off, or the range is wider than they need."""
        return "clip" if self.clipped > max(self.rounded - self.own, 0.0) else "waste"


def shrunk_range(histogram: Histogram) -> tuple[float, float]:
    """The best of ranges whose ends are both as much nearer to 0: nearly that of least error, and found quickly."""
    _, middles = _energy(histogram)
    candidates = [(histogram.low * factor, histogram.high * factor) for factor in SHRUNK]
    return min(candidates, key=lambda range: sum(_noise(histogram.counts, middles, range)))


def ranges_of(
    histograms: Mapping[Value, Histogram], rule: Rule = least_error_range
) -> dict[Value, tuple[float, float]]:
    """The range of each tensor that anything was seen of."""
    return {value: rule(each) for value, each in histograms.items() if each.seen}


def costs(histograms: Mapping[Value, Histogram], ranges: Ranges, rule: Rule = least_error_range) -> dict[Value, Cost]:
    """What each tensor loses with these ranges; tensors of zeros lose nothing and are left out.

    `rule`: what range it would have had of its own.
    """
    found = {}
    for value, histogram in histograms.items():
        if value not in ranges or not histogram.seen:
            continue
        energy, middles = _energy(histogram)
        if energy <= LEAST:
            continue
        clipped, rounded = _noise(histogram.counts, middles, ranges[value])
        own = sum(_noise(histogram.counts, middles, rule(histogram)))
        found[value] = Cost(clipped / energy, rounded / energy, own / energy)
    return found


def signal_to_noise(found: Mapping[Value, Cost], is_own: bool = False) -> float:
    """Predicted decibels of signal over the noise of all tensors together; `is_own`: with ranges of their own."""
    noise = sum(cost.own if is_own else cost.noise for cost in found.values())
    return -10 * float(np.log10(max(noise, LEAST)))


def loss(found: Mapping[Value, Cost]) -> float:
    """How many decibels foreign ranges cost, as predicted; at least 0."""
    return decibels_between(sum(cost.noise for cost in found.values()), sum(cost.own for cost in found.values()))


def decibels_between(noise: float, own: float) -> float:
    """By how many decibels more noise there is, beside what does not matter; at least 0."""
    return max(10 * float(np.log10((noise + NO_MATTER) / (own + NO_MATTER))), 0.0)


def _energy(histogram: Histogram) -> tuple[float, Array]:
    """(the sum of squares, the middles of the bins)."""
    if histogram.high - histogram.low <= NARROWEST:
        return 0.0, np.zeros(len(histogram.counts))
    width = (histogram.high - histogram.low) / len(histogram.counts)
    middles = histogram.low + (np.arange(len(histogram.counts)) + 0.5) * width
    return float(np.sum(histogram.counts * middles**2)), middles


def _noise(counts: Array, middles: Array, range: tuple[float, float]) -> tuple[float, float]:
    """(squares of what is cut off, squares of what rounding leaves) with 255 steps from end to end of a range."""
    low, high = min(range[0], 0.0), max(range[1], 0.0)
    inside = (middles >= low) & (middles <= high)
    outside = np.minimum(np.abs(middles - low), np.abs(middles - high))
    clipped = float(np.sum(np.where(inside, 0.0, counts * outside**2)))
    step = (high - low) / STEPS
    if step <= 0:
        return clipped, 0.0
    width = middles[1] - middles[0]
    if step < COARSE * width:
        return clipped, float(np.sum(counts[inside])) * step**2 / 12
    left = middles - np.rint(middles / step) * step
    return clipped, float(np.sum(np.where(inside, counts * left**2, 0.0)))
