"""What the inputs of a model are, and what a caller says of them, whatever framework the model is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch
from litesmith.frontends.shape_text import GivenInput, parse_input
from litesmith.ir.named_size import NamedSize, Names, same_name
from litesmith.ir.nesting import nesting_of

SPECS = {"InputSpec", "KerasTensor", "ShapeDtypeStruct", "TensorSpec"}
"""Classes of Keras, JAX and TensorFlow whose objects say a shape and an element type, and hold no elements."""


@dataclass(frozen=True)
class InputType:
    """One input.

    Attributes:
        shape: its sizes, None for dynamic ones.
        dtype: its element type by name, as "float32".
        names: what its dynamic sizes are called, axis by axis; empty where none has a name.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    names: Names = ()


def given_inputs(given: Any, dtype: str, floatx: str = "float32") -> Any:
    """What a caller says of the inputs of a model that itself says nothing, as `InputType` leaves.

    A shape, an array, an object with `shape` and `dtype`, or text is one input; lists, tuples and
    dictionaries nest them.

    Args:
        dtype: of inputs of which a shape alone is said.
        floatx: what arrays of float64, which numpy makes by default, are taken for.
    """

    def leaf(given: Any, name: str) -> InputType:
        return given_input(InputType(name, (), dtype), given, fixed=False, floatx=floatx)

    return with_one_bound(_map_given(leaf, given))


def flatten_given(given: Any) -> list[Any]:
    """What is said of each input, in Keras' order: dictionaries by key."""
    if isinstance(given, dict):
        return [leaf for key in sorted(given) for leaf in flatten_given(given[key])]
    if isinstance(given, (tuple, list)) and not _is_shape(given):
        return [leaf for item in given for leaf in flatten_given(item)]
    return [given]


def given_input(known: InputType, given: Any, fixed: bool, floatx: str = "float32") -> InputType:
    """One input as the caller says it, checked against what the model says (`fixed`)."""
    said = _said(known, given, fixed, floatx)
    dtype = said.dtype or known.dtype
    if said.sizes is None:
        return InputType(known.name, known.shape, dtype)
    names = _size_names(known, said.sizes)
    shape = tuple(None if isinstance(size, str) else size for size in said.sizes)
    if fixed:
        known = _with_batch_as_said(known, given, said.sizes)
        _check_shape(known, said.sizes, dtype)
        shape = tuple(own if size is None else size for own, size in zip(known.shape, shape, strict=True))
        _check_unknown(known, names)
    return InputType(known.name, shape, dtype, names)


def _with_batch_as_said(known: InputType, given: Any, sizes: Sequence[int | str | None]) -> InputType:
    """The input with the batch that a shape says: Keras may have taken its own from the data of the first `fit`."""
    is_shape = isinstance(given, (GivenInput, str)) or _is_shape(given)
    if not known.shape or len(sizes) != len(known.shape) or not is_shape:
        return known
    return replace(known, shape=(sizes[0] if isinstance(sizes[0], int) else None, *known.shape[1:]))


class BatchWhereOpen(int):
    """A batch for inputs that leave theirs open, and not for others.

    Attributes:
        was_used: whether any input left it open.
    """

    was_used = False


def with_batch(leaf: InputType, batch: Any) -> InputType:
    """The input with its first size fixed, if it has any; K302 for a batch that is none."""
    if batch is None or not leaf.shape:
        return leaf
    if isinstance(batch, BatchWhereOpen):
        if leaf.shape[0] is not None or any(leaf.names[:1]):
            return leaf
        batch.was_used = True
    if not isinstance(batch, Integral) or batch < 1:
        raise LitesmithError(InputMismatch(f"batch={batch!r}", "a batch of 1 or more"))
    names = (None, *leaf.names[1:]) if leaf.names else ()
    return replace(leaf, shape=(int(batch), *leaf.shape[1:]), names=names)


def with_one_bound(inputs: Any) -> Any:
    """Inputs in which a size has the same bound wherever its name stands."""
    nesting = nesting_of(inputs)
    leaves: list[InputType] = nesting.flatten(inputs)
    known: dict[str, NamedSize] = {}
    for size in (size for leaf in leaves for size in leaf.names if size):
        known[size.name] = same_name(known.get(size.name, size), size)

    def bounded(names: Names) -> Names:
        return tuple(known[size.name] if size else None for size in names)

    return nesting.pack([replace(leaf, names=bounded(leaf.names)) for leaf in leaves])


def describe(inputs: Any) -> str:
    """Inputs in words: `'image' float32(None, 28, 28, 1), 'size' int32(None,)`."""
    leaves = nesting_of(inputs).flatten(inputs)
    return ", ".join(f"'{leaf.name}' {leaf.dtype}{leaf.shape}" for leaf in leaves)


def dtype_name(dtype: Any) -> str:
    """The name of an element type of numpy or of any framework: float32."""
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    return str(name).removeprefix("torch.")


def _map_given(function: Callable[[Any, str], InputType], given: Any, key: str | None = None) -> Any:
    """`function` of each leaf and a name for it: its key in a dictionary, else its own, or its place in a list."""
    if isinstance(given, dict):
        return {name: _map_given(function, item, str(name)) for name, item in given.items()}
    name = key or "input"
    if isinstance(given, (tuple, list)) and not _is_shape(given):
        items = [_own_name(item) or f"{name}_{i}" for i, item in enumerate(given)]
        return type(given)(_map_given(function, item, called) for item, called in zip(given, items, strict=True))
    return function(given, key or _own_name(given) or name)


def _own_name(given: Any) -> str | None:
    return getattr(given, "name", None) if _is_spec(given) else None


def _is_spec(given: Any) -> bool:
    return any(base.__name__ in SPECS for base in type(given).__mro__)


def _is_shape(given: Any) -> bool:
    return isinstance(given, (tuple, list)) and all(
        size is None or isinstance(size, (int, np.integer, str)) for size in given
    )


def _said(known: InputType, given: Any, fixed: bool, floatx: str) -> GivenInput:
    if isinstance(given, GivenInput):
        return given
    if isinstance(given, str):
        name, said = parse_input(given)
        if name not in (None, known.name):
            raise LitesmithError(InputMismatch(f"{given!r} for the input '{known.name}'", describe(known)))
        return said
    if _is_spec(given):
        dtype = None if given.dtype is None else dtype_name(given.dtype)
        return GivenInput(None if given.shape is None else tuple(given.shape), dtype)
    if _is_shape(given):
        return GivenInput(tuple(size if size is None or isinstance(size, str) else int(size) for size in given))
    if hasattr(given, "shape") and hasattr(given, "dtype"):
        sizes = (None, *(int(size) for size in tuple(given.shape)[1:]))
        return GivenInput(sizes, None if fixed else _array_dtype(given, floatx))
    problem = f"{given!r} is not a shape, a text such as '1,time:int32', a keras.InputSpec or an array"
    raise LitesmithError(InputMismatch(problem, describe(known)))


def _array_dtype(array: Any, floatx: str) -> str:
    """The type of an example array; float64, which numpy makes by default, is taken for the float type."""
    dtype = dtype_name(array.dtype)
    return floatx if dtype == "float64" else dtype


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
