"""Factors of channels with which rounding adds less noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.quantization.channels.rounding_noise import Reach, RoundingNoise

Array = np.ndarray[Any, Any]
FARTHEST = 20 * np.log(2)
"""Of a factor from 1."""
SMALLEST = 2.0**-12
"""Of a channel's range, of that of its tensor: what is less was hardly seen."""


@dataclass(frozen=True)
class Balance:
    """Factors, and what they gain.

    Attributes:
        logarithms: of the factor of each known label.
        components: the set that each label belongs to.
        gains: of each set whose factors are not 1, the noise before over the noise now.
    """

    logarithms: Array
    components: Array
    gains: dict[int, float]


def balanced(noise: RoundingNoise, most: Array, shares: Sequence[float], least_gain: float) -> Balance:
    """The factors with the least noise of a few, for each set of labels that depend on each other by itself.

    Args:
        most: the largest logarithm of each known label.
        shares: how much of the differences between channels may be taken out of what goes into a filter; the rest is
            left to the filter.
        least_gain: sets whose noise would fall by less keep factors of 1; so do those of which no range is known.
    """
    components, of_terms = noise.components()
    before = _sums(noise.of(np.zeros(len(noise.known) + 1)), of_terms)
    best, lowest = np.zeros(len(noise.known)), dict(before)
    ranges, weights = spreads_of(noise)
    for share in shares:
        candidate = _kept((1 - share) * weights - share * ranges, most, components, noise)
        now = _sums(noise.of(np.append(candidate, 0.0)), of_terms)
        better = [each for each in now if now[each] < lowest[each]]
        best = np.where(np.isin(components, better), candidate, best)
        lowest.update({each: now[each] for each in better})
    seen = set(of_terms[[isinstance(term, Reach) for term in noise.terms]].tolist())
    gains = {each: before[each] / max(lowest[each], 1e-30) for each in lowest if each in seen}
    gains = {each: gain for each, gain in gains.items() if gain >= least_gain}
    return Balance(np.where(np.isin(components, list(gains)), best, 0.0), components, gains)


def _sums(noises: Array, of_terms: Array) -> dict[int, float]:
    found: dict[int, float] = {}
    for each, noise in zip(of_terms.tolist(), noises.tolist(), strict=True):
        found[each] = found.get(each, 0.0) + noise
    return found


def _kept(logarithms: Array, most: Array, components: Array, noise: RoundingNoise) -> Array:
    """Within the limits, and with a mean of 0 where nothing but themselves says how large they are."""
    held = set(components[np.isfinite(most)].tolist())
    for term in noise.terms:
        places = term.places[term.places < len(noise.known)]
        if len(places) < len(term.places) or np.any(term.signs < 0):
            held.add(int(components[places[0]]))
    free = ~np.isin(components, list(held))
    found = logarithms.copy()
    if free.any():
        _, number = np.unique(components[free], return_inverse=True)
        means = np.bincount(number, found[free]) / np.bincount(number)
        found[free] -= means[number]
    return np.asarray(np.minimum(np.clip(found, -FARTHEST, FARTHEST), most))


def spreads_of(noise: RoundingNoise) -> tuple[Array, Array]:
    """Logarithms of the range of each label's channels, and of the largest weight they meet, of those of the widest.

    Where all that they meet has a step for each channel (depthwise), weights have no part in it.
    """
    count = len(noise.known) + 1
    ranges, weights = np.full(count, np.nan), np.full(count, np.nan)
    for term in noise.terms:
        if isinstance(term, Reach):
            own, into = np.maximum(np.maximum(term.highs, -term.lows), 0), ranges
        else:
            own, into = np.sqrt(term.weights.max(0)), weights
        logs = np.log(np.maximum(own / max(float(own.max()), 1e-30), SMALLEST))
        into[term.places] = np.fmax(into[term.places], logs * np.where(term.signs < 0, -1, 1))
    ranges = np.nan_to_num(ranges)
    return ranges[:-1], np.where(np.isnan(weights), -ranges, weights)[:-1]
