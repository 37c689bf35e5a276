"""What is this file? Found by its content, not by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import FileNotFound


def open_file(path: Path) -> Any:
    """The Keras model in a file; raises `LitesmithError` saying what the file is otherwise."""
    if not path.exists():
        raise LitesmithError(FileNotFound(str(path)))
    import keras

    return keras.models.load_model(path, compile=False)
