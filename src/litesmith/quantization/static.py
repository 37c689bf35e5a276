"""A float model's file as one that computes with integers of 8 bits, on the data of its user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Model
from litesmith.ir.losses import Loss
from litesmith.ir.types import DType
from litesmith.ir.verify import verify_model
from litesmith.lite_model import LiteModel
from litesmith.passes.base import Record
from litesmith.passes.decompose_for_target import DecomposeForTarget
from litesmith.quantization.calibration import batches
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.ranges import observe
from litesmith.quantization.reasons import LeftReal
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.rewriting import Face
from litesmith.quantization.weights import store_weights

Array = np.ndarray[Any, Any]
WITHOUT_KERNEL = {
    DType.INT8: frozenset({"SQUARE", "NEG"}),
    DType.INT16: frozenset({"SQUARE", "NEG", "HARD_SWISH", "ELU", "SQUARED_DIFFERENCE", "LOG_SOFTMAX"}),
}
"""What has no kernel for integers of a type, and is written in what has one."""
INT8 = Recipe()
SAMPLES = 512
"""How many samples are looked at again to measure what was lost."""


def quantized(
    lite: LiteModel, model: Model, calibration: Any, face: Face = "float32", recipe: Recipe = INT8
) -> tuple[LiteModel, list[LeftReal]]:
    """The model in fewer bits, and which operations it left; its `losses` say what that changes of the outputs.

    Args:
        model: the graphs of `lite`, or copies of them, which are changed.
        calibration: inputs in any of the forms that people keep them in; None where only weights change.
    """
    own = lite.face()
    seen: list[tuple[list[Array], list[Array]]] = []

    def looked_at() -> Iterator[list[Array]]:
        count = 0
        for batch in batches(calibration, own):
            if count < SAMPLES:
                seen.append((batch, lite.run_arrays(batch)))
                count += len(batch[0]) if batch and batch[0].ndim else 1
            yield batch

    left: list[LeftReal] = []
    if recipe.needs_data:
        _prepare(model, recipe)
        histograms = observe(model, looked_at())
        left = quantize_integers(model, histograms, face, recipe.form_of).left
    elif calibration is not None:
        for _ in looked_at():
            pass
    model.stored_weights = store_weights(model, recipe.form_of)
    verify_model(model)
    made = LiteModel(to_bytes(model), model, isolated=False)
    model.losses = tuple(_losses(made, seen)) if seen else ()
    return made, left


def _prepare(model: Model, recipe: Recipe) -> None:
    """Write what has no kernel for integers in what has one."""
    for dtype, names in WITHOUT_KERNEL.items():
        if any(recipe.form_of(operation).activations is dtype for operation in model.main.operations):
            DecomposeForTarget(names).run(model.main, Record())


def _losses(made: LiteModel, seen: list[tuple[list[Array], list[Array]]]) -> Iterator[Loss]:
    """What each output lost of what the real model returned for inputs."""
    pairs = [(real, _outputs(made, inputs)) for inputs, real in seen]
    for place, name in enumerate(made.face().output_names):
        real = np.concatenate([own[place].reshape(-1) for own, _ in pairs]).astype(np.float64)
        integer = np.concatenate([new[place].reshape(-1) for _, new in pairs]).astype(np.float64)
        rows = pairs[0][0][place].shape[-1] if pairs[0][0][place].ndim > 1 else 1
        same = real.reshape(-1, rows).argmax(1) == integer.reshape(-1, rows).argmax(1)
        yield Loss(name, decibels(real, integer), float(same.mean()))


def decibels(signal: Array, found: Array) -> float:
    """Signal over noise; infinite where both are the same."""
    noise = float(np.sum((signal - found) ** 2))
    power = float(np.sum(signal**2))
    return float("inf") if noise == 0 else 10 * float(np.log10(max(power, 1e-30) / noise))


def _outputs(made: LiteModel, inputs: list[Array]) -> list[Array]:
    """The outputs of a model of integers as real numbers, for real inputs."""
    graph = made.graph
    given = [_as_given(array, value.type) for array, value in zip(inputs, graph.inputs, strict=True)]
    return [_as_real(array, value.type) for array, value in zip(made.run_arrays(given), graph.outputs, strict=True)]


def _as_given(array: Array, type: Any) -> Array:
    if type.quantization is None:
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    limits = np.iinfo(type.dtype.numpy)
    return np.asarray(np.clip(np.rint(array / scale) + zero, limits.min, limits.max), type.dtype.numpy)


def _as_real(array: Array, type: Any) -> Array:
    if type.quantization is None:
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    return np.asarray((array.astype(np.float32) - zero) * np.float32(scale))
