"""Findings about Litesmith itself (X...): these are our bugs."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source


@dataclass(frozen=True)
class LoweringFailed(Diagnostic, code="X101"):
    """Litesmith's translation of an operation broke on arguments that Keras takes.

    Why it matters: the model is fine; Litesmith's translation of this operation is not.
    Example: none that we know of; each one that is reported becomes a test.
    How to fix: report it with the message and the layer's configuration. Until then, compute
        the same with other functions of `keras.ops`.
    """

    source: Source
    operation: str
    error: str

    @property
    def where(self) -> Source | None:
        return self.source

    def message(self) -> str:
        return f"Litesmith's translation of {self.operation} failed: {self.error}"

    def hint(self) -> str:
        details = by_face("the exception's __cause__", "--debug")
        return f"This is a bug in Litesmith, not in your model: please report it ({details} shows the details)."


@dataclass(frozen=True)
class Unexpected(Diagnostic, code="X201"):
    """Litesmith broke in a way that nobody thought of.

    Why it matters: nothing is known about the model; nothing was written.
    Example: none that we know of; each one that is reported becomes a test.
    How to fix: report it with what `--debug` prints.
    """

    error: str

    def message(self) -> str:
        return f"Litesmith failed: {self.error}."

    def hint(self) -> str:
        details = by_face("with the whole traceback", "with the output of --debug")
        return f"This is a bug in Litesmith: please report it {details}."
