"""Kernels of custom operators, from shared libraries of the user's own."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

REGISTER = "litesmith_register"
"""The function of a library that registers its kernels; it takes a `tflite::MutableOpResolver*`."""

UNLOADABLE = "cannot load the kernels"
"""What is said where a library cannot be used, before its path."""

Kernels = str | Path | Sequence[str | Path] | None


class Unloadable(Exception):
    """A library that cannot be loaded, or does not say how its kernels are registered."""


def kernel_paths(given: Kernels) -> tuple[str, ...]:
    """The absolute paths of libraries; a path may end in `:function` where that is not `litesmith_register`."""
    each = [given] if isinstance(given, (str, Path)) else list(given or ())
    return tuple(_absolute(str(path)) for path in each)


def _absolute(path: str) -> str:
    library, function = _parts(path)
    return f"{Path(library).resolve()}:{function}"


def _parts(path: str) -> tuple[str, str]:
    library, separator, function = path.rpartition(":")
    return (library, function) if separator and function.isidentifier() else (path, REGISTER)


@cache
def registerer(path: str) -> Callable[[int], None]:
    """What registers a library's kernels, given the address of a resolver; raises `Unloadable`."""
    library, name = _parts(path)
    try:
        function = getattr(ctypes.CDLL(library), name)
    except OSError as error:
        raise Unloadable(f"{UNLOADABLE} of '{library}': {error}") from None
    except AttributeError:
        raise Unloadable(f"{UNLOADABLE} of '{library}': it has no function {name}") from None
    function.argtypes, function.restype = [ctypes.c_void_p], None

    def register(resolver: int) -> None:
        function(resolver)

    return register
