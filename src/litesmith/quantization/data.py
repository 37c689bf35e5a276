"""Calibration data on its way through a model: all of it once, and some of it as often as it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, pairwise
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
from litesmith.quantization.ranges import Run, activations, observe
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
        self._runs: list[Run] = []

    def previewed(self, model: Model) -> Statistics:
        """What channels of the activations of a model hold, on some samples; values are not counted in bins."""
        return self._observed(model, self._some, is_preview=True)

    def checked(self, model: Model) -> Statistics:
        """As `previewed`, where no ranges are taken from the data: says what is wrong with it, as far as these show."""
        return self._observed(model, self._some, is_preview=True, is_watched=True)

    def observed(self, model: Model) -> Statistics:
        """What the activations of a model hold, on all samples: once."""
        return self._observed(model, self._all(), is_watched=True)

    def known_means(self, real: Model) -> dict[Value, Array]:
        """Where there is no data: the means of channels that follow from normalizations.

        `real`: the model that is about to be rounded, rewritten or not.
        """
        return self._without_data(real).means(real) if is_synthetic(self._given) else {}

    def seen(self) -> list[Run]:
        """Inputs of some samples, and what the real model returns for them."""
        if self._given is None:
            return []
        return self._runs or [(inputs, self._lite.run_arrays(inputs)) for inputs in self._some]

    def _observed(
        self, model: Model, batches: Iterable[list[Array]], is_preview: bool = False, is_watched: bool = False
    ) -> Statistics:
        """What activations hold; of a preview, values are not counted in bins, and what it returns is kept.

        `is_watched`: whether the data looks like what the model was trained with is said as findings.
        """
        if is_synthetic(self._given):
            return self._without_data(model).observe(model)
        watch = Watch(self._lite, model.main.outputs, self._given) if is_watched else None
        runs: list[list[Run]] = []
        found = observe(
            model,
            batches if watch is None else watch.passing(batches),
            None if watch is None else watch.see,
            has_counts=not is_preview,
            ran=runs.append if is_preview else None,
        )
        if not self._runs and not self._lite.has_state:
            self._runs = _joined(runs)
        for finding in () if watch is None else watch.findings():
            tell(finding)
        return found

    def _without_data(self, model: Model) -> DataFree:
        """What stands for data; `model`: of real numbers, taken the first time."""
        if self._free is None:
            self._free = DataFree(model)
        return self._free

    def _all(self) -> Iterator[list[Array]]:
        self._keep()
        yield from self._kept
        assert self._rest is not None
        yield from self._rest

    def _keep(self) -> None:
        """Take the first samples, unless that was done before."""
        if self._rest is not None:
            return
        face = self._lite.face()
        if is_synthetic(self._given):
            self._rest = iter(self._without_data(self._lite.model).batches)
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
        count, wanted = sum(map(_count, self._kept)), max(NUMBERS // max(self._numbers, 1), FEWEST)
        if count <= wanted:
            return self._kept
        of_whole_batches = -(-len(self._kept) * wanted // count)
        if self._lite.has_state:
            return self._kept[:of_whole_batches]
        if not all(value.type.rank and isinstance(value.type.shape[0], Dim) for value in self._lite.graph.inputs):
            return [self._kept[place] for place in _spread(len(self._kept), of_whole_batches)]
        chosen, starts = _spread(count, wanted), np.cumsum([0, *map(_count, self._kept)])
        places = [chosen[(first <= chosen) & (chosen < last)] - first for first, last in pairwise(starts)]
        parts = ([array[own] for array in batch] for batch, own in zip(self._kept, places, strict=True) if own.size)
        return list(of_one_size(parts, self._lite.face()))


def _joined(runs: list[list[Run]]) -> list[Run]:
    """The runs of each batch as one; none if they are of something else than samples."""
    for run in chain(*(each for each in runs if len(each) > 1)):
        if {len(array) if array.ndim else 0 for array in chain(*run)} != {_count(run[0])}:
            return []
    return [each[0] if len(each) == 1 else _together(each) for each in runs]


def _together(runs: list[Run]) -> Run:
    inputs, outputs = (list(map(np.concatenate, zip(*arrays, strict=True))) for arrays in zip(*runs, strict=True))
    return inputs, outputs


def _spread(count: int, wanted: int) -> Array:
    """The places of as many as are wanted of all, at even distances."""
    return np.arange(wanted) * count // wanted


def _count(batch: list[Array]) -> int:
    """How many samples a batch has."""
    return len(batch[0]) if batch and batch[0].ndim else 1
