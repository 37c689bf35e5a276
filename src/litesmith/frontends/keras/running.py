"""Running a Keras model for comparison."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import tree

from litesmith.frontends.keras.arguments import to_numpy


def run_keras(model: Any, inputs: Any) -> Any:
    """The model's inference on nested arrays, as nested arrays; plain functions are called as they are."""
    with np.errstate(all="ignore"):  # no other backend warns of the infinities that extreme inputs are given for
        return _run(model, inputs)


def _run(model: Any, inputs: Any) -> Any:
    if not isinstance(model, keras.Layer):
        return model(inputs)
    tensors = tree.map_structure(keras.ops.convert_to_tensor, inputs)
    training = {"training": False} if model._call_has_training_arg else {}
    compiles = keras.backend.backend() == "jax" and model.built
    outputs = _run_compiled(model, tensors, training) if compiles else model(tensors, **training)
    return tree.map_structure(lambda leaf: to_numpy(leaf) if keras.ops.is_tensor(leaf) else leaf, outputs)


def _run_compiled(model: Any, tensors: Any, training: dict[str, bool]) -> Any:
    """The inference of a model on JAX as one program.

    Called eagerly, JAX compiles each operation by itself (MobileNetV2: 17 s in place of 4). A model
    that reads values while it runs cannot be compiled whole, and is called eagerly. So is one that
    fails: Keras rebuilds errors of its layers, which JAX's own do not bear, and what is wrong with
    the model itself fails again, in the user's terms.
    """
    import jax

    trainable = [variable.value for variable in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]

    @jax.jit  # type: ignore[untyped-decorator]
    def call(trainable: Any, others: Any, tensors: Any) -> Any:
        return model.stateless_call(trainable, others, tensors, **training)[0]

    try:
        return call(trainable, others, tensors)
    except Exception:
        return model(tensors, **training)
