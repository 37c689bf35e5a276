"""Calibration data on its way through a model: all of it once, and some of it as often as it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from litesmith.diagnostics.telling import tell
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Model, Value
from litesmith.lite_model import LiteModel
from litesmith.quantization.algorithms.data_free import DataFree, is_synthetic
from litesmith.quantization.calibration import batches
from litesmith.quantization.changes import Statistics
from litesmith.quantization.data_checks.watch import Watch
from litesmith.quantization.ranges import activations, observe
from litesmith.quantization.sources.together import of_one_size

Array = np.ndarray[Any, Any]
SAMPLES = 512
"""How many samples are kept, at most, to be looked at again: to move channels, to refine weights, to measure losses."""
FEWEST, NUMBERS = 32, 2**29
"""How many of these are looked at, and how many activations of them, at most, where that is more samples."""


class Data:
    """What a model is calibrated with.

    The ranges of activations are taken from all samples. What is done more than once is done with some, which are
    spread evenly over those that are kept: data may be sorted.
    """

    def __init__(self, lite: LiteModel, given: Any) -> None:
        """`given`: data in any of the forms that people keep it in, or `"synthetic"`; None for none."""
        self._lite, self._given = lite, given
        shapes = [value.type.shape[1:] for value in activations(lite.graph)]  # before it is changed
        self._numbers = sum(int(np.prod([int(size) for size in shape])) for shape in shapes)
        self._free: DataFree | None = None
        self._kept: list[list[Array]] = []
        self._rest: Iterator[list[Array]] | None = None

    def previewed(self, model: Model) -> Statistics:
        """What channels of the activations of a model hold, on some samples; values are not counted in bins."""
        if is_synthetic(self._given):
            return self._without_data(model)
        return observe(model, self._some, has_counts=False)

    def check(self, model: Model) -> None:
        """Say what is wrong with the data where no ranges are taken from it, as far as some samples show it."""
        if not is_synthetic(self._given):
            self._watched(model, self._some)

    def observed(self, model: Model) -> Statistics:
        """What the activations of a model hold, on all samples: once."""
        if is_synthetic(self._given):
            return self._without_data(model)
        self._keep()
        assert self._rest is not None
        return self._watched(model, chain(self._kept, self._rest))

    def known_means(self, real: Model) -> dict[Value, Array]:
        """Where there is no data: the means of channels that follow from normalizations.

        `real`: the model that is about to be rounded, rewritten or not.
        """
        if not is_synthetic(self._given):
            return {}
        return (self._free or DataFree(real)).means(real)

    def seen(self) -> list[tuple[list[Array], list[Array]]]:
        """Inputs of some samples, and what the real model returns for them."""
        if self._given is None:
            return []
        return [(inputs, self._lite.run_arrays(inputs)) for inputs in self._some]

    def _watched(self, model: Model, batches: Iterable[list[Array]]) -> Statistics:
        """What activations hold; whether the data looks like what the model was trained with is said as findings."""
        watch = Watch(self._lite, model.main.outputs, self._given)
        found = observe(model, watch.passing(batches), watch.see)
        for finding in watch.findings():
            tell(finding)
        return found

    def _without_data(self, model: Model) -> Statistics:
        if self._free is None:
            self._free = DataFree(model)
        return self._free.observe(model)

    def _keep(self) -> None:
        """Take the first samples, unless that was done before."""
        if self._rest is not None:
            return
        face = self._lite.face()
        if is_synthetic(self._given):
            self._rest = iter((self._free or DataFree(self._lite.model)).batches)
        else:
            self._rest = of_one_size(batches(self._given, face), face)
        count = 0
        for batch in self._rest:
            self._kept.append(batch)
            count += _count(batch)
            if count >= SAMPLES:
                return

    @cached_property
    def _some(self) -> list[list[Array]]:
        """Some of the samples that were kept, of all parts; of a model with state, the first."""
        self._keep()
        wanted = max(NUMBERS // max(self._numbers, 1), FEWEST)
        step = -(-sum(map(_count, self._kept)) // wanted)
        if step <= 1:
            return self._kept
        if self._lite.has_state:
            return self._kept[: -(-len(self._kept) // step)]
        if not all(value.type.rank and isinstance(value.type.shape[0], Dim) for value in self._lite.graph.inputs):
            return self._kept[::step]
        parts = ([array[::step] for array in batch] for batch in self._kept)
        return list(of_one_size(parts, self._lite.face()))


def _count(batch: list[Array]) -> int:
    """How many samples a batch has."""
    return len(batch[0]) if batch and batch[0].ndim else 1
