"""Whether parts of the data say of each other what values there are: what is left out fits into the others' ranges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np

from litesmith.ir.graph import Value
from litesmith.quantization.data_checks.prediction import costs, decibels_between, ranges_of, shrunk_range
from litesmith.quantization.ranges import Held, Histogram, spacing

Array = np.ndarray[Any, Any]
FOLDS = 4
COUNTED = 2**14
"""So many numbers of a tensor are counted of a batch, evenly spread; the smallest and the largest are of all."""


class Folds:
    """What tensors hold in each of four parts of the data, of which every fourth sample is one."""

    def __init__(self) -> None:
        self._found: dict[Value, list[Histogram]] = {}
        self._rows: dict[Value, int] = {}

    def add(self, value: Value, held: Held) -> None:
        """Count a batch of one tensor's values."""
        array = held.array
        if not array.ndim or not array.size:
            return
        histograms = self._found.setdefault(value, [Histogram() for _ in range(FOLDS)])
        first = self._rows.get(value, 0)
        self._rows[value] = first + len(array)
        rows = array.reshape(len(array), -1)
        lows, highs = held.ends[0].min(1), held.ends[1].max(1)
        if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
            return
        for fold, histogram in enumerate(histograms):
            own = slice((fold - first) % FOLDS, None, FOLDS)
            if lows[own].size:
                histogram.add(_spread(rows[own], array.shape[-1], lows[own].min(), highs[own].max()))

    def losses(self) -> dict[Value, float]:
        """For each tensor, the decibels that each part loses with ranges of the other three, all parts together."""
        folds = [
            {value: each[fold] for value, each in self._found.items() if all(part.seen for part in each)}
            for fold in range(FOLDS)
        ]
        found: dict[Value, tuple[float, float]] = {}
        for fold, left_out in enumerate(folds):
            others = _together([each for place, each in enumerate(folds) if place != fold])
            for value, cost in costs(left_out, ranges_of(others, shrunk_range), shrunk_range).items():
                noise, own = found.get(value, (0.0, 0.0))
                found[value] = (noise + max(cost.noise, cost.own), own + cost.own)
        return {value: decibels_between(noise / FOLDS, own / FOLDS) for value, (noise, own) in found.items()}


def _spread(rows: Array, period: int, least: float, most: float) -> Array:
    """Some of many numbers, the smallest and the largest among them; `period`: of the last axis."""
    step = spacing(rows.size, COUNTED, period)
    flat = rows[:, ::step].reshape(-1)
    return flat if step == 1 else np.concatenate([flat, [least, most]])


def _together(parts: list[Mapping[Value, Histogram]]) -> dict[Value, Histogram]:
    return {value: reduce(Histogram.merged, [part[value] for part in parts]) for value in parts[0]}
