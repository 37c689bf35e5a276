"""The ways to call a file: names, types and nesting of what goes in and comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.flatbuffer.read import Damaged
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Signature, Value
from litesmith.ir.nesting import Nesting, flat_nesting
from litesmith.ir.types import DType, TensorType

Array = np.ndarray[Any, Any]
METADATA = "litesmith"
"""Name of the metadata entry that keeps how inputs and outputs are nested, as JSON."""


@dataclass(frozen=True)
class Face:
    """One way to call a file.

    Attributes:
        signature: its name; None for the first graph of a file that names none.
        input_names, output_names: in the file's order.
        inputs, outputs: how tensors are nested, leaves in the file's order.
    """

    signature: str | None
    graph: Graph
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    inputs: Nesting
    outputs: Nesting

    def arrays(self, given: Any) -> list[Array]:
        """One array for each input, of its type.

        Raises:
            ValueError: for inputs nested otherwise, of another rank, or of sizes the model does not have.
        """
        leaves = self.inputs.flatten(self._nested(given))
        return [
            _as_input(array, value.type, name)
            for array, value, name in zip(leaves, self.graph.inputs, self.input_names, strict=True)
        ]

    def _nested(self, given: Any) -> Any:
        """Inputs that may be given by name, or in order where the model has them by name, nested as it has them."""
        by_name = isinstance(self.inputs.tree, dict)
        if isinstance(given, Mapping):
            is_named = not by_name and set(given) == set(self.input_names)
            return self.inputs.pack([given[name] for name in self.input_names]) if is_named else dict(given)
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


def face_metadata(faces: Mapping[str, tuple[Nesting, Nesting]]) -> dict[str, bytes]:
    """The metadata that keeps the nesting of each signature; none for one that takes one tensor and returns one."""
    first, *others = faces.values()
    if not others and all(nesting.is_leaf for nesting in first):
        return {}
    stored: dict[str, Any] = _encoded(first)
    if others:
        stored["signatures"] = {name: _encoded(nestings) for name, nestings in list(faces.items())[1:]}
    return {METADATA: json.dumps(stored, separators=(",", ":")).encode()}


def _encoded(nestings: tuple[Nesting, Nesting]) -> dict[str, Any]:
    inputs, outputs = nestings
    return {"inputs": inputs.to_json(), "outputs": outputs.to_json()}


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
        inputs, outputs = _nestings(entry, sides)
    elif is_first:
        inputs, outputs = (flat_nesting(len(names)) for names in sides)
    else:
        inputs, outputs = (Nesting({name: i for i, name in enumerate(names)}) for names in sides)
    return Face(signature.name, signature.graph, *sides, inputs, outputs)


def _nestings(entry: Any, sides: Sequence[tuple[str, ...]]) -> tuple[Nesting, Nesting]:
    try:
        inputs, outputs = (Nesting.from_json(entry[side]) for side in ("inputs", "outputs"))
        fit = [sorted(nesting.flatten(nesting.tree)) for nesting in (inputs, outputs)]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Damaged(f"how its inputs are nested cannot be read ({error})") from error
    if fit != [list(range(len(names))) for names in sides]:
        raise Damaged("how its inputs and outputs are nested does not fit their number")
    return inputs, outputs


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
