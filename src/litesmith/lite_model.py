"""A LiteRT model in memory: what `convert` makes and `load` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.diagnostics.base import Diagnostic
from litesmith.flatbuffer.read import read
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.types import TensorType
from litesmith.lite_face import Face, face_metadata, faces_of, shown
from litesmith.opset.joining import Fill
from litesmith.opset.variable import RESET, AssignVariable, ReadVariable
from litesmith.preprocessing.pipeline import Preprocessing
from litesmith.runtime.interpreter import Session
from litesmith.runtime.isolated import SECONDS, IsolatedSession
from litesmith.runtime.kernels import Kernels, kernel_paths
from litesmith.runtime.saving import save_bytes

if TYPE_CHECKING:
    from litesmith.quantization.outcome import Quantization

MAKER = "Litesmith"
"""The description of files that Litesmith makes."""


class LiteModel:
    """A `.tflite` file's content, ready to be run, looked at and saved.

    A bad file can end the process that runs it: kernels abort on what they do not expect. So files
    that Litesmith did not make (their description says who did) run in a process of their own, where
    the same mistake is a finding. This protects against accidents, not against a forged description:
    `isolated=True` does, and `litesmith run` and `litesmith verify` use it.

    Attributes:
        inputs, outputs: how tensors of the first signature are nested, leaves in the file's order.
        isolated: whether `run` uses a process of its own.
        timeout: seconds that a call may take there.
        preprocessing: what was left to the app by `split_preprocessing`, in front of the file; `run` does it first.
        kernels: the libraries that compute its custom operators; with any it runs in a process of its own.
        rounded_from: the graphs right before their numbers were rounded, where it was quantized just now.
        rounded_pairs: the operations of the first of these, each with what it is in `model`.
        quantization: what was done to it then, and what that cost; None for a file that was read.
    """

    def __init__(
        self,
        content: bytes,
        model: Model | None = None,
        isolated: bool | None = None,
        timeout: float = SECONDS,
        preprocessing: Preprocessing | None = None,
        kernels: Kernels = None,
    ) -> None:
        """`model`: the graphs of `content`, where they are at hand."""
        self.preprocessing = preprocessing
        self.rounded_from: Model | None = None
        self.rounded_pairs: Sequence[tuple[Operation, Operation]] = ()
        self.quantization: Quantization | None = None
        self.kernels = kernel_paths(kernels)
        self._content = content
        self.timeout = timeout
        if model is not None:
            self.model = model
        is_foreign = bool(self.kernels) or (model is None and self.model.description != MAKER)
        self.isolated = is_foreign if isolated is None else isolated
        self._faces = faces_of(self.model)
        first = self.face(None)
        self.inputs, self.outputs = first.inputs, first.outputs

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
        """The outputs for `inputs`, nested and named as the Keras model's own.

        Arrays (or what numpy makes arrays of) are cast to the input's type where no value is
        lost. The batch and other dynamic sizes may differ from call to call. A model with state
        keeps it from call to call of this object, whatever the signature; `reset` sets it back.

        Args:
            inputs: nested as the model's, or by name; with `preprocessing` those of the whole model.
            signature: which one; by default the first.

        Raises:
            ValueError: for inputs nested otherwise, of another rank, or of sizes the model does not have.
        """
        face = self.face(signature)
        prepared = inputs if self.preprocessing is None else self.preprocessing(inputs)
        return face.outputs.pack(self._run(face, prepared))

    def run_named(self, inputs: Mapping[str, Any], signature: str | None = None) -> dict[str, Any]:
        """Outputs by name for the file's inputs by name, of the first signature or the one called `signature`."""
        face = self.face(signature)
        return dict(zip(face.output_names, self._run(face, inputs), strict=True))

    def run_arrays(self, arrays: list[Any]) -> list[Any]:
        """The outputs of the first graph for arrays of its inputs' own types, both in the file's order."""
        return self._session.run(arrays)

    def reset(self) -> None:
        """Set the state back to what it was when the model was converted; nothing to do without state."""
        if self.has_state:
            self._session.run_signature(RESET, {})

    @property
    def first_state(self) -> dict[str, np.ndarray[Any, Any]]:
        """What the model's variables hold at first and after `reset`, by name."""
        found = {}
        for operation in self._faces[RESET].graph.operations if self.has_state else ():
            if isinstance(operation.operator, AssignVariable):
                handle, value = operation.operands
                assert handle is not None
                assert handle.producer is not None
                found[getattr(handle.producer.operator, "shared_name", "")] = _assigned(value)
        return found

    def restarted(self) -> LiteModel:
        """The same file with the state that it begins with, whatever this one has by now."""
        return LiteModel(self._content, self.model, self.isolated, self.timeout, self.preprocessing, self.kernels)

    def with_kernels(self, kernels: Kernels) -> LiteModel:
        """The same file, whose custom operators these libraries compute; it runs in a process of its own."""
        if not kernels:
            return self
        return LiteModel(self._content, self.model, None, self.timeout, self.preprocessing, kernels)

    @cached_property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What the file does otherwise than the model that it was just made of: notes (L1..), each with its layer."""
        from litesmith.report.deviations import deviations

        return tuple(deviations(self.model, self.preprocessing))

    @cached_property
    def has_state(self) -> bool:
        """Whether the model keeps something from one call to the next."""
        return RESET in self._faces and any(
            isinstance(operation.operator, ReadVariable)
            for graph in self.model.graphs
            for operation in graph.operations
        )

    def summary(self) -> str:
        """Operators, sizes and signatures, as text."""
        from litesmith.report.summary import summarize

        return str(summarize(self))

    @cached_property
    def _session(self) -> Session | IsolatedSession:
        if self.isolated:
            return IsolatedSession(self._content, seconds=self.timeout, kernels=self.kernels)
        return Session(self._content, kernels=self.kernels)

    def face(self, signature: str | None = None) -> Face:
        """How a signature is called; by default the first."""
        if signature is None:
            return next(iter(self._faces.values()))
        if not isinstance(signature, str):
            raise TypeError("a signature is called by its name; several inputs go in one list: run([x, y])")
        if signature not in self._faces:
            known = ", ".join(map(repr, filter(None, self._faces))) or "none"
            raise ValueError(f"there is no signature {signature!r}; the file has {known}")
        return self._faces[signature]

    @property
    def faces(self) -> tuple[Face, ...]:
        """How each signature is called; how the first graph is, in a file without signatures."""
        named = tuple(face for name, face in self._faces.items() if name is not None)
        return named or (self.face(None),)

    def _run(self, face: Face, inputs: Any) -> list[Any]:
        arrays = face.arrays(inputs)
        if self.has_state and not all(array.size for array in arrays):
            raise ValueError("a model that keeps state takes no arrays without elements")
        if face.graph is self.graph:
            return self._session.run(arrays)
        assert face.signature is not None
        outputs = self._session.run_signature(face.signature, dict(zip(face.input_names, arrays, strict=True)))
        return [outputs[name] for name in face.output_names]

    def __repr__(self) -> str:
        return f"<LiteModel {len(self._content):,} bytes, {len(self.graph.operations)} operators>"


def _types(names: tuple[str, ...], values: Any) -> dict[str, TensorType]:
    return {name: value.type for name, value in zip(names, values, strict=True)}


def _assigned(value: Value | None) -> np.ndarray[Any, Any]:
    """The elements that a variable is given at first: a constant, or one number in every place."""
    assert value is not None
    if value.producer is not None and isinstance(value.producer.operator, Fill):
        number = value.producer.operands[1]
        return np.broadcast_to(_assigned(number), tuple(map(int, value.type.shape)))
    assert value.constant is not None
    return value.constant.array()


__all__ = ["LiteModel", "face_metadata", "shown"]
