"""The user's own classes, from the Python file that defines them."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import CustomCodeFailed, FileNotFound
from litesmith.frontends.backends import use_backend


def import_custom_objects(path: Path) -> dict[str, Any]:
    """Run a Python file; the classes and functions that it defines, by name.

    What the file registers with Keras is known to Keras afterwards. Files beside it can be imported by it.
    """
    if not path.is_file():
        raise LitesmithError(FileNotFound(str(path)))
    use_backend(may_choose=False)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise LitesmithError(CustomCodeFailed(str(path), "its name does not end in .py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise LitesmithError(CustomCodeFailed(str(path), _said(error), _line(error, path))) from error
    finally:
        sys.path.remove(str(path.parent))
    return {
        name: item
        for name, item in vars(module).items()
        if (inspect.isclass(item) or inspect.isfunction(item)) and item.__module__ == module.__name__
    }


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip() or 'no message'}".splitlines()[0].rstrip(".")


def _line(error: Exception, path: Path) -> int | None:
    """The last line of the user's file that the error passed through."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
