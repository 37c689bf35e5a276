"""The way of a float model to one in fewer bits: observed, equalized, planned, rewritten, refined, measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.telling import tell
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Model
from litesmith.ir.types import DType
from litesmith.ir.verify import verify_model
from litesmith.lite_model import LiteModel
from litesmith.opset.variable import RESET
from litesmith.passes.base import Record
from litesmith.passes.decompose_for_target import DecomposeForTarget
from litesmith.passes.mask_by_constant import MaskByConstant
from litesmith.quantization.algorithms.awq import scale_weights
from litesmith.quantization.algorithms.cross_layer_equalization import equalize
from litesmith.quantization.algorithms.data_free import DataFree, is_synthetic
from litesmith.quantization.algorithms.hadamard import rotate
from litesmith.quantization.algorithms.shift_negative import center
from litesmith.quantization.algorithms.smooth_quant import smooth
from litesmith.quantization.calibration import batches
from litesmith.quantization.changes import Change, Rewriting, Statistics
from litesmith.quantization.data_checks.watch import Watch
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import losses
from litesmith.quantization.outcome import Quantization
from litesmith.quantization.ranges import observe
from litesmith.quantization.reasons import LeftReal
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.refining.refining import Pairs, Progress, refine
from litesmith.quantization.refining.solving import Method
from litesmith.quantization.rewriting import Face
from litesmith.quantization.sources.together import of_one_size
from litesmith.quantization.weights import store_weights

Array = np.ndarray[Any, Any]
WITHOUT_KERNEL = {
    DType.INT8: frozenset({"SQUARE", "NEG"}),
    DType.INT16: frozenset({"SQUARE", "NEG", "HARD_SWISH", "ELU", "SQUARED_DIFFERENCE", "LOG_SOFTMAX", "PRELU"}),
}
"""What has no kernel for integers of a type, and is written in what has one."""
REWRITINGS = (equalize, smooth, center)
"""What lets a float graph round better, first to last; each computes the same as before."""
INT8 = Recipe()
SAMPLES = 512
"""How many samples are looked at again: to refine weights, and to measure what was lost."""


@dataclass
class Asked:
    """How a model is quantized.

    Attributes:
        recipe: what its parts become.
        face: the type of its inputs and outputs.
        progress: is told how far the refining of layers is.
        resume: a folder from which a run goes on that was ended.
    """

    recipe: Recipe = INT8
    face: Face = "float32"
    progress: Progress | None = None
    resume: str | Path | None = None


@dataclass
class _Data:
    """Calibration data, some of which is kept to be looked at again.

    Attributes:
        seen: inputs of batches, and what the real model returns for them.
        free: what stands for the data where there is none.
    """

    lite: LiteModel
    given: Any
    seen: list[tuple[list[Array], list[Array]]] = field(default_factory=list)
    free: DataFree | None = None

    def observed(self, model: Model) -> Statistics:
        """What the activations of a model hold: on all batches the first time, on those that were kept from then on."""
        if not is_synthetic(self.given):
            return observe(model, self.again()) if self.seen else self._first(model)
        if self.free is None:
            self.free = DataFree(model)
            for _ in self.once():
                pass
        return self.free.observe(model)

    def _first(self, model: Model) -> Statistics:
        """What activations hold, and whether the data looks like what the model was trained with: said as findings."""
        watch = Watch(self.lite, model.main.outputs, self.given)
        found = observe(model, watch.passing(self.once()), watch.see)
        for finding in watch.findings():
            tell(finding)
        return found

    def once(self) -> Iterator[list[Array]]:
        """All batches, in the order of the file's inputs."""
        count = 0
        for batch in self._batches():
            if count < SAMPLES:
                self.seen.append((batch, self.lite.run_arrays(batch)))
                count += len(batch[0]) if batch and batch[0].ndim else 1
            yield batch

    def _batches(self) -> Iterable[list[Array]]:
        if not is_synthetic(self.given):
            return of_one_size(batches(self.given, self.lite.face()), self.lite.face())
        return (self.free or DataFree(self.lite.model)).batches

    def again(self) -> Iterator[list[Array]]:
        """What was kept of them."""
        return (inputs for inputs, _ in self.seen)


