"""The Keras model that is trained with the roundings of the integers that it will be converted to."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from litesmith.frontends.keras.training.simulation import Simulation
from litesmith.frontends.keras.training.weights import Trained
from litesmith.ir.graph import Graph, Model
from litesmith.lite_face import Face
from litesmith.quantization.rewriting import Face as InferenceType
from litesmith.quantization.rewriting import face as use_integers

Array = np.ndarray[Any, Any]
LOGARITHM = "log_scale"


@keras.saving.register_keras_serializable("litesmith")
class TrainedConstants(keras.layers.Layer):
    """The variables of one layer of the model that was given."""

    def __init__(self, shapes: Mapping[str, Sequence[int]], trainable_names: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.trainable_names = tuple(trainable_names)
        self.held = [
            self.add_weight(shape=shape, name=name, initializer="zeros", trainable=name in self.trainable_names)
            for name, shape in self.shapes.items()
        ]
        self.built = True

    def variable(self, name: str) -> Any:
        """The variable of a name."""
        return self.held[list(self.shapes).index(name)]

    def call(self, inputs: Any) -> Any:
        return inputs


@keras.saving.register_keras_serializable("litesmith")
class QatModel(keras.Model):
    """A model that computes what its file of integers will compute, and trains the real numbers behind these.

    It is made by `litesmith.qat`, trained with `compile` and `fit`, and converted with `litesmith.convert`. Layers
    have the names of those of the model that it was made of, `/` written as `-`; what these fold into others, such
    as batch normalization, and what only training has, such as dropout, is not there any more.

    Args:
        content: the file, in base64.
        trained: its constants that are trained, as JSON has them.
        inference_type: what callers of the converted model give and take; this one takes and returns real numbers.
    """

    def __init__(
        self, content: str, trained: Sequence[dict[str, Any]], inference_type: InferenceType = "float32", **kwargs: Any
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.inference_type = inference_type
        self._simulation = Simulation(base64.b64decode(content), list(map(Trained.from_json, trained)))
        self.parts = [TrainedConstants(shapes, names, name=layer) for layer, (shapes, names) in self._specs().items()]
        self.output_names = list(self.face.output_names)
        self.built = True

    def _specs(self) -> dict[str, tuple[dict[str, tuple[int, ...]], list[str]]]:
        """The shapes of the variables of each layer, and which of them are trained."""
        found: dict[str, tuple[dict[str, tuple[int, ...]], list[str]]] = {}
        known: set[int] = set()
        for each in self._simulation.trained:
            shapes, names = found.setdefault(each.layer, ({}, []))
            if each.variable in known:
                continue
            known.add(each.variable)
            shapes[each.name] = each.shape
            scales = self._simulation.initial_scales(each)
            if scales is not None:
                shapes[f"{each.name}_{LOGARITHM}"] = scales.shape
            if each.is_trainable:
                names += [name for name in (each.name, f"{each.name}_{LOGARITHM}") if name in shapes]
        return {layer: spec for layer, spec in found.items() if spec[0]}

    def _variables_of(self, trained: Trained) -> tuple[Any, Any]:
        """The variable of a constant, and that of its scales where these are trained."""
        first = next(each for each in self._simulation.trained if each.variable == trained.variable)
        part = next(part for part in self.parts if part.name == first.layer)
        logarithm = f"{first.name}_{LOGARITHM}"
        return part.variable(first.name), part.variable(logarithm) if logarithm in part.shapes else None

    def _state(self) -> tuple[list[Any], list[Any]]:
        variables = [self._variables_of(each) for each in self._simulation.trained]
        return (
            [ops.convert_to_tensor(real) for real, _ in variables],
            [None if logarithm is None else ops.convert_to_tensor(logarithm) for _, logarithm in variables],
        )

    def begin_with(self, reals: Sequence[Array]) -> None:
        """Give the variables their first values, one array for each trained constant."""
        for each, real in zip(self._simulation.trained, reals, strict=True):
            self._variables_of(each)[0].assign(real)

    def build(self, *_: Any) -> None:
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        given = [
            _fitting(leaf, value.type.rank, value.type.dtype.value)
            for leaf, value in zip(self.face.leaves(inputs), self.simulated.inputs, strict=True)
        ]
        return self.face.outputs.pack(self._simulation(given, *self._state()))

    @property
    def simulated(self) -> Graph:
        """The graph that is computed."""
        return self._simulation.graph

    @property
    def face(self) -> Face:
        """How the file is called."""
        return self._simulation.face

    def converted(self) -> Model:
        """The graphs of the file, with what was trained."""
        model = self._simulation.converted(*self._state())
        use_integers(model.main, self.inference_type)
        return model

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "trainable": self.trainable,
            "content": base64.b64encode(self._simulation.content).decode(),
            "trained": [each.to_json() for each in self._simulation.trained],
            "inference_type": self.inference_type,
        }


def _fitting(tensor: Any, rank: int, dtype: str) -> Any:
    """A tensor of the model's element type and rank; Keras' own models take one axis of size 1 more or less too."""
    tensor = ops.cast(tensor, dtype)
    if len(tensor.shape) == rank - 1:
        return ops.expand_dims(tensor, -1)
    return ops.squeeze(tensor, -1) if len(tensor.shape) == rank + 1 and tensor.shape[-1] == 1 else tensor
