"""Running a Keras model for comparison."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import CannotCall
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.keras.arguments import to_numpy
from litesmith.frontends.keras.state import states_of
from litesmith.frontends.provenance import failing_line
from litesmith.ir.source import Source


class CallFailed(LitesmithError):
    """A model cannot be called on what it was given; the cause is what it raised."""

    def __init__(self, given: Any, error: Exception, comparing: bool = False) -> None:
        source = Source("", "", *failing_line(error.__traceback__))
        super().__init__(CannotCall(source, ", ".join(map(_shown, tree.flatten(given))), quoted(error), comparing))


def _shown(array: Any) -> str:
    dtype = getattr(array, "dtype", type(array).__name__)
    return f"{getattr(dtype, 'name', dtype)}{tuple(getattr(array, 'shape', ()))}"


def run_keras(model: Any, inputs: Any) -> Any:
    """The model's inference on nested arrays, as nested arrays; plain functions are called as they are.

    What a built model assigns to its variables is forgotten.

    Raises:
        CallFailed: where a Keras model raises an error.
    """
    built = is_built(model)
    with keras.StatelessScope() if built else contextlib.nullcontext():
        return _inference(model, inputs, compiles=built and keras.backend.backend() == "jax")


def is_built(model: Any) -> bool:
    """Whether all weights of a model are there: Keras calls one built whose own layers may not be."""
    layers = model._flatten_layers() if isinstance(model, keras.Layer) else ()
    return isinstance(model, keras.Layer) and all(layer.built or _has_no_weights(layer) for layer in layers)


def _has_no_weights(layer: Any) -> bool:
    """Whether a layer can do without being built, as the lookup does in a TextVectorization."""
    return isinstance(layer, keras.layers.StringLookup)


def run_in_turn(model: Any, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
    """The model's inference on one nesting of arrays after another: what a call assigns, the next one reads.

    The variables themselves are left as they are.

    Args:
        state: what variables hold at first, by name of the state; for others what they hold now.
    """
    found = {each.name: each.variable for each in states_of(variables_of(model))}
    known = [(found[name], array) for name, array in state.items() if name in found]
    fit = [(variable, array) for variable, array in known if tuple(variable.shape) == array.shape]
    with keras.StatelessScope(state_mapping=fit):
        return [_inference(model, inputs, compiles=False) for inputs in calls]


def variables_of(model: Any) -> list[Any]:
    """All variables of a model, each once; Keras does not count the states of recurrent layers among them."""
    layers = model._flatten_layers() if isinstance(model, keras.Layer) else ()
    held = [each for layer in layers for each in (*layer.variables, *tree.flatten(getattr(layer, "states", ())))]
    return list({id(variable): variable for variable in held if isinstance(variable, keras.Variable)}.values())


def _inference(model: Any, inputs: Any, compiles: bool) -> Any:
    with np.errstate(all="ignore"):  # no other backend warns of the infinities that extreme inputs are given for
        if not isinstance(model, keras.Layer):
            return model(inputs)
        try:
            return _run(model, inputs, compiles)
        except Exception as error:
            raise CallFailed(inputs, error, comparing=is_built(model)) from error


def needed_arguments(model: Any) -> list[str]:
    """The tensors that the `call` of a model cannot do without: usually one, two of `call(self, image, size)`."""
    parameters = inspect.signature(model.call).parameters
    return [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        and name not in ("training", "mask")
    ]


def arguments(model: Any, tensors: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call a model with for its inference: a dictionary is its arguments where it needs several."""
    training = {"training": False} if model._call_has_training_arg else {}
    if isinstance(tensors, dict) and len(needed_arguments(model)) > 1:
        return (), {**tensors, **training}
    return (tensors,), training


def _run(model: Any, inputs: Any, compiles: bool) -> Any:
    tensors = tree.map_structure(keras.ops.convert_to_tensor, inputs)
    args, kwargs = arguments(model, tensors)
    outputs = _run_compiled(model, args, kwargs) if compiles else model(*args, **kwargs)
    return tree.map_structure(lambda leaf: to_numpy(leaf) if keras.ops.is_tensor(leaf) else leaf, outputs)


def _run_compiled(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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
    def call(trainable: Any, others: Any, args: Any, tensors: Any) -> Any:
        return model.stateless_call(trainable, others, *args, **tensors, **fixed)[0]

    fixed = {name: value for name, value in kwargs.items() if name == "training"}
    tensors = {name: value for name, value in kwargs.items() if name not in fixed}
    try:
        return call(trainable, others, args, tensors)
    except Exception:
        return model(*args, **kwargs)
