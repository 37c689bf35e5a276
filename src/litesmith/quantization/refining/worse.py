"""Whether a change made outputs worse, judged by a few samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
CHANCE = 2.0
"""Standard errors of the mean difference. Measured on nine kinds of nets of five seeds each: three lost by refining,
0.2 dB at most, and 24 samples said so of nine, by up to 2.5."""


def errors_of(real: Sequence[Array], found: Sequence[Array], count: int) -> Array:
    """The squared error of all outputs together for each of `count` samples.

    What an output holds that is not of samples counts for each alike.
    """
    total = np.zeros(count)
    for own, other in zip(real, found, strict=True):
        squares = np.square(own.astype(np.float64) - other)
        is_of_samples = squares.ndim > 0 and len(squares) == count
        total += squares.reshape(count, -1).sum(1) if is_of_samples else squares.sum() / count
    return total


def are_worse(before: Array, after: Array) -> bool:
    """Whether errors of samples have grown by more than chance explains; of a single sample, whether it has."""
    grown = after - before
    by_chance = CHANCE * grown.std(ddof=1) / np.sqrt(len(grown)) if len(grown) > 1 else 0.0
    return bool(grown.mean() > by_chance)
