"""Findings about pasted error texts (T...): what `explain` is asked."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class NotRecognised(Diagnostic, code="T101"):
    """Nothing in the text is an error that Litesmith knows.

    Why it matters: there is no answer; the text may be cut off, or the tool that said it is not among those known.
    Example: `litesmith explain "it does not work"`.
    How to fix: paste all of the output, from its first `error:` on (`litesmith explain - < log.txt` reads a file).
        For a conversion that fails elsewhere, the findings of `litesmith convert MODEL` say what stands in the way.
        Report a text that should be known; each one becomes a pattern.
    """

    line: str

    def message(self) -> str:
        said = f": {self.line}" if self.line else ""
        return f"This error is not one that Litesmith knows{said}"

    def hint(self) -> str:
        return (
            "Paste all of the output (litesmith explain - < log.txt), or try litesmith convert MODEL, whose "
            "findings name "
            "the layer; litesmith doctor looks at the environment."
        )
