"""`litesmith.search`: recipes from cheap to dear, until one is good enough or as many were tried as were allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.conversion import converted
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantization import NeedsCalibration
from litesmith.diagnostics.quantization_search import NeedsJoblib, NothingWithinBudget
from litesmith.frontends.open import Kind, identify
from litesmith.frontends.options import Options
from litesmith.lite_model import LiteModel
from litesmith.opening import load, open_model
from litesmith.quantization.analysis.analyzing import analyze
from litesmith.quantization.analysis.result import NEGLIGIBLE, Analysis, LayerError
from litesmith.quantization.analysis.unrounding import INPUT
from litesmith.quantization.calibration import UnfitData, batches
from litesmith.quantization.judging import AGREEMENT, DECIBELS, NO_NOISE, is_classification
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.search.budget import Budget
from litesmith.quantization.search.result import Found, Trial
from litesmith.quantization.search.trying import Bench, Parcel

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int, str], bool | None]
SAMPLES = 256
"""How many inputs outputs are compared on, at most."""
MODES = {
    "size": ("weights_int4", "int8", "dynamic_int8", "int16x8", "float16"),
    "latency": ("int8", "dynamic_int8", "weights_int8", "float16"),
    "ram": ("int8", "int16x8", "dynamic_int8", "float16"),
}
"""What is tried for the whole model, by goal: what costs least first."""
VARIED = "int8"
"""The mode whose layers are relaxed one by one."""
FEWEST_BITS, MORE_BITS = "weights_int4", "weights_int8"
"""The mode of the smallest files, and what layers become with which it is not good enough."""
OTHERWISE: tuple[Callable[[Recipe], Recipe], ...] = (
    lambda recipe: replace(recipe, observer="percentile"),
    lambda recipe: replace(recipe, observer="min_max"),
    lambda recipe: replace(recipe, rounding="adaround"),
)
"""What else a mode may be made with: the file costs the same."""


def search(
    model: Any,
    calibration: Any = None,
    budget: Budget | None = None,
    data: Any = None,
    inference_type: str = "float32",
    recipes: Sequence[Recipe | str] = (),
    progress: Progress | None = None,
) -> Found:
    """Try recipes from cheap to dear, and return all that was found, and the best within the budget.

    First modes for the whole model, then weights of 4 bits with the layers that add most of their error (`analyze`) in
    8: one, two, four, ... of them; then what else the int8 model can be made with, and int8 with the layers that add
    most of its error in 16 bits or float32. It ends where something that is good enough costs less.

    Args:
        model: a float32 `LiteModel`, the path of a `.tflite` file, or what `convert` takes.
        calibration: inputs for ranges, as for `quantize`; without any, modes of weights are tried only.
        budget: how good the result must be, what is made least, and how much is tried.
        data: inputs that outputs are compared on; by default those of the calibration.
        inference_type: as for `quantize`.
        recipes: those to try first.
        progress: called before each trial with how many are done, how many there may be, and what is tried; where it
            returns False the search ends, with what was found so far. So does Ctrl-C.

    Raises:
        LitesmithError: Q103 without any data; Q142 where the measure fails; Q145 for several processes without joblib.
    """
    budget = budget or Budget()
    real = _real(model)
    bench = _bench(real, calibration, budget, data, inference_type)
    return _Search(bench, budget, progress).run([Recipe(each) if isinstance(each, str) else each for each in recipes])


def require(found: Found) -> LiteModel:
    """The best model; Q143 where none keeps within the budget."""
    if found.model is not None:
        return found.model
    made = [trial for trial in found.trials if not trial.problem]
    best = max(made, key=lambda trial: (trial.measure, trial.decibels), default=None)
    said = "none could be made" if best is None else f"{best.recipe.mode} with {found.measure} {best.measure:.4g}"
    raise LitesmithError(NothingWithinBudget(len(found.trials), found.budget, said))


def _real(model: Any) -> LiteModel:
    if isinstance(model, LiteModel):
        return model
    if isinstance(model, (str, Path)) and identify(Path(model), "a model") is Kind.LITERT:
        return load(model)
    return converted(open_model(model), None, None, Options(), None)[0]


def _bench(real: LiteModel, calibration: Any, budget: Budget, data: Any, inference_type: str) -> Bench:
    face = real.face()
    try:
        known = None if calibration is None else list(batches(calibration, face))
        inputs = known if data is None else list(batches(data, face))
    except UnfitData as problem:
        raise LitesmithError(NeedsCalibration(str(problem))) from None
    if not inputs:
        raise LitesmithError(NeedsCalibration("there is none, nor any to compare outputs on"))
    inputs = _few(inputs)
    expected = [real.run_arrays(arrays) for arrays in inputs]
    has_classes = is_classification(expected[0])
    drop, least_decibels = budget.limits(has_classes)
    measure = budget.measure
    at_best = measure(real) if measure else 1.0 if has_classes else NO_NOISE
    least = None if drop is None else at_best - drop
    packed = None if known is None else [face.inputs.pack(arrays) for arrays in known]
    return Bench(real, packed, inputs, expected, inference_type, measure, at_best, least, least_decibels)


def _few(inputs: list[list[Array]]) -> list[list[Array]]:
    """Batches of as many samples as outputs are compared on."""
    found, count = [], 0
    for arrays in inputs:
        if count < SAMPLES:
            found.append(arrays)
            count += len(arrays[0]) if arrays and arrays[0].ndim else 1
    return found


class _Stopped(Exception):
    """Enough was tried, or the user said so."""


@dataclass
class _Search:
    bench: Bench
    budget: Budget
    progress: Progress | None
    trials: list[Trial] = field(default_factory=list)
    models: dict[int, LiteModel] = field(default_factory=dict)
    stopped: bool = False

    def run(self, first: list[Recipe]) -> Found:
        try:
            self._try([(recipe, "yours") for recipe in first])
            self._try([(Recipe(mode), "a mode for all") for mode in self._modes()])
            if FEWEST_BITS in self._modes():
                self._give_more_bits()
            if VARIED in self._modes():
                self._vary()
        except _Stopped:
            pass
        except KeyboardInterrupt:
            self.stopped = True
            if not self.trials:
                raise
        return self._found()

    def _modes(self) -> list[str]:
        names = MODES[self.budget.goal]
        return [name for name in names if self.bench.calibration is not None or not Recipe(name).needs_data]

    def _give_more_bits(self) -> None:
        """Weights of 4 bits, where they are not good enough, with the layers that add most in 8."""
        plain = self._trial(Recipe(FEWEST_BITS))
        if plain is not None and not plain.within and plain.cost(self.budget.goal) < self._cheapest():
            self._relax(plain)

    def _cheapest(self) -> float:
        """The least cost within the budget."""
        return min((each.cost(self.budget.goal) for each in self.trials if each.within), default=float("inf"))

    def _vary(self) -> None:
        """Other ways to make the model of int8, then layers of it in more bits; nothing where something is as cheap."""
        plain = self._trial(Recipe(VARIED))
        if plain is None or self._cheapest() <= plain.cost(self.budget.goal):
            return
        self._try([(otherwise(plain.recipe), "made otherwise") for otherwise in OTHERWISE])
        made = [each for each in self.trials if each.recipe.mode == VARIED and not each.recipe.rules]
        best = max(made, key=lambda each: (each.within, each.measure, each.decibels))
        if not best.within:
            self._relax(best)

    def _relax(self, trial: Trial) -> None:
        """Twice as many layers each time, then half as many again where that was more than needed.

        It ends where something else that is good enough costs less.
        """
        found = self._analysis(trial)
        layers = [layer for layer in found.layers if layer.share >= NEGLIGIBLE and not layer.layer.startswith(INPUT)]
        least, count, limit = 0, 1, self._cheapest()
        while count <= len(layers) and not (tried := self._relaxed(trial, layers, count)).within:
            least, count = count, 2 * count
            if tried.cost(self.budget.goal) >= limit:
                return
        if count > len(layers):
            return
        while count - least > 1:
            middle = (least + count) // 2
            if self._relaxed(trial, layers, middle).within:
                count = middle
            else:
                least = middle

    def _relaxed(self, trial: Trial, layers: Sequence[Any], count: int) -> Trial:
        recipe = trial.recipe
        wanted: dict[str, dict[str, None]] = {"int16x8": {}, MORE_BITS: {}, "float32": {}}
        for layer in layers[:count]:
            mode = MORE_BITS if recipe.mode == FEWEST_BITS else _mode_of(layer)
            wanted[mode].update(dict.fromkeys(_names(layer, mode)))
        for mode, names in wanted.items():
            recipe = recipe.use(mode, *map(_escaped, names)) if names else recipe
        self._try([(recipe, f"the {count} layers that add most" if count > 1 else "the layer that adds most")])
        return next(each for each in self.trials if each.recipe == recipe)

    def _analysis(self, trial: Trial) -> Analysis:
        place = next(place for place, each in enumerate(self.trials) if each is trial)
        face = self.bench.real.face()
        data = [face.inputs.pack(arrays) for arrays in self.bench.inputs]
        return analyze(self.bench.real, self.models[place], data, cures=0)

    def _trial(self, recipe: Recipe) -> Trial | None:
        return next((each for each in self.trials if each.recipe == recipe and not each.problem), None)

    def _try(self, wanted: Sequence[tuple[Recipe, str]]) -> None:
        """Try recipes that were not tried yet, as many as are allowed."""
        known = [trial.recipe for trial in self.trials]
        new = [each for each in wanted if each[0] not in known]
        left = self.budget.max_evaluations - len(self.trials)
        several = self.budget.n_jobs != 1 and len(new) > 1
        for recipe, why in [] if several else islice(new, left):
            self._tell(recipe, why)
            trial, model = self.bench.attempt(recipe, why)
            self._note(trial, model)
        if several and left:
            self._try_together(new[:left])
        if len(new) >= left:
            raise _Stopped

    def _try_together(self, new: Sequence[tuple[Recipe, str]]) -> None:
        try:
            import joblib  # type: ignore[import-untyped]
        except ImportError:
            raise LitesmithError(NeedsJoblib()) from None
        parcel = Parcel.of(self.bench)
        workers = joblib.Parallel(self.budget.n_jobs, return_as="generator")
        made = workers(joblib.delayed(parcel.attempt)(*each) for each in new)
        for recipe, why in new:
            self._tell(recipe, f"{why}, {len(new)} at the same time")
            trial, content, done = next(made)
            model = None if content is None else LiteModel(content, isolated=False)
            if model is not None:
                model.quantization = done
                if self.budget.goal == "latency":  # which the others disturbed
                    trial = replace(trial, seconds=self.bench.seconds(model))
            self._note(trial, model)

    def _note(self, trial: Trial, model: LiteModel | None) -> None:
        if model is not None:
            self.models[len(self.trials)] = model
        self.trials.append(trial)

    def _tell(self, recipe: Recipe, why: str) -> None:
        said = f"{recipe.mode}, {why}"
        if self.progress is not None and self.progress(len(self.trials), self.budget.max_evaluations, said) is False:
            self.stopped = True
            raise _Stopped

    def _found(self) -> Found:
        goal = self.budget.goal
        within = [place for place, trial in enumerate(self.trials) if trial.within]
        best = min(within, key=lambda i: (self.trials[i].cost(goal), -self.trials[i].measure), default=None)
        bench = self.bench
        has_classes = is_classification(bench.expected[0])
        name = bench.measure.name if bench.measure else AGREEMENT if has_classes else DECIBELS
        limits = [f"{name} at least {bench.least:.4g}"] if bench.least is not None else []
        limits += [f"at least {bench.least_decibels:g} dB"] if bench.least_decibels is not None else []
        model, recipe = (None, None) if best is None else (self.models[best], self.trials[best].recipe)
        said = (name, bench.at_best, ", ".join(limits), goal, self.budget.max_evaluations)
        return Found(*said, tuple(self.trials), model, recipe, self.stopped)


def _escaped(layer: str) -> str:
    """A pattern that fits this layer alone."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in layer)


def _mode_of(layer: LayerError) -> str:
    """What helps a layer: more bits of activations, or its weights as they were."""
    weights, activations = layer.weights, layer.activations
    return "float32" if activations is None or (weights is not None and weights < activations) else "int16x8"


def _names(layer: LayerError, mode: str) -> tuple[str, ...]:
    """The layers that change with it: activations are read as they are made."""
    return (layer.layer, *layer.readers) if mode == "int16x8" else (layer.layer,)
