"""What is this file? Found by its content, not by its name."""

from __future__ import annotations

import contextlib
import enum
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import (
    CannotRead,
    CannotRebuild,
    CodeInFile,
    DamagedFile,
    EmptyFile,
    FileNotFound,
    IsFolder,
    NotThisKind,
    UnknownClasses,
    WeightsOnly,
)
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.backends import use_backend

ZIP, HDF5, LITERT = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"TFL3"
SAVED_MODEL = "saved_model.pb"
"""The file of a SavedModel folder that has its graphs."""

GRAPH_BEGINS = frozenset(b"\x0a\x12\x22")
"""How protocol buffers of graphs begin: with a node, the functions, or versions."""

CONFIG_BYTES = 1 << 28
"""More than the description of any model takes; a larger one is a decompression bomb."""


class Kind(enum.Enum):
    """The kinds of files that hold models, in words."""

    KERAS = "a Keras model (.keras)"
    KERAS_HDF5 = "a Keras model (.h5)"
    LITERT = "a LiteRT model (.tflite)"
    SAVED_MODEL = "a TensorFlow SavedModel"
    FROZEN_GRAPH = "a graph of TensorFlow (.pb)"

    @property
    def is_of_tensorflow(self) -> bool:
        return self in (Kind.SAVED_MODEL, Kind.FROZEN_GRAPH)


def identify(path: Path, expected: str = "a model that Litesmith can read") -> Kind:
    """The kind of model in a file; raises `LitesmithError` (F1..) for what holds no model."""
    if path.is_dir():
        if (path / SAVED_MODEL).exists():
            return Kind.SAVED_MODEL
        raise LitesmithError(IsFolder(str(path)))
    if not path.exists():
        raise LitesmithError(FileNotFound(str(path)))
    with reading(path), path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise LitesmithError(EmptyFile(str(path)))
    if head.startswith(ZIP):
        return _identify_zip(path, expected)
    if head == HDF5:
        return _identify_hdf5(path, expected)
    if head[4:8] == LITERT:
        return Kind.LITERT
    if head[0] in GRAPH_BEGINS and _is_graph(path):
        return Kind.FROZEN_GRAPH
    if path.name == SAVED_MODEL:
        return Kind.SAVED_MODEL
    raise LitesmithError(NotThisKind(str(path), _looks(head), expected))


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

        return SavedModel(path if path.is_dir() else path.parent, signature)
    from litesmith.frontends.tensorflow.frozen_graph import FrozenGraph

    return FrozenGraph(path, outputs)


def _is_graph(path: Path) -> bool:
    """Whether a file is the protocol buffer of a graph."""
    from litesmith.frontends.tensorflow.graph_ways import is_graph

    with reading(path):
        return is_graph(path)


def open_file(path: Path, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The Keras model in a `.keras` or `.h5` file, whatever the file is called.

    Code in the file is never run. `custom_objects`: classes and functions that the model uses, by name.
    """
    expected = "a Keras model (.keras or .h5)"
    kind = identify(path, expected)
    if kind is Kind.LITERT:
        raise LitesmithError(NotThisKind(str(path), kind.value, expected))
    config = _config(path, kind)
    use_backend(may_choose=False)
    from litesmith.frontends.keras.loading import lambdas, load, unknown_objects

    code = lambdas(config)
    if code:
        raise LitesmithError(CodeInFile(str(path), tuple(code)))
    unknown = unknown_objects(config, custom_objects or {})
    if unknown:
        raise LitesmithError(UnknownClasses(str(path), tuple(unknown)))
    try:
        return load(path, kind is Kind.KERAS, custom_objects)
    except LitesmithError:
        raise
    except Exception as error:
        damage = _damage(path, kind, error)
        raise LitesmithError(
            DamagedFile(str(path), damage) if damage else CannotRebuild(str(path), quoted(error))
        ) from error


def read_litert(path: Path) -> bytes:
    """The content of a `.tflite` file; raises `LitesmithError` (F1..) for other files."""
    kind = identify(path, Kind.LITERT.value)
    if kind is not Kind.LITERT:
        raise LitesmithError(NotThisKind(str(path), kind.value, Kind.LITERT.value))
    with reading(path):
        return path.read_bytes()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of the file system inside become F109."""
    try:
        yield
    except OSError as error:
        raise LitesmithError(CannotRead(str(path), (error.strerror or str(error)).lower())) from error


def _looks(head: bytes) -> str:
    if head.startswith(b"\x80") and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a Python pickle, which can run code and is not opened"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return "a text file"
    return "none of the formats .keras, .h5 and .tflite"


def _identify_zip(path: Path, expected: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise LitesmithError(DamagedFile(str(path), "the end of its ZIP archive is missing")) from None
    if "config.json" in names:
        return Kind.KERAS
    if any(name.startswith("model.weights.") for name in names):
        raise LitesmithError(WeightsOnly(str(path)))
    raise LitesmithError(NotThisKind(str(path), "a ZIP archive without a Keras model", expected))


def _identify_hdf5(path: Path, expected: str) -> Kind:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            attributes, groups = set(file.attrs), set(file)
    except (OSError, RuntimeError, KeyError):
        raise LitesmithError(DamagedFile(str(path), "the tables of its HDF5 file cannot be read")) from None
    if "model_config" in attributes:
        return Kind.KERAS_HDF5
    if "layer_names" in attributes or groups & {"layers", "vars", "_layer_checkpoint_dependencies", "model_weights"}:
        raise LitesmithError(WeightsOnly(str(path)))
    raise LitesmithError(NotThisKind(str(path), "an HDF5 file without a Keras model", expected))


def _config(path: Path, kind: Kind) -> Any:
    """The model's description, as JSON that nothing was made of yet."""
    try:
        config = json.loads(_config_text(path, kind))
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, EOFError, NotImplementedError) as error:
        problem = f"the model's description cannot be read ({quoted(error)})"
        raise LitesmithError(DamagedFile(str(path), problem)) from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise LitesmithError(DamagedFile(str(path), "the model's description does not describe a model"))
    return config


def _config_text(path: Path, kind: Kind) -> str | bytes:
    if kind is Kind.KERAS:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > CONFIG_BYTES:
                raise ValueError("it is larger than any model's")
            return archive.read("config.json")
    import h5py

    with h5py.File(path, "r") as file:
        text: str | bytes = file.attrs["model_config"]
    return text


def _damage(path: Path, kind: Kind, error: Exception) -> str | None:
    """What is broken in a file that failed to load, or None when the file is sound."""
    if kind is Kind.KERAS:
        with contextlib.suppress(Exception), zipfile.ZipFile(path) as archive:
            if not any(name.startswith("model.weights.") for name in archive.namelist()):
                return "its weights are missing"
            broken = archive.testzip()
            return f"the content of {broken} does not fit its checksum" if broken else None
        return "its ZIP archive cannot be read"
    return "its HDF5 file cannot be read" if isinstance(error, (OSError, KeyError)) else None
