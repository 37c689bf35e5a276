"""A model's face: what goes in and comes out, how it is nested, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import tree
from keras.src.backend import standardize_dtype

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch, UnbuiltModel
from litesmith.frontends.keras.running import needed_arguments
from litesmith.frontends.keras.shape_text import GivenInput, parse_input
from litesmith.ir.named_size import NamedSize, Names, same_name


@dataclass(frozen=True)
class InputType:
    """One input.

    Attributes:
        shape: its sizes, None for dynamic ones.
        dtype: as Keras calls it.
        names: what its dynamic sizes are called, axis by axis; empty where none has a name.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    names: Names = ()


def model_inputs(model: Any, inputs: Any = None, batch: int | None = None) -> Any:
    """The model's inputs, nested as its own, as `InputType` leaves.

    `inputs` replaces what the model says: shapes, `InputSpec`s or example arrays (their sizes
    without the batch). A size may be a name, with a bound or without: `(1, "time<=512")`; all sizes of one
    name are equal. As text, a shape may have an element type: `"1,time<=512:int32"`. `batch` pins the
    first axis of every input.
    """
    declared = _declared_inputs(model)
    own = _known_inputs(model)
    if batch is not None and batch < 1:
        raise LitesmithError(InputMismatch(f"batch={batch}", "a batch of 1 or more"))
    if inputs is None:
        if own is None:
            raise LitesmithError(UnbuiltModel(model.name, tuple(needed_arguments(model))))
        chosen = own
    else:
        chosen = _given_inputs(model, own, inputs, fixed=declared is not None)
    return _with_one_bound(tree.map_structure(lambda leaf: _with_batch(leaf, batch), chosen))


def tells_inputs(model: Any) -> bool:
    """Whether a model says what it takes."""
    return _known_inputs(model) is not None


def _known_inputs(model: Any) -> Any:
    """The inputs that a model declares, or was called on; None where it says nothing, or of its first argument only."""
    declared = _declared_inputs(model)
    if declared is not None or len(needed_arguments(model)) > 1:
        return declared
    return _inputs_of_a_call(model)


def _with_batch(leaf: InputType, batch: int | None) -> InputType:
    if batch is None or not leaf.shape:
        return leaf
    names = (None, *leaf.names[1:]) if leaf.names else ()
    return replace(leaf, shape=(batch, *leaf.shape[1:]), names=names)


def _with_one_bound(inputs: Any) -> Any:
    """Inputs in which a size has the same bound wherever its name stands."""
    known: dict[str, NamedSize] = {}
    for size in (size for leaf in tree.flatten(inputs) for size in leaf.names if size):
        known[size.name] = same_name(known.get(size.name, size), size)
    named = {size: known[size.name] for leaf in tree.flatten(inputs) for size in leaf.names if size}
    return tree.map_structure(
        lambda leaf: replace(leaf, names=tuple(named[size] if size else None for size in leaf.names)), inputs
    )


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
        default = standardize_dtype(model.input_dtype)
        return _map_given(lambda leaf, name: _given_leaf(InputType(name, (), default), leaf, fixed=False), given)
    expected = tree.flatten(own)
    leaves = _flatten_given(_in_order(own, given))
    if len(leaves) != len(expected):
        raise LitesmithError(InputMismatch(f"{len(leaves)} given for {len(expected)} inputs", describe(own)))
    matched = [_given_leaf(known, leaf, fixed) for known, leaf in zip(expected, leaves, strict=True)]
    return tree.pack_sequence_as(own, matched)


def _in_order(own: Any, given: Any) -> Any:
    """What is given by name, in the model's order; the names must be the model's."""
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


def _is_shape(given: Any) -> bool:
    return isinstance(given, (tuple, list)) and all(
        size is None or isinstance(size, (int, np.integer, str)) for size in given
    )


def _flatten_given(given: Any) -> list[Any]:
    """Leaves in Keras' order: dictionaries by key."""
    if isinstance(given, dict):
        return [leaf for key in sorted(given) for leaf in _flatten_given(given[key])]
    if isinstance(given, (tuple, list)) and not _is_shape(given):
        return [leaf for item in given for leaf in _flatten_given(item)]
    return [given]


