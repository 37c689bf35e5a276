"""The ways to call a file: names, types and nesting of what goes in and comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.flatbuffer.read import Damaged
from litesmith.ir.calling import Calling
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Signature, Value
from litesmith.ir.named_size import Names
from litesmith.ir.nesting import Nesting, flat_nesting
from litesmith.ir.types import DType, TensorType

Array = np.ndarray[Any, Any]
METADATA = "litesmith"
"""Name of the metadata entry that keeps how inputs and outputs are nested and their sizes named, as JSON."""


@dataclass(frozen=True)
class Face:
    """One way to call a file.

    Attributes:
        signature: its name; None for the first graph of a file that names none.
        input_names, output_names: in the file's order.
        inputs, outputs: how tensors are nested, leaves in the file's order.
        size_names: what the sizes of each input are called, in the file's order.
    """

    signature: str | None
    graph: Graph
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    inputs: Nesting
    outputs: Nesting
    size_names: tuple[Names, ...]

    def arrays(self, given: Any) -> list[Array]:
        """One array for each input, of its type.

        Raises:
            ValueError: for inputs nested otherwise, of another rank, or of sizes the model does not have.
        """
        arrays = [
            _as_input(array, value.type, name)
            for array, value, name in zip(self.leaves(given), self.graph.inputs, self.input_names, strict=True)
        ]
        self._check_named_sizes(arrays)
        return arrays

    def leaves(self, given: Any) -> list[Any]:
        """What is given for each input, in order.

        Raises:
            ValueError: for inputs nested otherwise.
        """
        return self.inputs.flatten(self._nested(given))

    def _check_names(self, given: Mapping[Any, Any]) -> None:
        """Inputs by name are the model's, one for each."""
        if set(given) != set(self.input_names):
            names = ", ".join(map(repr, given)) or "none"
            raise ValueError(f"the model's inputs are {', '.join(map(repr, self.input_names))}, not {names}")

    def _check_named_sizes(self, arrays: Sequence[Array]) -> None:
        """Sizes of one name are equal, and none is above its bound."""
        found: dict[str, int] = {}
        for array, names, input_name in zip(arrays, self.size_names, self.input_names, strict=True):
            for size, named in zip(array.shape, names, strict=True):
                if named is None:
                    continue
                if named.most is not None and size > named.most:
                    raise ValueError(f"input {input_name!r} has {named}, not {size}: it is of shape {array.shape}")
                if found.setdefault(named.name, size) != size:
                    sizes = f"{found[named.name]} and {size}"
                    raise ValueError(f"input {input_name!r}: '{named.name}' is one size in all inputs, not {sizes}")

    def _nested(self, given: Any) -> Any:
        """Inputs that may be given by name, or in order where the model has them by name, nested as it has them."""
        by_name = isinstance(self.inputs.tree, dict)
        if isinstance(given, Mapping):
            if by_name:
                return dict(given)
            self._check_names(given)
            return self.inputs.pack([given[name] for name in self.input_names])
        if by_name and len(self.input_names) == 1:
            return self.inputs.pack([given])
        return given


def faces_of(model: Model) -> dict[str | None, Face]:
    """The file's faces by signature, that of the first graph first; raises `Damaged` for metadata that does not fit."""
    stored = _stored(model)
    main = model.main
    signatures = sorted(model.signatures, key=lambda signature: signature.graph is not main)
    faces: dict[str | None, Face] = {each.name: _face(stored, each, main) for each in signatures}
    if signatures and signatures[0].graph is main:
        return faces
    unnamed = Signature("", main, _names(main.inputs), _names(main.outputs))
    return {None: replace(_face(stored, unnamed, main), signature=None), **faces}


def _names(values: Sequence[Value]) -> tuple[str, ...]:
    return tuple(value.name for value in values)


def face_metadata(calls: Mapping[str, Calling]) -> dict[str, bytes]:
    """The metadata that keeps how each signature is called; none where there is nothing to keep."""
    first, *others = calls.values()
    if not others and first.is_plain:
        return {}
    stored = first.to_json()
    if others:
        stored["signatures"] = {name: calling.to_json() for name, calling in list(calls.items())[1:]}
    return {METADATA: json.dumps(stored, separators=(",", ":")).encode()}


