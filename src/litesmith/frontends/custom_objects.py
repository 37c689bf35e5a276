"""The user's own classes, from the Python file that defines them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import FileNotFound
from litesmith.frontends.backends import use_backend
from litesmith.frontends.python_names import run_file


def import_custom_objects(path: Path) -> dict[str, Any]:
    """Run a Python file; the classes and functions that it defines, by name.

    What the file registers with Keras is known to Keras afterwards. Files beside it can be imported by it.
    """
    if not path.is_file():
        raise LitesmithError(FileNotFound(str(path)))
    use_backend(may_choose=False)
    module = run_file(path)
    return {
        name: item
        for name, item in vars(module).items()
        if (inspect.isclass(item) or inspect.isfunction(item)) and item.__module__ == module.__name__
    }
