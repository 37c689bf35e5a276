"""Which line of the user's code, and which layer, is running."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import keras

import litesmith

OWN_FOLDERS = tuple(str(Path(package.__file__ or "").parent) for package in (litesmith, keras))
FRAMEWORKS = ("/site-packages/", "/dist-packages/", "/lib/python3")

_layer: ContextVar[Any] = ContextVar("litesmith_layer", default=None)


def current_layer() -> Any:
    """The innermost layer whose call is being followed; None outside of all."""
    return _layer.get()


@contextmanager
def running_layer(layer: Any) -> Iterator[None]:
    """What is followed inside belongs to `layer`."""
    token = _layer.set(layer)
    try:
        yield
    finally:
        _layer.reset(token)


@cache
def is_users(filename: str) -> bool:
    """Whether code of this file is the user's: not ours, not Keras', not a library's."""
    if filename.startswith((*OWN_FOLDERS, "<frozen")):
        return False
    return not any(part in filename.replace("\\", "/") for part in FRAMEWORKS)


def users_line(root: FrameType) -> tuple[str | None, int | None]:
    """File and line of the innermost user code that runs inside of the frame `root`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame is not root:
        if is_users(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None, None


def failing_line(traceback: TracebackType | None) -> tuple[str | None, int | None]:
    """File and line of the innermost user code that an exception passed through."""
    found: tuple[str | None, int | None] = (None, None)
    while traceback is not None:
        if is_users(traceback.tb_frame.f_code.co_filename):
            found = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
    return found
