"""Keras models as what can be converted and compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import keras
from keras import tree

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import NotAModel
from litesmith.frontends.keras.face import model_inputs, tells_inputs
from litesmith.frontends.keras.importing import import_model
from litesmith.frontends.keras.running import run_in_turn, run_keras
from litesmith.frontends.keras.shapes import input_specs
from litesmith.frontends.options import Options
from litesmith.frontends.original import Imported
from litesmith.ir.rounding import rounding

TRAINING = "litesmith.frontends.keras.training.model"
"""Where the models are defined that `litesmith.qat` makes."""
INT8_STEPS = 127
FLOAT8_STEP = 2**-4


class KerasModel:
    """A Keras layer or model."""

    framework = "Keras"

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def roundings(self) -> float:
        """What the coarsest numbers that the model computes in leaves of its results."""
        layers = list(self.model._flatten_layers()) if hasattr(self.model, "_flatten_layers") else ()
        return max([0.0, *(rounding(layer.compute_dtype) for layer in layers), *map(_step_of_inputs, layers)])

    @property
    def named_inputs(self) -> Any:
        """The names of its inputs, nested as they are; None where it does not say what it takes."""
        if not tells_inputs(self.model):
            return None
        return tree.map_structure(lambda leaf: leaf.name, model_inputs(self.model))

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        found = import_model(self.model, inputs, batch, options, signatures)
        originals = {entry.name: KerasModel(entry.model) for entry in found.entries}
        return Imported(found.model, found.calls, originals, found.preprocessing)

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return input_specs(self.model, texts)

    def run(self, inputs: Any) -> Any:
        return run_keras(self.model, inputs)

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return run_in_turn(self.model, calls, state)


def original_of(model: Any) -> KerasModel:
    """A Keras model, or that of a FeatureSpace's features.

    Raises:
        LitesmithError: K303 for other objects of Keras.
    """
    if type(model).__name__ == "FeatureSpace":
        from litesmith.frontends.keras.feature_space import features_of

        return KerasModel(features_of(model))
    if type(model).__module__ == TRAINING:
        return import_module(f"{TRAINING.rpartition('.')[0]}.original").TrainedWithRoundings(model)
    if not isinstance(model, keras.Layer):
        raise LitesmithError(NotAModel(f"{type(model).__module__}.{type(model).__qualname__}"))
    return KerasModel(model)


def _step_of_inputs(layer: Any) -> float:
    """Twice the distance of the numbers that a quantized layer rounds its inputs to, relative to the largest.

    A number next to a half falls on the other side of it where a layer in front was rounded otherwise.
    """
    if getattr(layer, "quantization_mode", None) == "float8":
        return 2 * FLOAT8_STEP
    quantizer = getattr(layer, "inputs_quantizer", None)
    return 2 / getattr(quantizer, "value_range", (0, INT8_STEPS))[1] if quantizer else 0.0
