"""Whether numbers are random noise: each drawn for itself, all from one distribution, which data never is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
SAMPLES = 4
"""So many at least, to tell noise from data."""
NUMBERS = 64
"""Of a sample, at least."""
CORRELATION = 0.1
"""Between neighbours, of noise at most."""
SPREAD = 2.0
"""How many times as much as chance says statistics of samples and of places may vary, in noise."""
UNIFORM, NORMAL = 1.8, 3.0
"""The fourth moments of two distributions, in squares of the variance."""


@dataclass(frozen=True)
class Noise:
    """What numbers are drawn from: `"uniform"`, `"normal"`, or another distribution."""

    distribution: str
    mean: float
    deviation: float


def noise_in(batch: Array) -> Noise | None:
    """What samples are drawn from where they are noise; None for data, and where there is too little to tell.

    In noise, neighbours are unrelated along every axis, and the means of samples, their variances and the means of
    places differ as little as chance lets them. Images, sounds and tables fail at least one of these by far.
    """
    rows = batch.reshape(len(batch), -1).astype(np.float64)
    count, size = rows.shape
    deviation = float(rows.std())
    if count < SAMPLES or size < NUMBERS or deviation == 0:
        return None
    mean = float(rows.mean())
    centered = (rows - mean) / deviation
    moment = float(np.mean(centered**4))
    by_chance = {
        "means of samples": (float(np.var(centered.mean(1))), 1 / size, count),
        "variances of samples": (float(np.var(centered.var(1))), max(moment - 1, 0.1) / size, count),
        "means of places": (float(np.var(centered.mean(0))), 1 / count, size),
    }
    for found, expected, observations in by_chance.values():
        if found > expected * (SPREAD + 6 * np.sqrt(2 / observations)):
            return None
    shaped = centered.reshape(batch.shape)
    if any(abs(_correlation(shaped, axis)) > CORRELATION for axis in range(1, batch.ndim) if batch.shape[axis] >= 4):
        return None
    return Noise(_distribution(moment), mean, deviation)


def _correlation(values: Array, axis: int) -> float:
    """Of neighbours along an axis; the values have mean 0 and variance 1."""
    moved = np.moveaxis(values, axis, 0)
    return float(np.mean(moved[1:] * moved[:-1]))


def _distribution(moment: float) -> str:
    for name, of_it in (("uniform", UNIFORM), ("normal", NORMAL)):
        if abs(moment - of_it) < 0.2:
            return name
    return "random"
