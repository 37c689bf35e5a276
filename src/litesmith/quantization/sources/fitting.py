"""A batch of calibration data as the arrays of a model's inputs; what does not fit is said with its likely cause."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.lite_face import Face, shown
from litesmith.quantization.sources.errors import UnfitData

Array = np.ndarray[Any, Any]
MOST_ORDERS = 6
"""Of inputs whose orders are all tried."""
CHANNELS = (1, 2, 3, 4)
"""How many an image may have."""


def fitted(item: Any, face: Face) -> list[Array]:
    """The arrays of the inputs in a batch, in the order of the file's inputs; labels behind them are left out.

    Raises:
        UnfitData: for what the model does not take.
    """
    inputs = inputs_of(item, face)
    try:
        arrays: list[Array] = face.arrays(inputs)
    except (ValueError, TypeError) as problem:
        raise UnfitData(_why(item, inputs, face) or str(problem)) from problem
    _check_numbers(arrays, face)
    return arrays


def inputs_of(item: Any, face: Face) -> Any:
    """The inputs in a batch, nested as the model's, without labels; every leaf is an array."""
    count = len(face.input_names)
    if isinstance(item, Mapping):
        return _arrays(_named(item, face))
    if isinstance(item, (list, tuple)) and not are_numbers(item):
        if not item:
            raise UnfitData("a batch is empty: there is nothing in it")
        if count > 1 and is_nested_so(item, face):
            return _arrays(item)
        if count == 1 or not is_leaf(item[0]):
            return inputs_of(item[0], face)
        return _arrays(list(item[:count]))
    return as_array(item)


def is_nested_so(item: Any, face: Face) -> bool:
    """Whether arrays are nested as the model's inputs are."""
    try:
        return all(is_leaf(leaf) or are_numbers(leaf) for leaf in face.inputs.flatten(item))
    except (ValueError, KeyError, TypeError):
        return False


def _check_numbers(arrays: Sequence[Array], face: Face) -> None:
    for array, name, value in zip(arrays, face.input_names, face.graph.inputs, strict=True):
        if 0 in array.shape and 0 not in value.type.shape:
            raise UnfitData(f"there is no sample for input {name!r}: its array is {array.shape}")
        if array.dtype.kind == "f" and array.size and not np.isfinite(array).any():
            raise UnfitData(f"the data for input {name!r} is NaN or infinite throughout")


def _named(item: Mapping[Any, Any], face: Face) -> Any:
    """The entries of the inputs; others are labels."""
    names = face.input_names
    if set(names) <= set(item):
        return {name: item[name] for name in names}
    if isinstance(face.inputs.tree, dict) and len(names) > 1:
        return item
    if len(names) == 1 == len(item):
        return next(iter(item.values()))
    if len(names) > 1 and is_nested_so(item, face):
        return item
    raise UnfitData(_other_names(item, face))


def _other_names(item: Mapping[Any, Any], face: Face) -> str:
    names = ", ".join(map(repr, face.input_names))
    if not item:
        return f"there is no array in it; the model's inputs are {names}"
    said = f"its arrays are called {', '.join(map(repr, item))}, and the model's inputs {names}"
    if len(face.input_names) != 1:
        return said
    fitting = [key for key, leaf in item.items() if fits(as_array(leaf), face.graph.inputs[0])]
    if not fitting:
        return said
    return f"{said}; {' and '.join(map(repr, fitting))} would fit: give that array alone"


def _arrays(nested: Any) -> Any:
    if isinstance(nested, Mapping):
        return {key: _arrays(each) for key, each in nested.items()}
    if isinstance(nested, (list, tuple)) and not are_numbers(nested):
        return [_arrays(each) for each in nested]
    return as_array(nested)


def is_leaf(given: Any) -> bool:
    """Whether something is an array, of any framework."""
    return hasattr(given, "shape") and hasattr(given, "dtype")


def are_numbers(given: Any) -> bool:
    """Whether nested lists hold numbers, so that they are one array."""
    while isinstance(given, (list, tuple)) and len(given):
        given = given[0]
    return isinstance(given, (bool, int, float, np.generic))


def as_array(leaf: Any) -> Array:
    """An array of any framework, a table, or nested lists of numbers, in numpy's memory."""
    if hasattr(leaf, "detach"):
        leaf = leaf.detach().cpu()
    if hasattr(leaf, "to_numpy"):
        leaf = leaf.to_numpy()
    try:
        return np.asarray(leaf)
    except Exception as error:
        raise UnfitData(f"{_kind(leaf)} is no array of numbers ({str(error).splitlines()[0]})") from error


def _kind(given: Any) -> str:
    return f"a {type(given).__name__}"


def fits(array: Array, value: Value) -> bool:
    """Whether an array has the shape and the kind of numbers of an input."""
    return fits_shape(array.shape, value) and _fits_kind(array, value)


def fits_shape(shape: Sequence[int], value: Value) -> bool:
    """Whether a shape is one that an input takes."""
    sizes = value.type.shape
    return len(shape) == len(sizes) and all(
        isinstance(own, Dim) or size == own for size, own in zip(shape, sizes, strict=True)
    )


def _fits_kind(array: Array, value: Value) -> bool:
    if value.type.dtype is DType.STRING:
        return array.dtype.kind in "SUO"
    if array.dtype.kind == "f" and not value.type.dtype.is_float:
        return bool(np.array_equal(array, np.rint(array)))
    return array.dtype.kind in "biuf"


