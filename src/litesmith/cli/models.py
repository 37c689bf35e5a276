"""Models for the commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.cli.environment import without_sklearn
from litesmith.frontends.custom_objects import import_custom_objects
from litesmith.frontends.open import identify, open_file
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


def load_model(said: str, custom_objects: Path | None) -> Loaded:
    """The model in a file, which is looked at before Keras starts, or the one that Python code makes."""
    from litesmith.frontends.backends import use_backend
    from litesmith.frontends.original import original_of

    if is_python_name(said):
        backend = use_backend()
        original = original_of(from_python(said))
        return Loaded(said, original, None, backend if original.framework == "Keras" else None)
    path = Path(said)
    identify(path, "a Keras model (.keras or .h5)")
    backend = use_backend()
    with without_sklearn():
        import keras  # noqa: F401 (its import, not its use, is what scikit-learn slows down)
    objects = import_custom_objects(custom_objects) if custom_objects else None
    return Loaded(said, original_of(open_file(path, objects)), path.stat().st_size, backend)


def file_beside(said: str) -> Path:
    """Where the file of a model goes by default: beside the model's own, or into the folder in use."""
    if is_python_name(said):
        return Path(said.rpartition(":")[2].rpartition(".")[2] + ".tflite")
    path = Path(said)
    return path.parent / f"{path.stem}.tflite"
