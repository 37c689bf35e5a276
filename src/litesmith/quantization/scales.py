"""Scales and zero points for ranges of values, by LiteRT's quantization specification."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.types import Quantization
from litesmith.quantization.ranges import Histogram

Array = np.ndarray[Any, Any]
LEAST, MOST = -128, 127
MOST16 = 32767
STEPS = MOST - LEAST
SMALLEST = float(np.finfo(np.float32).tiny) * 2**24
"""Below this, products of scales are subnormal; kernels refuse those."""
CANDIDATES = 128


def asymmetric(low: float, high: float) -> Quantization:
    """Integers of 8 bits for values from `low` to `high`; 0 is one of them, so the range is widened to it."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / STEPS, SMALLEST)
    zero_point = int(np.clip(np.rint(LEAST - low / scale), LEAST, MOST))
    return Quantization((_float32(scale),), (zero_point,))


def symmetric(low: float, high: float) -> Quantization:
    """Integers of -127..127 whose zero point is 0."""
    return Quantization((_float32(max(max(-low, high, 0.0) / MOST, SMALLEST)),), (0,))


def symmetric16(low: float, high: float) -> Quantization:
    """Integers of 16 bits, -32767..32767, whose zero point is 0."""
    return Quantization((_float32(max(max(-low, high, 0.0) / MOST16, SMALLEST)),), (0,))


def _float32(scale: float) -> float:
    return float(np.float32(scale))


def least_error_range(histogram: Histogram, is_symmetric: bool = False) -> tuple[float, float]:
    """The range whose 255 steps stand for the values with the least mean squared error.

    Values outside are cut off, those inside rounded: a narrower range cuts off more and rounds finer.
    """
    if histogram.high <= histogram.low or not histogram.counts.sum():
        return histogram.low, histogram.high
    edges = np.linspace(histogram.low, histogram.high, len(histogram.counts) + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    cut = _Beyond(histogram.counts, middles)
    if is_symmetric:
        reach = max(-histogram.low, histogram.high)
        highs = reach * np.arange(1, CANDIDATES + 1) / CANDIDATES
        lows = np.maximum(-highs, histogram.low)
        highs = np.minimum(highs, histogram.high)
        steps = 2 * np.maximum(highs, -lows) / (2 * MOST)
        errors = cut.below(lows) + cut.above(highs) + cut.inside(lows, highs) * steps**2 / 12
        best = int(np.argmin(errors))
        return float(lows[best]), float(highs[best])
    lows = histogram.low * np.arange(CANDIDATES + 1)[:, None] / CANDIDATES
    highs = histogram.high * np.arange(CANDIDATES + 1)[None, :] / CANDIDATES
    lows, highs = np.broadcast_arrays(lows, highs)
    steps = (highs - lows) / STEPS
    errors = cut.below(lows) + cut.above(highs) + cut.inside(lows, highs) * steps**2 / 12
    errors[(highs - lows) <= 0] = np.inf
    row, column = np.unravel_index(int(np.argmin(errors)), errors.shape)
    return float(lows[row, column]), float(highs[row, column])


class _Beyond:
    """Sums over the bins of a histogram beyond a threshold, by running sums."""

    def __init__(self, counts: Array, middles: Array) -> None:
        self._middles = middles
        zero = [0.0]
        self._count = np.concatenate([zero, np.cumsum(counts)])
        self._first = np.concatenate([zero, np.cumsum(counts * middles)])
        self._second = np.concatenate([zero, np.cumsum(counts * middles**2)])

    def below(self, low: Array) -> Array:
        """The sum of (low - x) ** 2 over all x below `low`."""
        place = np.searchsorted(self._middles, low)
        errors: Array = low**2 * self._count[place] - 2 * low * self._first[place] + self._second[place]
        return errors

    def above(self, high: Array) -> Array:
        """The sum of (x - high) ** 2 over all x above `high`."""
        place = np.searchsorted(self._middles, high)
        count, first, second = (sums[-1] - sums[place] for sums in (self._count, self._first, self._second))
        errors: Array = high**2 * count - 2 * high * first + second
        return errors

    def inside(self, low: Array, high: Array) -> Array:
        """How many values lie between."""
        count: Array = self._count
        return np.asarray(count[np.searchsorted(self._middles, high)] - count[np.searchsorted(self._middles, low)])
