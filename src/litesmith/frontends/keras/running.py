"""Running a Keras model for comparison."""

from __future__ import annotations

from typing import Any

import keras
from keras import tree

from litesmith.frontends.keras.arguments import to_numpy


def run_keras(model: Any, inputs: Any) -> Any:
    """The model's inference on nested arrays, as nested arrays; plain functions are called as they are."""
    if not isinstance(model, keras.Layer):
        return model(inputs)
    tensors = tree.map_structure(keras.ops.convert_to_tensor, inputs)
    outputs = model(tensors, training=False) if model._call_has_training_arg else model(tensors)
    return tree.map_structure(lambda leaf: to_numpy(leaf) if keras.ops.is_tensor(leaf) else leaf, outputs)
