"""The user's own classes, from the Python file that defines them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import FileNotFound
from litesmith.frontends.backends import use_backend
from litesmith.frontends.python_names import run_file


def named_objects(given: Any) -> Mapping[str, Any] | None:
    """What a caller gives as custom objects, by name: a dictionary, or a Python file that defines them.

    Raises:
        TypeError: for anything else, with what to write.
    """
    if given is None or isinstance(given, Mapping):
        return given
    if isinstance(given, (str, Path)):
        return import_custom_objects(Path(given))
    several = list(given) if isinstance(given, (list, tuple, set)) else [given]
    names = [getattr(each, "__name__", None) or f"name_{place}" for place, each in enumerate(several)]
    meant = ", ".join(f"{name!r}: {name}" for name in names)
    raise TypeError(
        f"custom_objects takes a dictionary, or the Python file that defines them, not a {type(given).__name__}: "
        f"custom_objects={{{meant}}}"
    )


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
