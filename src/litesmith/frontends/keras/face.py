"""A model's face: what goes in and comes out, how it is nested, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import tree
from keras.src.backend import standardize_dtype

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch, UnbuiltModel
from litesmith.frontends.inputs import (
    InputType,
    describe,
    flatten_given,
    given_input,
    given_inputs,
    with_batch,
    with_one_bound,
)
from litesmith.frontends.keras.running import needed_arguments


def model_inputs(model: Any, inputs: Any = None, batch: int | None = None) -> Any:
    """The model's inputs, nested as its own, as `InputType` leaves.

    `inputs` replaces what the model says: shapes, `InputSpec`s or example arrays (their sizes
    without the batch). A size may be a name, with a bound or without: `(1, "time<=512")`; all sizes of one
    name are equal. As text, a shape may have an element type: `"1,time<=512:int32"`. `batch` pins the
    first axis of every input.
    """
    declared = _declared_inputs(model)
    own = _known_inputs(model)
    if inputs is None:
        if own is None:
            raise LitesmithError(UnbuiltModel(model.name, tuple(needed_arguments(model))))
        chosen = own
    else:
        chosen = _given_inputs(model, own, inputs, fixed=declared is not None)
    return with_one_bound(tree.map_structure(lambda leaf: with_batch(leaf, batch), chosen))


def tells_inputs(model: Any) -> bool:
    """Whether a model says what it takes."""
    return _known_inputs(model) is not None


def _known_inputs(model: Any) -> Any:
    """The inputs that a model declares, or was called on; None where it says nothing, or of its first argument only."""
    declared = _declared_inputs(model)
    if declared is not None or len(needed_arguments(model)) > 1:
        return declared
    return _inputs_of_a_call(model)


def _declared_inputs(model: Any) -> Any:
    """The inputs that a functional model was built of; None for another model."""
    functional = getattr(model, "_functional", None) or model
    structure = getattr(functional, "_inputs_struct", None)
    if structure is None:
        return None
    return _named(structure, lambda leaf, name: InputType(name, tuple(leaf.shape), leaf.dtype))


def _inputs_of_a_call(model: Any) -> Any:
    """What a model keeps of the call that built it: the shapes; None for one that was never built."""
    shapes = getattr(model, "_build_shapes_dict", None)
    if not model.built or not shapes:
        return None
    (first, *_) = shapes.values()
    specs = tree.map_shape_structure(lambda sizes: keras.KerasTensor((None, *sizes[1:]), name="input"), first)
    dtype = standardize_dtype(model.input_dtype)
    return _named(specs, lambda leaf, name: InputType(name, tuple(leaf.shape), dtype))


def _named(structure: Any, make: Any) -> Any:
    """Leaves named after their Keras tensor, or their key where they are in a dictionary."""
    if isinstance(structure, dict):
        return {
            key: make(leaf, str(key)) if isinstance(leaf, keras.KerasTensor) else _named(leaf, make)
            for key, leaf in structure.items()
        }
    return tree.map_structure(lambda leaf: make(leaf, leaf.name), structure)


def _given_inputs(model: Any, own: Any, given: Any, fixed: bool) -> Any:
    """The caller's shapes, specs or arrays, with names and types from the model where it has them.

    `fixed`: the model declares its inputs, and what the caller says must agree.
    """
    if own is None:
        return given_inputs(given, standardize_dtype(model.input_dtype), keras.config.floatx())
    expected = tree.flatten(own)
    leaves = flatten_given(in_order(own, given))
    if len(leaves) != len(expected):
        raise LitesmithError(InputMismatch(f"{len(leaves)} given for {len(expected)} inputs", describe(own)))
    floatx = keras.config.floatx()
    matched = [given_input(known, leaf, fixed, floatx) for known, leaf in zip(expected, leaves, strict=True)]
    return tree.pack_sequence_as(own, matched)


def in_order(own: Any, given: Any) -> Any:
    """What is given by name, in the model's order; the names must be the model's.

    Args:
        own: the model's inputs, as `model_inputs` has them.
    """
    if not isinstance(given, dict):
        return given
    names = list(own) if isinstance(own, dict) else [leaf.name for leaf in tree.flatten(own)]
    for name in given:
        if name not in names:
            raise LitesmithError(InputMismatch(f"there is no input {name!r}", describe(own)))
    missing = [name for name in names if name not in given]
    if missing:
        raise LitesmithError(InputMismatch(f"there is nothing for {', '.join(map(repr, missing))}", describe(own)))
    return given if isinstance(own, dict) else [given[name] for name in names]


def output_names(model: Any, outputs: Any) -> list[str]:
    """A name for each output that is not None in Keras' order: its key, or the layer it comes from."""
    leaves = [leaf for leaf in tree.flatten(outputs) if leaf is not None]
    names = getattr(getattr(model, "_functional", None) or model, "output_names", None)
    if isinstance(outputs, dict):
        paths = [path for path, leaf in tree.flatten_with_path(outputs) if leaf is not None]
        names = ["/".join(map(str, path)) for path in paths]
    elif names is None or len(names) != len(leaves):
        names = ["output"] if len(leaves) == 1 else [f"output_{i}" for i in range(len(leaves))]
    return unique(list(names))


def unique(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that come again."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, count = name, 0
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        taken.add(candidate)
        result.append(candidate)
    return result
