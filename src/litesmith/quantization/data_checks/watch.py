"""What is seen of calibration data while it passes through the run that ranges are taken from, and what that says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.calibration_data import (
    ConstantInput,
    FewSamples,
    NearlySame,
    NotNumbers,
    OneClass,
    OtherScale,
    OtherValues,
    PixelsAsBytes,
    RandomNoise,
    Unstable,
)
from litesmith.ir.graph import Value
from litesmith.ir.operator import Same
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.quantization.data_checks.classes import Votes, classes, probabilities, votes_of
from litesmith.quantization.data_checks.randomness import noise_in
from litesmith.quantization.data_checks.samples import Numbers, Samples
from litesmith.quantization.data_checks.scaling import (
    MUCH_BETTER,
    SCALES,
    Distance,
    Normalizations,
    Scale,
    converted,
    formula,
    information,
    is_better,
    parts,
    scale_of,
)
from litesmith.quantization.data_checks.stability import Folds
from litesmith.quantization.ranges import Held

Array = np.ndarray[Any, Any]
ENOUGH = 32
"""Samples that differ, at least."""
MOSTLY = 0.5
"""Of samples that are one number throughout, or copies."""
ALL, ALL_OF_TWO = 0.95, 0.98
"""Of the samples that are of one class; where there are two, one of them may be rare."""
ENOUGH_FOR_CLASSES = 16
"""Samples from which on it says something that all are of one class."""
VARIANCE_BETWEEN = 0.01
"""Of all variance that is between samples, at least."""
TRIED = 32
"""Samples that are run again in another scale."""
UNSTABLE, VERY_UNSTABLE = 8.0, 15.0
"""Decibels that tensors lose in ranges of other samples, on average: 0.5 in 32 images, up to 7.3 in 32 rows."""
NAMED = 3
"""Tensors that a finding names."""


class Watch:
    """Looks at calibration data as it passes.

    `passing` goes around the batches, `see` is given to `ranges.observe`, and `findings` are asked for at the end.

    Args:
        lite: the real model, which samples are run on again.
        outputs: of the model that is observed, in the order of those of `lite`.
        given: what the user gave, where a folder of images may say nothing of their scale.
    """

    def __init__(self, lite: LiteModel, outputs: Iterable[Value], given: Any = None) -> None:
        self.lite = lite
        self.samples = Samples()
        self.folds = Folds()
        self.given = given
        graph = lite.graph
        places = {own: place for place, own in enumerate(graph.outputs)}
        observed = list(outputs)
        votes = [] if lite.has_state else votes_of(graph)  # what is run again would change the state
        self.votes: dict[Value, Votes] = {observed[places[each.output]]: each for each in votes}
        self._scale_is_known = False

    def passing(self, batches: Iterable[list[Array]]) -> Iterator[list[Array]]:
        """The batches, which are looked at as they pass."""
        return self.samples.passing(batches)

    def see(self, value: Value, held: Held) -> None:
        """Look at what one tensor of the first graph holds in one run."""
        array = held.array
        if value.producer is None or not isinstance(value.producer.operator.scales, Same):
            self.folds.add(value, held)
        if value in self.votes and array.ndim == 2 and np.isfinite(array).all():
            self.votes[value].add(array)

    def findings(self) -> list[Diagnostic]:
        """What is wrong with the data, as far as it shows."""
        found: list[Diagnostic] = [*self._of_numbers(), *self._of_count()]
        unusable = [each for each in found if isinstance(each, (NotNumbers, ConstantInput))]
        if self.samples.kept and not unusable:
            noise = list(self._of_noise())
            scale = [] if noise else list(self._of_scale())
            found += [*noise, *scale]
            if not noise and not scale:
                found += [*self._of_likeness(), *self._of_classes()]
            if not found:
                found += self._of_stability()
        if isinstance(self.given, (str, Path)) and Path(self.given).is_dir() and not self._scale_is_known:
            found.append(PixelsAsBytes(str(self.given)))
        return found

    def _inputs(self) -> Iterator[tuple[int, str, Value, Numbers]]:
        face = self.lite.face()
        for place, numbers in enumerate(self.samples.numbers):
            yield place, face.input_names[place], self.lite.graph.inputs[place], numbers

    def _of_numbers(self) -> Iterator[Diagnostic]:
        are_all_constant = all(numbers.is_constant for numbers in self.samples.numbers)
        for _, name, value, numbers in self._inputs():
            count = self.samples.count
            if numbers.nans or numbers.infinities:
                yield NotNumbers(name, numbers.nans, numbers.infinities)
            elif numbers.is_constant and (value.type.dtype.is_float or are_all_constant):
                yield ConstantInput(name, numbers.least, count, count)
            elif value.type.dtype.is_float and numbers.flat > MOSTLY * count:
                yield ConstantInput(name, None, numbers.flat, count)

    def _of_count(self) -> Iterator[Diagnostic]:
        distinct, count = self.samples.distinct or self.samples.count, self.samples.count
        if distinct < ENOUGH or distinct < MOSTLY * count:
            yield FewSamples(count, distinct)

    def _of_noise(self) -> Iterator[Diagnostic]:
        for (_, name, value, _), array in zip(self._inputs(), self.samples.again(), strict=True):
            if value.type.dtype is DType.FLOAT32 and (noise := noise_in(array)) is not None:
                yield RandomNoise(name, noise.distribution, noise.mean, noise.deviation)

    def _of_scale(self) -> Iterator[Diagnostic]:
        """That a normalization, or how sure the model is of its classes, says that another scale is meant."""
        normalizations = Normalizations(self.lite.model.expectations)
        if normalizations:
            self._scale_is_known = True
            yield from self._by_normalizations(normalizations)
        elif self.votes:
            yield from self._by_classes()

    def _by_normalizations(self, normalizations: Normalizations) -> Iterator[Diagnostic]:
        arrays = self.samples.again()
        found = normalizations.distance(arrays)
        if not found.is_far:
            return
        best: tuple[Distance, Diagnostic] | None = None
        for name, own, meant, other in self._in_other_scales(arrays):
            distance = normalizations.distance(other)
            if distance.size < MUCH_BETTER * found.size and (best is None or distance.size < best[0].size):
                evidence = f"normalization '{found.layer}' sees means off by {found.means:.2g} deviations"
                best = distance, OtherScale(name, own.name, meant.name, formula(own, meant), evidence)
        yield best[1] if best else OtherValues(found.layer, found.means, found.spreads, found.is_very_far)

    def _by_classes(self) -> Iterator[Diagnostic]:
        arrays = self.samples.again(TRIED)
        own = self._information(arrays)
        self._scale_is_known = own is not None
        if own is None:
            return
        best: tuple[float, Diagnostic] | None = None
        for name, scale, meant, other in self._in_other_scales(arrays):
            found = self._information(other)
            factor, first = meant.factor / scale.factor, self._first
            if found is None or not is_better(own, found, first.output.type.shape[1], factor, first.says_so):
                continue
            if best is None or found[0] > best[0]:
                evidence = f"its outputs tell samples apart by {found[0]:.1f} nats then, and by {own[0]:.1f} as it is"
                best = found[0], OtherScale(name, scale.name, meant.name, formula(scale, meant), evidence)
        if best is not None:
            yield best[1]

    def _in_other_scales(self, arrays: list[Array]) -> Iterator[tuple[str, Scale, Scale, list[Array]]]:
        """(an input, the scale that it has, another one, all inputs with this one in that scale)."""
        for place, name, value, numbers in self._inputs():
            own = scale_of(numbers.least, numbers.most)
            if own is None or value.type.dtype is not DType.FLOAT32:
                continue
            for meant in SCALES:
                if meant is not own:
                    other = converted(arrays[place], own, meant)
                    yield name, own, meant, [*arrays[:place], other, *arrays[place + 1 :]]

    @property
    def _first(self) -> Votes:
        return next(iter(self.votes.values()))

    def _information(self, arrays: list[Array]) -> tuple[float, float] | None:
        """How well the first output of classes tells samples apart, and how unsure it is; None for a single number."""
        output = self._run(arrays, self._first)
        return information(probabilities(output)) if output.shape[1] > 1 and np.isfinite(output).all() else None

    def _run(self, arrays: list[Array], vote: Votes) -> Array:
        """An output of the model for samples."""
        place = self.lite.graph.outputs.index(vote.output)
        fixed = self.lite.graph.inputs[0].type.shape[:1]
        step = int(fixed[0]) if fixed and type(fixed[0]) is int else None
        return np.concatenate([self.lite.run_arrays(part)[place] for part in parts(arrays, step)])

    def _of_likeness(self) -> Iterator[Diagnostic]:
        """That samples hardly differ: little of all variance is between them."""
        for (_, name, value, numbers), array in zip(self._inputs(), self.samples.again(), strict=True):
            if value.type.dtype is not DType.FLOAT32 or numbers.is_constant or len(array) < 2 or array.ndim < 2:
                continue
            share = float(array.var(0, dtype=np.float64).mean() / max(array.var(dtype=np.float64), 1e-30))
            if share < VARIANCE_BETWEEN and array[0].size > 1 and self.samples.distinct > 1:
                yield NearlySame(name, share)

    def _of_classes(self) -> Iterator[Diagnostic]:
        names = dict(zip(self.lite.graph.outputs, self.lite.face().output_names, strict=True))
        for vote in self.votes.values():
            most = ALL if vote.output.type.shape[1] > 2 else ALL_OF_TWO
            if vote.total < ENOUGH_FOR_CLASSES or vote.first[1] < most or not vote.is_sure:
                continue
            if vote.says_so or self._can_be_another(vote):
                yield OneClass(names[vote.output], *vote.first)

    def _can_be_another(self, vote: Votes) -> bool:
        """Whether other inputs are of other classes: the largest of several measures may always be the same."""
        arrays = self.samples.again(ENOUGH_FOR_CLASSES)
        for change in (_mixed, _mirrored):
            changed = [change(array) for array in arrays]
            if np.mean(classes(self._run(changed, vote)) == vote.first[0]) < 1 - MOSTLY / 2:
                return True
        return False

    def _of_stability(self) -> Iterator[Diagnostic]:
        losses = self.folds.losses()
        if not losses or self.samples.count < ENOUGH:
            return
        mean = float(np.mean(list(losses.values())))
        if mean > UNSTABLE:
            yield Unstable(mean, self.samples.count, names_of(losses), mean > VERY_UNSTABLE)


def names_of(losses: Mapping[Value, float]) -> tuple[str, ...]:
    """The tensors that lose most."""
    worst = sorted(losses, key=lambda value: -losses[value])[:NAMED]
    return tuple(dict.fromkeys(value.name or "a tensor without a name" for value in worst))


def _mixed(array: Array) -> Array:
    """Each sample's numbers in another order."""
    rows = array.reshape(len(array), -1)
    return np.asarray(np.random.default_rng(0).permuted(rows, axis=1).reshape(array.shape))


def _mirrored(array: Array) -> Array:
    """Large numbers for small ones."""
    return np.asarray(array.max() + array.min() - array if array.dtype.kind in "if" else array, array.dtype)
