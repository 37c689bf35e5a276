"""Scales and zero points for ranges of values, by LiteRT's quantization specification."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from litesmith.ir.types import Quantization
from litesmith.quantization.ranges import Histogram

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]
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


def least_error_range(
    histogram: Histogram, is_symmetric: bool = False, read_as: Function | None = None
) -> tuple[float, float]:
    """The range whose 255 steps stand for the values with the least mean squared error.

    Values outside are cut off, those inside rounded: a narrower range cuts off more and rounds finer.

    Args:
        is_symmetric: with as many steps below 0 as above.
        read_as: what is computed of each value where it is read: then the error of that is the least.
    """
    if histogram.high <= histogram.low or not histogram.counts.sum():
        return histogram.low, histogram.high
    edges = np.linspace(histogram.low, histogram.high, len(histogram.counts) + 1)
    cut = _Cut(histogram.counts, (edges[:-1] + edges[1:]) / 2, read_as or _itself)
    if is_symmetric:
        reach = max(-histogram.low, histogram.high)
        highs = reach * np.arange(1, CANDIDATES + 1) / CANDIDATES
        lows = np.maximum(-highs, histogram.low)
        highs = np.minimum(highs, histogram.high)
        steps = 2 * np.maximum(highs, -lows) / (2 * MOST)
        best = int(np.argmin(cut.error(lows, highs, steps)))
        return float(lows[best]), float(highs[best])
    lows = histogram.low * np.arange(CANDIDATES + 1)[:, None] / CANDIDATES
    highs = histogram.high * np.arange(CANDIDATES + 1)[None, :] / CANDIDATES
    lows, highs = np.broadcast_arrays(lows, highs)
    steps = (highs - lows) / STEPS
    errors = cut.error(lows, highs, steps)
    errors[(highs - lows) <= 0] = np.inf
    row, column = np.unravel_index(int(np.argmin(errors)), errors.shape)
    return float(lows[row, column]), float(highs[row, column])


def _itself(values: Array) -> Array:
    return values


class _Cut:
    """The squared error of what is read of values that are rounded in a range and cut off beyond, by running sums."""

    def __init__(self, counts: Array, middles: Array, read_as: Function) -> None:
        self._middles, self._read_as = middles, read_as
        values = read_as(middles)
        slopes = np.gradient(values, middles)
        self._count, self._first, self._second, self._steep = (
            np.concatenate([[0.0], np.cumsum(counts * each)]) for each in (1.0, values, values**2, slopes**2)
        )

    def error(self, lows: Array, highs: Array, steps: Array) -> Array:
        """Of all values, for ranges and the steps of their integers."""
        below, above = (np.searchsorted(self._middles, each) for each in (lows, highs))
        rounded = (self._steep[above] - self._steep[below]) * steps**2 / 12
        sums = self._count, self._first, self._second
        cut_below = _from(self._read_as(lows), *(each[below] for each in sums))
        cut_above = _from(self._read_as(highs), *(each[-1] - each[above] for each in sums))
        return np.asarray(rounded + cut_below + cut_above)


def _from(place: Array, count: Array, first: Array, second: Array) -> Array:
    """The sum of (x - place) ** 2 over so many x, whose sum is `first` and that of their squares `second`."""
    return np.asarray(place**2 * count - 2 * place * first + second)
