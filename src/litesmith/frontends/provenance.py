"""Which line of the user's code is running, or failed."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache, lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from litesmith.ir.source import Columns, Place

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


def users_line(root: FrameType) -> Place:
    """The innermost user code that runs inside of the frame `root`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame is not root:
        if is_users(frame.f_code.co_filename):
            return running_line(frame)
        frame = frame.f_back
    return Place()


def failing_line(traceback: TracebackType | None) -> Place:
    """The innermost user code that an exception passed through."""
    found = Place()
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_users(code.co_filename):
            found = Place(code.co_filename, traceback.tb_lineno, columns_of(code, traceback.tb_lasti))
        traceback = traceback.tb_next
    return found


def running_line(frame: FrameType) -> Place:
    """What a frame is at."""
    return Place(frame.f_code.co_filename, frame.f_lineno, columns_of(frame.f_code, frame.f_lasti))


def columns_of(code: CodeType, instruction: int) -> Columns | None:
    """Where on its line the expression of an instruction stands; None where Python does not say it, as before 3.11."""
    positions = _positions(code)
    place = instruction // 2  # which counts bytes, two for each
    if not 0 <= place < len(positions):
        return None
    line, last_line, start, end = positions[place]
    return None if start is None else (start, end if line == last_line else None)


@lru_cache(maxsize=256)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    return tuple(code.co_positions()) if sys.version_info >= (3, 11) else ()
