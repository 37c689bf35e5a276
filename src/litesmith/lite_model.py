"""A LiteRT model in memory: what `convert` makes and `load` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.flatbuffer.read import Damaged, read
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Signature
from litesmith.ir.nesting import Nesting, flat_nesting
from litesmith.ir.types import DType, TensorType
from litesmith.runtime.interpreter import Session
from litesmith.runtime.isolated import SECONDS, IsolatedSession
from litesmith.runtime.saving import save_bytes

MAKER = "Litesmith"
"""The description of files that Litesmith makes."""

METADATA = "litesmith"
"""Name of the metadata entry that keeps how inputs and outputs are nested, as JSON."""


class LiteModel:
    """A `.tflite` file's content, ready to be run, looked at and saved.

    A bad file can end the process that runs it: kernels abort on what they do not expect. So files
    that Litesmith did not make (their description says who did) run in a process of their own, where
    the same mistake is a finding. This protects against accidents, not against a forged description:
    `isolated=True` does, and `litesmith run` and `litesmith verify` use it.

    Attributes:
        inputs, outputs: how tensors are nested, leaves in the file's order.
        isolated: whether `run` uses a process of its own.
    """

    def __init__(
        self, content: bytes, model: Model | None = None, isolated: bool | None = None, timeout: float = SECONDS
    ) -> None:
        """`model`: the graphs of `content`, where they are at hand."""
        self._content = content
        self._timeout = timeout
        if model is not None:
            self.model = model
        is_foreign = model is None and self.model.description != MAKER
        self.isolated = is_foreign if isolated is None else isolated
        self.inputs, self.outputs = _faces(self.model)

    @cached_property
    def model(self) -> Model:
        """All graphs and signatures of the file."""
        return read(self._content)

    @property
    def graph(self) -> Graph:
        """The file's first graph, which `run` runs when no signature is named."""
        return self.model.main

    @property
    def signatures(self) -> dict[str, dict[str, dict[str, TensorType]]]:
        """For each signature, the types of its `inputs` and `outputs` by name."""
        return {
            signature.name: {
                "inputs": _types(signature.inputs, signature.graph.inputs),
                "outputs": _types(signature.outputs, signature.graph.outputs),
            }
            for signature in self.model.signatures
        }

    def __bytes__(self) -> bytes:
        return self._content

    def __len__(self) -> int:
        return len(self._content)

    def save(self, path: str | Path) -> Path:
        """Write the file; nothing is left behind when that fails."""
        return save_bytes(self._content, Path(path))

    def run(self, inputs: Any, signature: str | None = None) -> Any:
        """The model's outputs for `inputs`, nested and named as the Keras model's own.

        Arrays (or what numpy makes arrays of) are cast to the input's type where no value is
        lost. The batch and other dynamic sizes may differ from call to call.

        Raises:
            ValueError: for inputs nested otherwise, of another rank, or of sizes the model does not have.
        """
        if signature is not None and signature != self._first_signature:
            return self._run_signature(signature, inputs)
        leaves = self.inputs.flatten(self._by_name(inputs))
        arrays = [
            _as_input(array, value.type, name)
            for array, value, name in zip(leaves, self.graph.inputs, self._input_names, strict=True)
        ]
        return self.outputs.pack(self._session.run(arrays))

    def run_named(self, inputs: Mapping[str, Any], signature: str | None = None) -> dict[str, Any]:
        """Outputs by name for inputs by name, of the first signature or the one called `signature`."""
        if signature is not None and signature != self._first_signature:
            return self._run_signature(signature, inputs)
        outputs = self.outputs.flatten(self.run(inputs))
        return dict(zip(self._output_names, outputs, strict=True))

    def summary(self) -> str:
        """Operators, sizes and signatures, as text."""
        from litesmith.report.summary import summarize

        return str(summarize(self))

    @cached_property
    def _session(self) -> Session | IsolatedSession:
        if self.isolated:
            return IsolatedSession(self._content, seconds=self._timeout)
        return Session(self._content)

    @property
    def _first_signature(self) -> str | None:
        return next((s.name for s in self.model.signatures if s.graph is self.graph), None)

    @property
    def _input_names(self) -> tuple[str, ...]:
        found = next((s.inputs for s in self.model.signatures if s.graph is self.graph), None)
        return found or tuple(value.name for value in self.graph.inputs)

    @property
    def _output_names(self) -> tuple[str, ...]:
        found = next((s.outputs for s in self.model.signatures if s.graph is self.graph), None)
        return found or tuple(value.name for value in self.graph.outputs)

    def _by_name(self, inputs: Any) -> Any:
        """Inputs given by signature name, nested as the model has them."""
        names = self._input_names
        if isinstance(inputs, Mapping) and not isinstance(self.inputs.tree, dict) and set(inputs) == set(names):
            return self.inputs.pack([inputs[name] for name in names])
        return dict(inputs) if isinstance(inputs, Mapping) else inputs

    def _run_signature(self, name: str, inputs: Any) -> dict[str, Any]:
        signature = _find(self.model.signatures, name)
        if not isinstance(inputs, Mapping):
            inputs = dict(zip(signature.inputs, inputs if isinstance(inputs, (list, tuple)) else [inputs], strict=True))
        arrays = {
            key: _as_input(inputs[key], value.type, key)
            for key, value in zip(signature.inputs, signature.graph.inputs, strict=True)
        }
        return self._session.run_signature(name, arrays)

    def __repr__(self) -> str:
        return f"<LiteModel {len(self._content):,} bytes, {len(self.graph.operations)} operators>"


def face_metadata(inputs: Nesting, outputs: Nesting) -> dict[str, bytes]:
    """The metadata that keeps the nesting; none for one input and one output."""
    if inputs.is_leaf and outputs.is_leaf:
        return {}
    faces = {"inputs": inputs.to_json(), "outputs": outputs.to_json()}
    return {METADATA: json.dumps(faces, separators=(",", ":")).encode()}


def _faces(model: Model) -> tuple[Nesting, Nesting]:
    """How inputs and outputs are nested: as the metadata says, else flat; raises `Damaged` where these disagree."""
    sides = {"inputs": len(model.main.inputs), "outputs": len(model.main.outputs)}
    stored = model.metadata.get(METADATA)
    if stored is None:
        return flat_nesting(sides["inputs"]), flat_nesting(sides["outputs"])
    try:
        faces = json.loads(stored)
        inputs, outputs = (Nesting.from_json(faces[side]) for side in sides)
        fit = [sorted(nesting.flatten(nesting.tree)) for nesting in (inputs, outputs)]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Damaged(f"how its inputs are nested cannot be read ({error})") from error
    if fit != [list(range(count)) for count in sides.values()]:
        raise Damaged("how its inputs and outputs are nested does not fit their number")
    return inputs, outputs


def _types(names: tuple[str, ...], values: Any) -> dict[str, TensorType]:
    return {name: value.type for name, value in zip(names, values, strict=True)}


def _find(signatures: list[Signature], name: str) -> Signature:
    for signature in signatures:
        if signature.name == name:
            return signature
    known = ", ".join(repr(signature.name) for signature in signatures) or "none"
    raise ValueError(f"there is no signature {name!r}; the file has {known}")


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


__all__ = ["LiteModel", "face_metadata", "shown"]