def quantized(lite: LiteModel, model: Model, calibration: Any, asked: Asked) -> tuple[LiteModel, list[LeftReal]]:
    """The model in fewer bits, and which operations it left; its `losses` say what that changes of the outputs.

    Args:
        model: the graphs of `lite`, or copies of them, which are changed.
        calibration: inputs in any of the forms that people keep them in, or `"synthetic"` where there are none; None
            where only weights change.
    """
    recipe, data = asked.recipe, _Data(lite.restarted() if lite.has_state else lite, calibration)
    left: list[LeftReal] = []
    changes: list[Change] = []
    refined = None
    if recipe.needs_data:
        real, pairs, left, changes = _with_integers(model, data, asked)
    else:
        if calibration is not None:
            _, changes = _rewritten(model, data, recipe)
        real, pairs = _reference(model)
    model.stored_weights = store_weights(model, recipe.form_of)
    if data.seen and not is_synthetic(calibration):  # what random inputs are rounded to would be made right for them
        refined = refine(
            real,
            model,
            pairs,
            data.again(),
            Method(recipe.rounding),
            progress=asked.progress,
            resume=asked.resume,
        )
    verify_model(model)
    made = LiteModel(to_bytes(model), model, isolated=False)
    made.rounded_from = real
    model.losses = tuple(losses(made, data.seen)) if data.seen else ()
    made.quantization = Quantization(recipe, tuple(changes), refined, model.losses, model.stored_weights)
    made.reset()
    return made, left


def _with_integers(model: Model, data: _Data, asked: Asked) -> tuple[Model, Pairs, list[LeftReal], list[Change]]:
    """Let a model compute with integers; what it was before, pairs of operations, what stayed real, what was moved."""
    recipe = asked.recipe
    _prepare(model, recipe)
    histograms, changes = _rewritten(model, data, recipe)
    real, pairs = _reference(model)
    plan = quantize_integers(model, histograms, asked.face, recipe.form_of, recipe.observer)
    return real, pairs, plan.left, changes


def _rewritten(model: Model, data: _Data, recipe: Recipe) -> tuple[Statistics, list[Change]]:
    """Let a float model round better in the forms of a recipe; what its activations hold then, and what was moved."""
    statistics, changes = data.observed(model), list[Change]()
    for rewriting in _rewritings(model, recipe):
        if done := rewriting(model, statistics):
            changes += done
            statistics = data.observed(model)
    return statistics, changes


def _rewritings(model: Model, recipe: Recipe) -> Iterator[Rewriting]:
    """What a recipe rewrites, first to last."""
    if any(each.graph is not model.main and each.name != RESET for each in model.signatures):
        return  # other signatures may read the same weights
    if recipe.rotate:
        yield partial(rotate, form_of=recipe.form_of)
    if recipe.needs_data and recipe.equalize:
        yield from REWRITINGS
    if recipe.awq:
        yield partial(scale_weights, form_of=recipe.form_of)


def _reference(model: Model) -> tuple[Model, Pairs]:
    """A model as it is now, and its operations beside those of the one that is changed from now on."""
    real = copy_model(model)
    return real, list(zip(real.main.operations, model.main.operations, strict=True))


def _prepare(model: Model, recipe: Recipe) -> None:
    """Write what has no kernel for integers in what has one, and masks in what has a range."""
    for graph in model.all_graphs():
        if any(recipe.form_of(operation).computes_integers for operation in graph.operations):
            MaskByConstant().run(graph, Record())
        for dtype, names in WITHOUT_KERNEL.items():
            if any(recipe.form_of(operation).activations is dtype for operation in graph.operations):
                DecomposeForTarget(names).run(graph, Record())
