"""`TimeDistributed`, which Keras writes out step by step, or maps over the steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from litesmith.frontends.keras.lowerings.control import calling
from litesmith.frontends.keras.registry import is_keras_class, lowers
from litesmith.ir.graph import Value
from litesmith.ir.loops import note_loop
from litesmith.ir.types import DType
from litesmith.ops.array import cast, reshape
from litesmith.ops.control import steps_text
from litesmith.ops.scan import scan

MIXING = (layers.Lambda, layers.TorchModuleWrapper, layers.JaxLayer, layers.TFSMLayer)
"""Layers that run code of the user, which may compute over all examples of the batch."""


@lowers("layers.TimeDistributed")
def time_distributed(layer: Any, inputs: Value, training: Any = None, mask: Value | None = None) -> Value:
    """The steps as further examples of the batch; one after the other where a layer may mix examples."""
    sequences = [inputs]
    if mask is not None and layer.layer._call_has_mask_arg:
        sequences.append(mask)
    if treats_examples_apart(layer.layer):
        batch, time = inputs.type.shape[:2]
        merged = [reshape(sequence, (batch * time, *sequence.type.shape[2:])) for sequence in sequences]
        output = _call(layer, merged)
        return reshape(output, (batch, time, *output.type.shape[1:]))

    def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        return [], [_call(layer, slices)]

    length = inputs.type.shape[1]
    note_loop("loop", length, f"{steps_text(length)}, as the layer may mix examples")
    _, (outputs,) = scan(step, [], sequences, length, axis=1, name="time")
    return outputs


def _call(wrapper: Any, arguments: list[Value]) -> Value:
    """The inner layer's inference on a tensor and perhaps its mask.

    Keras runs its `call` alone, which computes in the wrapper's type; a model's layers compute in their own.
    """
    layer = wrapper.layer
    options = {"training": False} if layer._call_has_training_arg else {}

    def run(tensor: Any, mask: Any = None) -> Any:
        return layer(tensor, **options) if mask is None else layer(tensor, mask=mask, **options)

    output: Value = calling(run)(*arguments)
    as_wrapper = output.type.dtype.is_float and not isinstance(layer, keras.Model)
    return cast(output, DType(wrapper.compute_dtype)) if as_wrapper else output


def treats_examples_apart(layer: Any) -> bool:
    """Whether each example of the batch is known to be computed by itself."""
    for part in layer._flatten_layers(include_self=True, recursive=True):
        if isinstance(part, MIXING) or not is_keras_class(type(part)) or _acts_on_the_batch(part):
            return False
        operations = getattr(part, "operations", ())
        if not all(isinstance(operation, keras.Layer) for operation in operations):
            return False
    return True


def _acts_on_the_batch(layer: Any) -> bool:
    axes = getattr(layer, "axis", None), getattr(layer, "axes", None)
    return any(0 in axis if isinstance(axis, (list, tuple)) else axis == 0 for axis in axes)