def _map_given(function: Any, given: Any, key: str | None = None) -> Any:
    """`function` of each leaf and a name for it: its key in a dictionary, else its own, or its place in a list."""
    if isinstance(given, dict):
        return {name: _map_given(function, item, str(name)) for name, item in given.items()}
    name = key or "input"
    if isinstance(given, (tuple, list)) and not _is_shape(given):
        items = [_own_name(item) or f"{name}_{i}" for i, item in enumerate(given)]
        return type(given)(_map_given(function, item, called) for item, called in zip(given, items, strict=True))
    return function(given, key or _own_name(given) or name)


def _own_name(given: Any) -> str | None:
    return given.name if isinstance(given, (keras.InputSpec, keras.KerasTensor)) else None


def _given_leaf(known: InputType, given: Any, fixed: bool) -> InputType:
    """One input as the caller says it, checked against what the model says (`fixed`)."""
    said = _said(known, given, fixed)
    dtype = standardize_dtype(said.dtype or known.dtype)
    if said.sizes is None:
        return InputType(known.name, known.shape, dtype)
    names = _size_names(known, said.sizes)
    shape = tuple(None if isinstance(size, str) else size for size in said.sizes)
    if fixed:
        _check_shape(known, said.sizes, dtype)
        shape = tuple(own if size is None else size for own, size in zip(known.shape, shape, strict=True))
        _check_unknown(known, names)
    return InputType(known.name, shape, dtype, names)


def _said(known: InputType, given: Any, fixed: bool) -> GivenInput:
    if isinstance(given, GivenInput):
        return given
    if isinstance(given, str):
        name, said = parse_input(given)
        if name not in (None, known.name):
            raise LitesmithError(InputMismatch(f"{given!r} for the input '{known.name}'", describe(known)))
        return said
    if isinstance(given, (keras.InputSpec, keras.KerasTensor)):
        return GivenInput(None if given.shape is None else tuple(given.shape), given.dtype)
    if _is_shape(given):
        return GivenInput(tuple(size if size is None or isinstance(size, str) else int(size) for size in given))
    if hasattr(given, "shape") and hasattr(given, "dtype"):
        sizes = (None, *(int(size) for size in tuple(given.shape)[1:]))
        return GivenInput(sizes, None if fixed else _array_dtype(given))
    problem = f"{given!r} is not a shape, a text such as '1,time:int32', a keras.InputSpec or an array"
    raise LitesmithError(InputMismatch(problem, describe(known)))


def _size_names(known: InputType, sizes: Sequence[int | str | None]) -> Names:
    """What the sizes are called; empty where none has a name."""
    try:
        names = tuple(NamedSize.parse(size) if isinstance(size, str) else None for size in sizes)
    except ValueError as error:
        raise LitesmithError(InputMismatch(str(error), describe(known))) from error
    return names if any(names) else ()


def _check_unknown(known: InputType, names: Names) -> None:
    """A size that the model fixes has no name or bound."""
    for axis, size in enumerate(names):
        if size is not None and known.shape[axis] is not None:
            problem = f"'{size}' for axis {axis} of input '{known.name}', which is always {known.shape[axis]}"
            raise LitesmithError(InputMismatch(problem, describe(known)))


def _array_dtype(array: Any) -> str:
    """The type of an example array; float64, which numpy makes by default, is taken for the float type."""
    dtype = standardize_dtype(array.dtype)
    return keras.config.floatx() if dtype == "float64" else dtype


def _check_shape(known: InputType, shape: Sequence[int | str | None], dtype: str) -> None:
    fits = len(shape) == len(known.shape) and all(
        own is None or not isinstance(size, int) or own == size for own, size in zip(known.shape, shape, strict=True)
    )
    if not fits:
        problem = f"shape {tuple(shape)} for input '{known.name}', which has shape {known.shape}"
        raise LitesmithError(InputMismatch(problem, describe(known)))
    kinds = [name.startswith(("float", "bfloat")) for name in (dtype, known.dtype)]
    if kinds[0] != kinds[1]:
        problem = f"type {dtype} for input '{known.name}', which is {known.dtype}"
        raise LitesmithError(InputMismatch(problem, describe(known)))


def describe(inputs: Any) -> str:
    """Inputs in words: `'image' float32(None, 28, 28, 1), 'size' int32(None,)`."""
    return ", ".join(f"'{leaf.name}' {leaf.dtype}{leaf.shape}" for leaf in tree.flatten(inputs))


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
