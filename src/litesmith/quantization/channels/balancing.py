"""Factors of channels with which rounding adds the least noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.quantization.channels.rounding_noise import Reach, RoundingNoise

Array = np.ndarray[Any, Any]
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
"""How much of the differences between channels is taken out of what goes into a filter; the rest is left to it."""
ROUNDS = 80
RATE = 0.1
"""Of the first step of a round, in logarithms."""
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
        gains: of each set, the noise before over the noise now; 1 where its factors are 1.
    """

    logarithms: Array
    components: Array
    gains: dict[int, float]


def balanced(noise: RoundingNoise, most: Array, least_gain: float, rounds: int = ROUNDS) -> Balance:
    """The factors with the least noise, for each set of labels that depend on each other by itself.

    Args:
        most: the largest logarithm of each known label.
        least_gain: sets whose noise would fall by less keep factors of 1.
    """
    components, of_terms = noise.components()
    start = np.zeros(len(noise.known) + 1)
    before = _sums(noise.of(start)[0], of_terms)
    best, lowest = start.copy(), dict(before)
    most = np.append(most, 0.0)

    def consider(candidate: Array) -> None:
        now = _sums(noise.of(candidate)[0], of_terms)
        better = np.array([*(now.get(each, 0) < lowest.get(each, 0) for each in components.tolist()), False])
        best[better] = candidate[better]
        lowest.update({each: min(lowest[each], now[each]) for each in lowest})

    for candidate in _candidates(noise):
        consider(_kept(candidate, most, components, noise))
    logarithms, momentum, scale = best.copy(), np.zeros_like(best), np.zeros_like(best)
    for step in range(rounds):
        _, gradient = noise.of(logarithms)
        relative = gradient / np.append([max(lowest.get(each, 1.0), 1e-30) for each in components.tolist()], 1.0)
        momentum = 0.8 * momentum + 0.2 * relative
        scale = 0.95 * scale + 0.05 * relative**2
        moved = momentum / (np.sqrt(scale / (1 - 0.95 ** (step + 1))) + 1e-6)
        logarithms = np.minimum(logarithms - RATE * (1 - step / rounds) * moved, most)
        if step % 10 == 9 or step == rounds - 1:
            consider(_kept(logarithms, most, components, noise))
    gains = {each: before[each] / max(lowest[each], 1e-30) for each in lowest}
    kept = np.array([gains.get(each, 1.0) >= least_gain for each in components.tolist()], bool)
    found = np.where(kept, best[:-1], 0.0)
    return Balance(found, components, {each: gain for each, gain in gains.items() if gain >= least_gain})


def _sums(noises: Array, of_terms: Array) -> dict[int, float]:
    found: dict[int, float] = {}
    for each, noise in zip(of_terms.tolist(), noises.tolist(), strict=True):
        found[each] = found.get(each, 0.0) + noise
    return found


def _kept(logarithms: Array, most: Array, components: Array, noise: RoundingNoise) -> Array:
    """Within the limits, and with a mean of 0 where nothing but themselves says how large they are."""
    held = set(components[np.isfinite(most[:-1])].tolist())
    for term in noise.terms:
        places = term.places[term.places < len(noise.known)]
        if len(places) < len(term.places) or np.any(term.signs < 0):
            held.add(int(components[places[0]]))
    free = ~np.isin(components, list(held))
    found = logarithms.copy()
    if free.any():
        _, number = np.unique(components[free], return_inverse=True)
        means = np.bincount(number, found[:-1][free]) / np.bincount(number)
        found[:-1][free] -= means[number]
    return np.asarray(np.minimum(np.clip(found, -FARTHEST, FARTHEST), most))


def _candidates(noise: RoundingNoise) -> list[Array]:
    """Factors that make ranges equal, or largest weights, or both in part."""
    count = len(noise.known) + 1
    ranges, weights = np.full(count, np.nan), np.full(count, np.nan)
    for term in noise.terms:
        if isinstance(term, Reach):
            own = np.maximum(np.maximum(term.highs, -term.lows), 0)
            numbers, into = own / max(float(own.max()), 1e-30), ranges
        else:
            own = np.sqrt(term.weights.max(0))
            numbers, into = own / max(float(own.max()), 1e-30), weights
        logs = np.log(np.maximum(numbers, SMALLEST)) * np.where(term.signs < 0, -1, 1)
        into[term.places] = np.fmax(into[term.places], logs)
    ranges, weights = np.nan_to_num(ranges), np.nan_to_num(weights)
    found = [(1 - share) * weights - share * ranges for share in SHARES]
    for each in found:
        each[-1] = 0
    return found
