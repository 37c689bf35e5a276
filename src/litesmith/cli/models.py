"""Keras models for the commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.cli.environment import without_sklearn
from litesmith.frontends.custom_objects import import_custom_objects
from litesmith.frontends.open import identify, open_file

if TYPE_CHECKING:
    from litesmith.frontends.backends import BackendChoice


def load_model(path: Path, custom_objects: Path | None) -> tuple[Any, BackendChoice]:
    """The model in a file, and the backend that was chosen for it; the file is looked at before Keras starts."""
    from litesmith.frontends.backends import use_backend

    identify(path, "a Keras model (.keras or .h5)")
    backend = use_backend()
    with without_sklearn():
        import keras  # noqa: F401 (its import, not its use, is what scikit-learn slows down)
    objects = import_custom_objects(custom_objects) if custom_objects else None
    return open_file(path, objects), backend