def _stored(model: Model) -> dict[str | None, Any]:
    """What the metadata says of each signature, of the first graph under None."""
    data = model.metadata.get(METADATA)
    if data is None:
        return {}
    try:
        stored = json.loads(data)
        return {None: stored, **stored.get("signatures", {})}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"how its inputs are nested cannot be read ({error})") from error


def _face(stored: Mapping[str | None, Any], signature: Signature, main: Graph) -> Face:
    """A signature as the metadata says; without it the first graph's tensors are a list, others go by name."""
    is_first = signature.graph is main
    sides = (signature.inputs, signature.outputs)
    entry = stored.get(None if is_first else signature.name)
    if entry is not None:
        calling = _calling(entry, sides)
    elif is_first:
        calling = Calling(flat_nesting(len(signature.inputs)), _numbered(signature.outputs))
    else:
        inputs, outputs = (Nesting({name: i for i, name in enumerate(names)}) for names in sides)
        calling = Calling(inputs, outputs)
    size_names = tuple(_size_names(calling, signature.graph))
    return Face(signature.name, signature.graph, *sides, calling.inputs, calling.outputs, size_names)


def _numbered(names: tuple[str, ...]) -> Nesting:
    """Several outputs as a list, in the order of their numbers where TensorFlow's converter gave them such names."""
    numbered = [f"output_{number}" for number in range(len(names))]
    if len(names) > 1 and sorted(names) == sorted(numbered):
        return Nesting([names.index(name) for name in numbered])
    return flat_nesting(len(names))


def _calling(entry: Any, sides: Sequence[tuple[str, ...]]) -> Calling:
    try:
        calling = Calling.from_json(entry)
        fit = [sorted(nesting.flatten(nesting.tree)) for nesting in (calling.inputs, calling.outputs)]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise Damaged(f"how its inputs are nested cannot be read ({error})") from error
    if fit != [list(range(len(names))) for names in sides]:
        raise Damaged("how its inputs and outputs are nested does not fit their number")
    return calling


def _size_names(calling: Calling, graph: Graph) -> Iterator[Names]:
    """A name or None for each axis of each input, whether the metadata has any or not."""
    stored = calling.names or ((),) * len(graph.inputs)
    if len(stored) != len(graph.inputs):
        raise Damaged("the names of its inputs' sizes do not fit their number")
    for value, names in zip(graph.inputs, stored, strict=True):
        if names and len(names) != value.type.rank:
            raise Damaged(f"the names of the sizes of '{value.name}' do not fit its axes")
        yield names or (None,) * value.type.rank


def _as_input(given: Any, type: TensorType, name: str) -> np.ndarray[Any, Any]:
    """An array of the input's element type and rank, its known sizes checked."""
    array = np.asarray(given if not hasattr(given, "detach") else given.detach().cpu().numpy())
    if array.ndim != type.rank:
        raise ValueError(f"input {name!r} has {type.rank} axes {shown(type)}, not {array.ndim} {array.shape}")
    for axis, size in enumerate(type.shape):
        if not isinstance(size, Dim) and array.shape[axis] != size:
            raise ValueError(f"input {name!r} has shape {shown(type)}, not {array.shape}")
    return _with_dtype(array, type.dtype, name)


def _with_dtype(array: np.ndarray[Any, Any], dtype: DType, name: str) -> np.ndarray[Any, Any]:
    if dtype is DType.STRING or array.dtype == dtype.numpy:
        return array
    if not np.can_cast(array.dtype, dtype.numpy, "same_kind"):
        if array.dtype.kind in "iub" and dtype.is_float:
            return array.astype(dtype.numpy)
        converted = array.astype(dtype.numpy)
        if not np.array_equal(converted, array):
            raise ValueError(f"input {name!r} is {dtype}; these values of {array.dtype} do not fit")
        return converted
    return array.astype(dtype.numpy)


def shown(type: TensorType) -> str:
    """A shape with None for dynamic sizes, as Keras shows it."""
    sizes = [None if isinstance(size, Dim) else int(size) for size in type.shape]
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"
