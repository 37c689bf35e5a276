"""Which line of the user's code is running, or failed."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType

FRAMEWORKS = ("/site-packages/", "/dist-packages/", "/lib/python3")


@cache
def own_folders() -> tuple[str, ...]:
    """Where Litesmith and Keras lie, which need not be where packages are installed."""
    found = (importlib.util.find_spec(name) for name in ("litesmith", "keras"))
    return tuple(str(Path(spec.origin).parent) for spec in found if spec is not None and spec.origin)


@cache
def is_users(filename: str) -> bool:
    """Whether code of this file is the user's: not ours, not Keras', not a library's."""
    if filename.startswith((*own_folders(), "<frozen")):
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
