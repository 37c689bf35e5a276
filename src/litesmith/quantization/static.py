"""The way of a float model to one in fewer bits: observed, equalized, planned, rewritten, refined, measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

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
from litesmith.quantization.algorithms import awq
from litesmith.quantization.algorithms.cross_layer_equalization import equalize
from litesmith.quantization.algorithms.data_free import is_synthetic
from litesmith.quantization.algorithms.hadamard import rotate
from litesmith.quantization.algorithms.shift_negative import center
from litesmith.quantization.algorithms.smooth_quant import smooth
from litesmith.quantization.changes import Change, Rewriting, Statistics
from litesmith.quantization.data import Data
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import losses
from litesmith.quantization.outcome import Quantization
from litesmith.quantization.ranges import activations
from litesmith.quantization.reasons import LeftReal
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.refining.biases import correct_biases
from litesmith.quantization.refining.refining import Pairs, Progress, refine
from litesmith.quantization.refining.solving import Method
from litesmith.quantization.rewriting import Face
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


def quantized(lite: LiteModel, model: Model, calibration: Any, asked: Asked) -> tuple[LiteModel, list[LeftReal]]:
    """The model in fewer bits, and which operations it left; its `losses` say what that changes of the outputs.

    Args:
        model: the graphs of `lite`, or copies of them, which are changed.
        calibration: inputs in any of the forms that people keep them in, or `"synthetic"` where there are none; None
            where only weights change.
    """
    recipe, data = asked.recipe, Data(lite.restarted() if lite.has_state else lite, calibration)
    left: list[LeftReal] = []
    changes: list[Change] = []
    refined = None
    if recipe.needs_data:
        real, pairs, left, changes = _with_integers(model, data, asked)
    else:
        if calibration is not None:
            changes = _rewritten(model, data, recipe, data.checked(model))
        real, pairs = _reference(model)
    model.stored_weights = store_weights(model, recipe.form_of)
    correct_biases(pairs, data.known_means(real))
    seen = data.seen()
    if seen and not is_synthetic(calibration):  # what random inputs are rounded to would be made right for them
        refined = refine(
            real,
            model,
            pairs,
            (inputs for inputs, _ in seen),
            Method(recipe.rounding),
            progress=asked.progress,
            resume=asked.resume,
        )
    verify_model(model)
    made = LiteModel(to_bytes(model), model, isolated=False)
    made.rounded_from, made.rounded_pairs = real, tuple(pairs)
    model.losses = tuple(losses(made, seen)) if seen else ()
    made.quantization = Quantization(recipe, tuple(changes), refined, model.losses, model.stored_weights)
    made.reset()
    return made, left


def _with_integers(model: Model, data: Data, asked: Asked) -> tuple[Model, Pairs, list[LeftReal], list[Change]]:
    """Let a model compute with integers; what it was before, pairs of operations, what stayed real, what was moved."""
    recipe = asked.recipe
    _prepare(model, recipe)
    changes = _rewritten(model, data, recipe)
    histograms = data.observed(model)
    real, pairs = _reference(model)
    plan = quantize_integers(model, histograms, asked.face, recipe.form_of, recipe.observer)
    return real, pairs, plan.left, changes


def _rewritten(model: Model, data: Data, recipe: Recipe, statistics: Statistics | None = None) -> list[Change]:
    """Let a float model round better in the forms of a recipe; what was moved.

    `statistics`: what its activations hold, where that is known already.
    """
    changes: list[Change] = []
    for rewriting in _rewritings(model, recipe):
        if statistics is None or not statistics.keys() >= set(activations(model.main)):
            statistics = data.previewed(model)
        changes += rewriting(model, statistics)
    return changes


def _rewritings(model: Model, recipe: Recipe) -> Iterator[Rewriting]:
    """What a recipe rewrites, first to last."""
    if any(each.graph is not model.main and each.name != RESET for each in model.signatures):
        return  # other signatures may read the same weights
    if recipe.rotate:
        yield partial(rotate, form_of=recipe.form_of)
    if recipe.needs_data and recipe.equalize:
        yield from REWRITINGS
    if recipe.awq and awq.applies(model, recipe.form_of):
        yield partial(awq.scale_weights, form_of=recipe.form_of)


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
