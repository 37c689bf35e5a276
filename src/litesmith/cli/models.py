"""Models for the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from litesmith.cli.environment import without_sklearn
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import WeightsOnly
from litesmith.frontends.custom_objects import import_custom_objects
from litesmith.frontends.open import Kind, identify, open_file, open_graph
from litesmith.frontends.python_names import from_python, is_python_name

if TYPE_CHECKING:
    from litesmith.frontends.backends import BackendChoice
    from litesmith.frontends.original import Original


@dataclass(frozen=True)
class Loaded:
    """A model that a command was given.

    Attributes:
        said: how the user said which.
        bytes: of its file; None for one that Python code made.
        backend: that was chosen for Keras; None where Keras does not compute it.
    """

    said: str
    original: Original
    bytes: int | None
    backend: BackendChoice | None

    @property
    def layers(self) -> int | None:
        """How many layers a Keras model has; None for others."""
        model: Any = getattr(self.original, "model", None)
        return len(list(model._flatten_layers(include_self=False))) if hasattr(model, "_flatten_layers") else None


def load_model(
    said: str,
    custom_objects: Path | None,
    architecture: str | None = None,
    signature: str | None = None,
    outputs: Sequence[str] | None = None,
) -> Loaded:
    """The model in a file, which is looked at before Keras starts, or the one that Python code makes.

    `architecture`: what the weights in the file belong to; `signature`, `outputs`: which part of a graph of TensorFlow.
    """
    from litesmith.frontends.backends import use_backend
    from litesmith.frontends.original import original_of

    if is_python_name(said):
        backend = use_backend()
        original = original_of(from_python(said))
        return Loaded(said, original, None, backend if original.framework == "Keras" else None)
    path = Path(said)
    kind = identify(path, "a Keras model (.keras or .h5)")
    _check_options(kind, architecture, custom_objects, outputs)
    graph = open_graph(path, signature, outputs)
    if graph is not None:
        return Loaded(said, graph, _bytes_of(path), None)
    if kind is Kind.KERAS_WEIGHTS and architecture is None:
        raise LitesmithError(WeightsOnly(said))
    backend = use_backend()
    with without_sklearn():
        import keras  # noqa: F401 (its import, not its use, is what scikit-learn slows down)
    objects = import_custom_objects(custom_objects) if custom_objects else None
    return Loaded(said, original_of(open_file(path, objects, architecture)), path.stat().st_size, backend)


def _check_options(kind: Kind, architecture: str | None, custom_objects: Path | None, outputs: Any) -> None:
    """Options that mean nothing for a file of this kind are mistakes."""
    if outputs and kind is not Kind.FROZEN_GRAPH:
        problem = f"a frozen graph (.pb) does not say what its outputs are; {kind.value} does: leave it out"
        raise typer.BadParameter(problem, param_hint="--output-tensor")
    for option, value in (("--architecture", architecture), ("--custom-objects", custom_objects)):
        if value is not None and kind.is_of_tensorflow:
            raise typer.BadParameter(f"{kind.value} holds all of its model: leave it out", param_hint=option)


def _bytes_of(path: Path) -> int:
    """Of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file())


def file_beside(said: str) -> Path:
    """Where the file of a model goes by default: beside the model's own, or into the folder in use."""
    if is_python_name(said):
        return Path(said.rpartition(":")[2].rpartition(".")[2] + ".tflite")
    path = Path(said)
    return path.parent / f"{path.name if path.is_dir() else path.stem}.tflite"
