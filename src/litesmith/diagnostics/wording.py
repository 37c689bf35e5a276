"""Words for whoever reads a finding: on the command line there are options, in Python arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_on_command_line: ContextVar[bool] = ContextVar("litesmith_on_command_line", default=False)


@contextmanager
def on_command_line() -> Iterator[None]:
    """Findings that are told inside are told to users of the command line."""
    token = _on_command_line.set(True)
    try:
        yield
    finally:
        _on_command_line.reset(token)


def by_face(python: str, command: str) -> str:
    """What to say in Python, or on the command line."""
    return command if _on_command_line.get() else python
