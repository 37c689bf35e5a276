"""`litesmith.quantize`: a converted model in fewer bits, whoever converted it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.data_free import RangesGuessed
from litesmith.diagnostics.quantization import (
    CannotQuantize,
    InfinitiesLost,
    IntegersAlready,
    MuchIsLost,
    NeedsCalibration,
    StaysReal,
)
from litesmith.diagnostics.telling import attentive, tell
from litesmith.flatbuffer.layer_classes import METADATA as CLASSES
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Model
from litesmith.ir.losses import Loss
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.opening import load
from litesmith.opset.unmodeled import operator_name
from litesmith.opset.variable import RESET
from litesmith.quantization.algorithms.data_free import is_synthetic, random_inputs
from litesmith.quantization.calibration import UnfitData
from litesmith.quantization.forms import FORMS, INTEGER_MODES
from litesmith.quantization.measuring import losses
from litesmith.quantization.outcome import Quantization
from litesmith.quantization.ranges import activations
from litesmith.quantization.reasons import LeftReal
from litesmith.quantization.recipe import Recipe, recipe_of
from litesmith.quantization.refining.checkpoints import prepared
from litesmith.quantization.refining.refining import Progress
from litesmith.quantization.rewriting import Face
from litesmith.quantization.spectra import REASON as SPECTRUM
from litesmith.quantization.static import Asked, quantized
from litesmith.quantization.weights import ROUNDINGS, quantize_weights

FACES_BITS = {"int8": 8, "uint8": 8, "int16": 16}
"""Of the integers that callers give and take."""
FEW_DECIBELS = 15.0
"""An output that is less above its noise is said."""
FEW_OF_RANDOM = 10.0
"""The same where the inputs are random: they are 1 to 8 dB less above it than data, in nine kinds of nets on digits."""


def asked(quantize: Recipe | str | Path | None, calibration: Any, inference_type: str) -> Recipe | None:
    """The recipe that was asked for; raises for what is none, and for data or types that it does not use."""
    recipe = None if quantize is None else recipe_of(quantize)
    face_of(inference_type)
    if recipe is None and calibration is not None:
        raise ValueError(f"calibration= is for quantize=, one of {', '.join(FORMS)}")
    if inference_type != "float32" and not (recipe is not None and recipe.needs_data):
        raise ValueError(f"inference_type= is for a model of integers: quantize= one of {', '.join(INTEGER_MODES)}")
    if inference_type in FACES_BITS and recipe is not None and not recipe.rules:
        bits = FORMS[recipe.mode].activations.bits
        if bits != FACES_BITS[inference_type]:
            raise ValueError(f"inference_type={inference_type!r} is not of the {bits} bits of {recipe.mode}")
    return recipe


def face_of(inference_type: str) -> Face:
    """What callers give and take; raises for what no file has."""
    faces: dict[str, Face] = {each: each for each in get_args(Face)}
    if inference_type not in faces:
        raise ValueError(f"inference_type is one of {', '.join(faces)}, not {inference_type!r}")
    return faces[inference_type]


def plain_mode(recipe: Recipe | None, calibration: Any) -> str | None:
    """The mode of a recipe whose results can be compared with the model's: that changes weights only, and little.

    None for others, and where there is data, on which weights are refined.
    """
    if recipe is None or recipe.rules or recipe.mode not in ROUNDINGS or calibration is not None:
        return None
    return recipe.mode


@attentive
def quantize(
    lite: LiteModel | str | Path,
    recipe: Recipe | str | Path = "int8",
    calibration: Any = None,
    inference_type: str = "float32",
    progress: Progress | None = None,
    resume: str | Path | None = None,
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | tuple[str, ...] = (),  # noqa: ARG001
) -> LiteModel:
    """A float32 `.tflite` model in fewer bits, whoever made it.

    Args:
        lite: the converted model, or the path of its file. It is not changed.
        recipe: a `Recipe`, the path of a `.toml` file with one, or a mode for the whole model, as for `convert`.
        calibration: where activations become integers, inputs as the model will see them: arrays nested as its own,
            batches of these (a list, a generator or a function that makes one, a dataset), with labels behind them or
            without, or the path of an `.npz` or `.npy` file; `"synthetic"` where there are none (Q121).
        inference_type: what callers give and take in place of float32: `"int8"`, `"uint8"` or `"int16"`, where the
            model has integers of as many bits there.
        progress: called before each layer that is refined with how many are done, how many there are, and its name.
        resume: a folder where what is found is kept, so that a run that was ended goes on.
        strict, ignore: as for `convert`.

    Raises:
        LitesmithError: Q103 without data that fits, Q104 for a model with several signatures, Q105 for a
            recipe's pattern that fits nothing, Q108 for a model of integers, and what the file is not.
    """
    found = asked(recipe, calibration, inference_type)
    assert found is not None
    lite = _opened(lite)
    if _has_integers(lite):
        raise LitesmithError(IntegersAlready())
    model = copy_model(lite.model)
    if (mode := plain_mode(found, calibration)) is not None:
        model.stored_weights = quantize_weights(model, mode)
        made = LiteModel(to_bytes(model), model, isolated=False)
        made.quantization = Quantization(found, stored_weights=model.stored_weights)
        _judge_without_data(lite, made, found)
        return made
    return by_recipe(lite, model, calibration, Asked(found, face_of(inference_type), progress, resume))


def _opened(given: Any) -> LiteModel:
    """A converted model, from itself or the path of its file."""
    if isinstance(given, LiteModel):
        return given
    if not isinstance(given, (str, os.PathLike)):
        own = f"litesmith.convert(model, quantize=...) converts a {type(given).__name__} first"
        raise TypeError(f"what is quantized is a converted model, or the path of its file; {own}")
    return load(Path(given))


def by_recipe(lite: LiteModel, model: Model, calibration: Any, asked: Asked) -> LiteModel:
    """The model whose graphs are changed by a recipe; what stays real and what is lost is said.

    `model`: the graphs of `lite`, or copies of them, which are changed.
    """
    recipe = asked.recipe
    if recipe.needs_data and calibration is None:
        raise LitesmithError(NeedsCalibration("there is none"))
    if recipe.needs_data and (reason := _why_not(lite)) is not None:
        raise LitesmithError(CannotQuantize(reason))
    if asked.resume is not None:
        prepared(asked.resume)
    recipe.check(model.all_graphs())
    model.metadata.pop(CLASSES, None)  # which only recipes select by
    if is_synthetic(calibration):
        tell(RangesGuessed(len(lite.model.normalizations)))
    operations = [operation for graph in model.all_graphs() for operation in graph.operations]
    spectra = [LeftReal(each, SPECTRUM) for each in operations if recipe.needs_data and recipe.leaves(each)]
    try:
        made, left = quantized(lite, model, calibration, asked)
    except UnfitData as problem:
        raise LitesmithError(NeedsCalibration(str(problem))) from None
    assert made.quantization is not None
    for finding in (*_left([*left, *spectra]), *made.quantization.findings()):
        tell(finding)
    for loss in model.losses:
        if loss.infinite:
            tell(InfinitiesLost(loss.output, loss.infinite))
        if loss.decibels < FEW_DECIBELS:
            tell(MuchIsLost(loss.output, loss.decibels, loss.agreement, recipe.mode))
    if calibration is None:
        _judge_without_data(lite, made, recipe)
    return made


def _judge_without_data(lite: LiteModel, made: LiteModel, recipe: Recipe) -> None:
    """Say where outputs for random inputs are far from those of the real model, which nobody looks at otherwise."""
    if _why_not(lite) is not None:
        return
    real, rounded = (LiteModel(bytes(each), each.model, lite.isolated) for each in (lite, made))
    inputs = random_inputs(lite.graph)[0]
    found: list[Loss] = []
    with contextlib.suppress(LitesmithError):  # inputs that a model does not run on say nothing of it
        found += losses(rounded, [(inputs, real.run_arrays(inputs))])
    for loss in found:
        if loss.decibels < FEW_OF_RANDOM:
            tell(MuchIsLost(loss.output, loss.decibels, loss.agreement, recipe.mode, has_data=False))


def _why_not(lite: LiteModel) -> str | None:
    signatures = [face.signature for face in lite.faces if face.signature != RESET]
    if len(signatures) > 1:
        return f"it has {len(signatures)} signatures"
    if lite.preprocessing is not None:
        return "texts are left to the app, which calibration data is not given to"
    operations = [operation for graph in lite.model.all_graphs() for operation in graph.operations]
    if any(operator_name(operation).startswith("CUSTOM") for operation in operations):
        return "it has custom operators, which no integer kernel is known of"
    if not any(value.type.dtype is DType.FLOAT32 for value in activations(lite.graph)):
        return "it has no real numbers to begin with"
    return None


def _has_integers(lite: LiteModel) -> bool:
    """Whether something of a model computes with integers that stand for real numbers."""
    made = (result for graph in lite.model.all_graphs() for each in graph.operations for result in each.results)
    return any(value.type.quantization is not None for value in made)


def _left(found: Iterable[LeftReal]) -> list[StaysReal]:
    """One finding for each layer and reason."""
    groups: dict[tuple[str, str], list[tuple[Source, str]]] = {}
    for left in found:
        source = left.operation.source
        groups.setdefault((source.layer, left.reason), []).append((source, left.operation.operator.builtin))
    return [
        StaysReal(members[0][0], tuple(dict.fromkeys(name for _, name in members)), reason)
        for (_, reason), members in groups.items()
    ]