def _why(item: Any, inputs: Any, face: Face) -> str | None:
    """Why a batch does not fit, where that can be told."""
    leaves = list(_leaves(inputs))
    values = face.graph.inputs
    if len(leaves) != len(values):
        return f"{len(leaves)} arrays for {len(values)} inputs: {_expected(face)}"
    in_order = _leaves_in_order(inputs, face)
    if in_order is None:
        return None
    wrong = [place for place, array in enumerate(in_order) if not fits(array, values[place])]
    if not wrong:
        return None
    return (
        _labels_first(item, face)
        or _other_order(in_order, face)
        or _wrong_input(in_order[wrong[0]], values[wrong[0]], face.input_names[wrong[0]])
    )


def _leaves(nested: Any) -> Iterator[Array]:
    if isinstance(nested, Mapping):
        nested = list(nested.values())
    if isinstance(nested, list):
        for each in nested:
            yield from _leaves(each)
    else:
        yield nested


def _leaves_in_order(inputs: Any, face: Face) -> list[Array] | None:
    if isinstance(inputs, Mapping) and set(inputs) == set(face.input_names):
        return [inputs[name] for name in face.input_names]
    try:
        found: list[Array] = face.inputs.flatten(inputs)
        return found
    except (ValueError, KeyError, TypeError):
        leaves = list(_leaves(inputs))
        return leaves if not isinstance(inputs, Mapping) else None


def _labels_first(item: Any, face: Face) -> str | None:
    if len(face.input_names) != 1 or not isinstance(item, (list, tuple)) or len(item) < 2 or are_numbers(item):
        return None
    if any(is_leaf(other) and fits(as_array(other), face.graph.inputs[0]) for other in item[1:]):
        shape = as_array(item[0]).shape
        return f"labels stand in front of the inputs: the first array is {shape}; give (inputs, labels)"
    return None


def _other_order(arrays: Sequence[Array], face: Face) -> str | None:
    """That the same arrays fit in another order, where they do."""
    values = face.graph.inputs
    if not 1 < len(arrays) <= MOST_ORDERS:
        return None
    for order in permutations(range(len(arrays))):
        if all(fits(arrays[place], value) for place, value in zip(order, values, strict=True)):
            names = ", ".join(repr(face.input_names[order.index(place)]) for place in range(len(arrays)))
            own = ", ".join(map(repr, face.input_names))
            return f"the inputs are in another order: they fit as {names}, and the model takes {own}"
    return None


def _wrong_input(array: Array, value: Value, name: str) -> str:
    if not fits_shape(array.shape, value):
        cause = _cause(array.shape, value)
        said = f"input {name!r} is {shown(value.type)}, the data {array.shape}"
        return f"{said}: {cause}" if cause else said
    if array.dtype.kind == "O":
        return f"input {name!r}: the data holds objects, not numbers; are its samples of different sizes?"
    if array.dtype.kind in "SU":
        return f"input {name!r} takes {value.type.dtype}, and the data is text"
    if array.dtype.kind == "c":
        return f"input {name!r} takes {value.type.dtype}, and the data is of complex numbers"
    return f"input {name!r} takes {value.type.dtype}, and the data is {array.dtype} that are not whole numbers"


def _cause(shape: tuple[int, ...], value: Value) -> str | None:
    """The likely cause of a shape that does not fit, with its cure."""
    sizes = value.type.shape
    rank = len(sizes)
    if 0 in shape:
        return "there are no elements in it"
    if len(shape) == rank - 1:
        if fits_shape((1, *shape), value):
            return "the axis of the batch is missing; stack samples, array[None], or dataset.batch(32)"
        if fits_shape((*shape, 1), value):
            return "the axis of channels is missing; array[..., None]"
    if len(shape) == rank + 1:
        if fits_shape(shape[1:], value):
            return "there is an axis too many in front: batches of batches? array[0], or dataset.unbatch()"
        if shape[-1] == 1 and fits_shape(shape[:-1], value):
            return "there is an axis too many behind; array[..., 0]"
    if len(shape) == rank == 4:
        return _cause_of_images(shape, value)
    known = [size for size in sizes[1:] if not isinstance(size, Dim)]
    if len(known) == rank - 1 > 0 and math.prod(shape[1:]) == math.prod(known):
        return f"as many numbers in another shape; array.reshape(-1, {', '.join(map(str, known))})"
    return None


def _cause_of_images(shape: tuple[int, ...], value: Value) -> str | None:
    batch, first, second, last = shape
    sizes = value.type.shape
    if fits_shape((batch, second, last, first), value):
        return "channels stand first and the model has them last; array.transpose(0, 2, 3, 1)"
    if fits_shape((batch, last, first, second), value):
        return "channels stand last and the model has them first; array.transpose(0, 3, 1, 2)"
    if fits_shape((batch, second, first, last), value):
        return "height and width are swapped; array.transpose(0, 2, 1, 3)"
    if sizes[3] in CHANNELS and last in CHANNELS and last != sizes[3] and (first, second) == tuple(sizes[1:3]):
        return f"images of {last} channels for a model of {sizes[3]}"
    if last == sizes[3]:
        return f"images of another size; resize them to {sizes[1]} x {sizes[2]}"
    return None


def _expected(face: Face) -> str:
    inputs = zip(face.input_names, face.graph.inputs, strict=True)
    return ", ".join(f"{name!r} {value.type.dtype}{shown(value.type)}" for name, value in inputs)
