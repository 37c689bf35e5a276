"""Models that Python code makes, by name: `FILE.py:NAME` or `package.module:NAME`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import CustomCodeFailed, FileNotFound, NoSuchName
from litesmith.frontends.provenance import columns_of
from litesmith.ir.source import Columns

FORM = re.compile(r"(?P<home>.+\.py|[A-Za-z_][\w.]*):(?P<name>[A-Za-z_][\w.]*)")


def is_python_name(text: str) -> bool:
    """Whether a text names something in Python code rather than a file."""
    return FORM.fullmatch(text) is not None and not Path(text).exists()


def from_python(text: str) -> Any:
    """What a name stands for. A function or class that needs no arguments is called, and makes it.

    The code is run. Modules are found beside the file, or from the folder in use.

    Raises:
        LitesmithError: F101 where the file is missing, F111 where its code fails, F114 for what it does not define.
    """
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not FILE.py:NAME or package.module:NAME")
    home, name = found["home"], found["name"]
    module = run_file(Path(home)) if home.endswith(".py") else _import(home)
    target: Any = module
    for part in name.split("."):
        if not hasattr(target, part):
            raise LitesmithError(NoSuchName(home, name, tuple(_defined(module))))
        target = getattr(target, part)
    if not (inspect.isfunction(target) or inspect.isclass(target)) or _needs_arguments(target):
        return target
    try:
        return target()
    except LitesmithError:
        raise
    except Exception as error:
        file = getattr(module, "__file__", None) or home
        line, columns = _place(error, file)
        raise LitesmithError(CustomCodeFailed(file, said(error), line, name, columns)) from error


def run_file(path: Path) -> ModuleType:
    """The module that a Python file makes; files beside it can be imported by it.

    Raises:
        LitesmithError: F101 where it is missing, F111 where it fails.
    """
    if not path.is_file():
        raise LitesmithError(FileNotFound(str(path)))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise LitesmithError(CustomCodeFailed(str(path), "its name does not end in .py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line, columns = _place(error, str(path))
        raise LitesmithError(CustomCodeFailed(str(path), said(error), line, columns=columns)) from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def said(error: Exception) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {str(error).strip() or 'no message'}".splitlines()[0].rstrip(".")


def _import(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise LitesmithError(CustomCodeFailed(name, said(error), None)) from error
    finally:
        sys.path.remove(str(Path.cwd()))


def _needs_arguments(target: Any) -> bool:
    parameters = inspect.signature(target).parameters.values()
    return any(
        each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in parameters
    )


def _defined(module: ModuleType) -> list[str]:
    """The names that a module defines itself."""
    return [
        name
        for name, item in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(item)
        and (not isinstance(item, type | FunctionType) or item.__module__ == module.__name__)
    ]


def _place(error: Exception, file: str) -> tuple[int | None, Columns | None]:
    """The last line of the user's file that the error passed through, and where on it."""
    if isinstance(error, SyntaxError):
        return error.lineno, None
    place: tuple[int | None, Columns | None] = None, None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == file:
            place = traceback.tb_lineno, columns_of(code, traceback.tb_lasti)
        traceback = traceback.tb_next
    return place
