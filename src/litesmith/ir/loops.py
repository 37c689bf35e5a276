"""What became of a model's loops: written out, or run by the file, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from litesmith.ir.dims import Size
from litesmith.ir.source import current_source

Form = Literal["loop", "unrolled", "fused"]


@dataclass(frozen=True)
class LoopForm:
    """One loop of a model.

    Attributes:
        layer, operation: of the model, where the loop comes from.
        file, line: the user's code, where there is such a line.
        form: a WHILE operator ("loop"), its steps one after the other ("unrolled"), or one operator ("fused").
        steps: how many there are, where that is known.
        reason: why it has this form.
    """

    layer: str
    operation: str
    file: str | None
    line: int | None
    form: Form
    steps: int | None
    reason: str

    def __str__(self) -> str:
        place = f"{self.layer or 'model'} ({self.operation})" if self.operation else self.layer or "model"
        return f"{place}: {self.form}, {self.reason}"


_noted: ContextVar[dict[LoopForm, None] | None] = ContextVar("litesmith_loops", default=None)


@contextmanager
def noting_loops() -> Iterator[dict[LoopForm, None]]:
    """The loops that are built inside, each once, in order."""
    found: dict[LoopForm, None] = {}
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note_loop(form: Form, steps: Size | None, reason: str) -> None:
    """Let the report tell of a loop that is built now."""
    noted = _noted.get()
    if noted is not None:
        source = current_source()
        known = steps if type(steps) is int else None
        noted[LoopForm(source.layer, source.operation, source.file, source.line, form, known, reason)] = None
