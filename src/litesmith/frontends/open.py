"""What is this file? Found by its content, not by its name.

Findings are imported where there is one: defining all of them takes longer than opening a small file.
"""

from __future__ import annotations

import contextlib
import enum
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.wording import by_face
from litesmith.frontends.backends import use_backend
from litesmith.frontends.other_files import CHECKPOINT, file_told, folder_told, hdf5_told, is_checkpoint, zip_told

if TYPE_CHECKING:
    from litesmith.diagnostics.base import Diagnostic
    from litesmith.diagnostics.files import NotThisKind

ZIP, HDF5, LITERT = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"TFL3"
TORCH_PROGRAM, TORCH_PICKLE = ("archive_format", "serialized_exported_program.json"), "data.pkl"
"""How names in archives of torch end: of exported programs, and of others."""

TORCH_MAGIC = bytes.fromhex("6cfc9c46f9206aa85019")
"""In pickles of torch before 1.6."""

SAVED_MODEL = "saved_model.pb"
"""The file of a SavedModel folder that has its graphs."""

GRAPH_BEGINS = (b"\x0a", b"\x12", b"\x22")
"""How protocol buffers of graphs begin: with a node, the functions, or versions."""

WEIGHTS = frozenset({"layers", "vars", "_layer_checkpoint_dependencies", "model_weights"})
"""Groups that HDF5 files of weights begin with."""


class Kind(enum.Enum):
    """The kinds of files that hold models, in words."""

    KERAS = "a Keras model (.keras)"
    KERAS_HDF5 = "a Keras model (.h5)"
    KERAS_WEIGHTS = "the weights of a Keras model (.weights.h5)"
    LITERT = "a LiteRT model (.tflite)"
    SAVED_MODEL = "a TensorFlow SavedModel"
    FROZEN_GRAPH = "a graph of TensorFlow (.pb)"

    @property
    def is_of_keras(self) -> bool:
        return self in (Kind.KERAS, Kind.KERAS_HDF5, Kind.KERAS_WEIGHTS)

    @property
    def is_of_tensorflow(self) -> bool:
        return self in (Kind.SAVED_MODEL, Kind.FROZEN_GRAPH)


def identify(path: Path, expected: str = "a model that Litesmith can read") -> Kind:
    """The kind of model in a file; raises `LitesmithError` (F1..) for what holds no model."""
    if path.is_dir() and (path / SAVED_MODEL).exists():
        return Kind.SAVED_MODEL
    if path.is_dir() or not path.exists():
        raise LitesmithError(_no_file(path, expected))
    with reading(path), path.open("rb") as file:
        head = file.read(8)
    if head.startswith(ZIP):
        return _identify_zip(path, expected)
    if head == HDF5:
        return _identify_hdf5(path, expected)
    if head[4:8] == LITERT:
        return Kind.LITERT
    if head[:1] in GRAPH_BEGINS and _is_graph(path):
        return Kind.FROZEN_GRAPH
    if path.name == SAVED_MODEL:
        return Kind.SAVED_MODEL
    raise LitesmithError(_no_model(path, head, expected))


def _no_file(path: Path, expected: str) -> Diagnostic:
    """What is said of a folder, and of what is not there."""
    from litesmith.diagnostics.files import FileNotFound, IsFolder, NotThisKind

    if path.is_dir():
        with reading(path):
            return IsFolder(str(path), *folder_told(path))
    if is_checkpoint(path):
        return NotThisKind(str(path), CHECKPOINT[0], expected, CHECKPOINT[1])
    return FileNotFound(str(path))


def _no_model(path: Path, head: bytes, expected: str) -> Diagnostic:
    """What is said of a file that begins like none with a model."""
    from litesmith.diagnostics.files import EmptyFile, NotThisKind
    from litesmith.diagnostics.programs import TorchFile

    if not head:
        return EmptyFile(str(path))
    if head.startswith(b"\x80\x02\x8a\x0a") and TORCH_MAGIC in _beginning(path):
        return TorchFile(str(path), is_program=False)
    with reading(path):
        found, advice = file_told(path, head)
    return NotThisKind(str(path), found, expected, advice)


