"""The lines of the user's code that called JAX, as equations of its programs know them."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.provenance import columns_of, is_users
from litesmith.ir.source import Place


def users_place(equation: Any, until: str | None = None) -> Place:
    """The innermost user code that made an equation, within code of the file `until`."""
    traceback = equation.source_info.traceback
    if traceback is None:
        return Place()
    for position, frame in enumerate(traceback.frames):
        if frame.file_name == until:
            break
        if is_users(frame.file_name):
            codes, instructions = traceback.raw_frames()
            columns = columns_of(codes[position], instructions[position])
            return Place(frame.file_name, frame.line_num, columns)
    return Place()