def _beginning(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        return file.read(32)


def open_graph(path: Path, signature: str | None = None, outputs: Sequence[str] | None = None) -> Any:
    """The SavedModel or the frozen graph at a path, as what can be converted; None for models of Keras.

    Args:
        signature: which way to call a SavedModel is meant.
        outputs: which tensors of a frozen graph are.
    """
    kind = identify(path, "a Keras model (.keras or .h5)")
    if not kind.is_of_tensorflow:
        return None
    if kind is Kind.SAVED_MODEL:
        from litesmith.frontends.tensorflow.saved_model import SavedModel

        if outputs is not None:
            raise ValueError("a SavedModel says itself what its outputs are; outputs= is for frozen graphs")
        return SavedModel(path if path.is_dir() else path.parent, signature)
    from litesmith.frontends.tensorflow.frozen_graph import FrozenGraph

    return FrozenGraph(path, outputs)


def _is_graph(path: Path) -> bool:
    """Whether a file is the protocol buffer of a graph."""
    from litesmith.frontends.tensorflow.graph_ways import is_graph

    with reading(path):
        return is_graph(path)


def open_file(path: Path, custom_objects: Mapping[str, Any] | None = None, architecture: Any = None) -> Any:
    """The Keras model in a `.keras` or `.h5` file of any version, whatever the file is called.

    Code in the file is never run.

    Args:
        path: of the file.
        custom_objects: classes and functions that the model uses, by name.
        architecture: the model that the file's weights belong to (`architecture.open_weights`).
    """
    expected = "a Keras model (.keras or .h5)"
    kind = identify(path, expected)
    if not kind.is_of_keras:
        raise LitesmithError(not_this_kind(path, kind, expected))
    if architecture is None and kind is Kind.KERAS_WEIGHTS:
        raise LitesmithError(_weights_only(path))
    use_backend(may_choose=False)
    import numpy as np

    from litesmith.frontends.keras_files import KerasFile, open_keras

    file = KerasFile(path, kind is Kind.KERAS)
    # On numpy, Keras learns the shapes of results by computing with memory as it comes, of which numpy warns.
    with np.errstate(all="ignore"):
        if architecture is None:
            return open_keras(file, custom_objects or {})
        from litesmith.frontends.architecture import open_weights

        return open_weights(file, architecture, custom_objects or {})


def read_litert(path: Path) -> bytes:
    """The content of a `.tflite` file; raises `LitesmithError` (F1..) for other files."""
    kind = identify(path, Kind.LITERT.value)
    if kind is not Kind.LITERT:
        raise LitesmithError(not_this_kind(path, kind, Kind.LITERT.value))
    with reading(path):
        return path.read_bytes()


def not_this_kind(path: Path, kind: Kind, expected: str) -> NotThisKind:
    """A model of another kind than is meant, and which command takes it."""
    from litesmith.diagnostics.files import NotThisKind

    if kind is Kind.LITERT:
        command = f"litesmith inspect {path} shows what is in it, litesmith run {path} runs it"
        advice = by_face(f"litesmith.load({str(path)!r}) shows and runs it", command)
        return NotThisKind(str(path), kind.value, expected, f"It is converted already: {advice}.")
    advice = by_face(f"litesmith.convert({str(path)!r})", f"litesmith convert {path}")
    return NotThisKind(str(path), kind.value, expected, f"Convert it first: {advice}.")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of the file system inside become F109."""
    try:
        yield
    except OSError as error:
        from litesmith.diagnostics.files import CannotRead

        raise LitesmithError(CannotRead(str(path), (error.strerror or str(error)).lower())) from error


def _identify_zip(path: Path, expected: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise LitesmithError(_damaged(path, "the end of its ZIP archive is missing")) from None
    except (OSError, ValueError, NotImplementedError):
        raise LitesmithError(_damaged(path, "its ZIP archive cannot be read")) from None
    if "config.json" in names:
        return Kind.KERAS
    if any(name.startswith("model.weights.") for name in names):
        raise LitesmithError(_weights_only(path))
    from litesmith.diagnostics.files import NotThisKind
    from litesmith.diagnostics.programs import TorchFile

    is_program = any(name.endswith(TORCH_PROGRAM) for name in names)
    if is_program or any(name.endswith(TORCH_PICKLE) for name in names):
        raise LitesmithError(TorchFile(str(path), is_program))
    found, advice = zip_told(names)
    raise LitesmithError(NotThisKind(str(path), found, expected, advice))


def _identify_hdf5(path: Path, expected: str) -> Kind:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if "model_config" in file.attrs:
                return Kind.KERAS_HDF5
            attributes, groups = set(file.attrs), set(file)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):
        raise LitesmithError(_damaged(path, "the tables of its HDF5 file cannot be read")) from None
    if attributes & {"layer_names", "layer_names0"} or groups & WEIGHTS:
        return Kind.KERAS_WEIGHTS
    from litesmith.diagnostics.files import NotThisKind

    found, advice = hdf5_told(groups)
    raise LitesmithError(NotThisKind(str(path), found, expected, advice))


def _damaged(path: Path, problem: str) -> Diagnostic:
    from litesmith.diagnostics.files import DamagedFile

    return DamagedFile(str(path), problem)


def _weights_only(path: Path) -> Diagnostic:
    from litesmith.diagnostics.files import WeightsOnly

    return WeightsOnly(str(path))
