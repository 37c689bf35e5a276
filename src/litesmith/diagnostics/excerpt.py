"""The user's own line that a finding is about, and what on it."""

from __future__ import annotations

import linecache
from dataclasses import dataclass

from rich.cells import cell_len

from litesmith.ir.source import Source


@dataclass(frozen=True)
class Excerpt:
    """A line of the user's code.

    Attributes:
        line: as it stands in the file.
        start, end: of the expression on it, in characters from 0; both 0 where it is not known.
    """

    line: str
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        """The line without the space around it."""
        return self.line.strip()

    @property
    def expression(self) -> str:
        """What the finding is about."""
        return self.line[self.start : self.end]

    @property
    def columns(self) -> tuple[int, int] | None:
        """The number of the expression's first character, from 1, and of the one behind it."""
        return (self.start + 1, self.end + 1) if self.expression else None

    def underline(self, mark: str = "^") -> str:
        """Marks to be shown beneath `text`; tabs stay, so that they stand below what they mark."""
        indent = len(self.line) - len(self.line.lstrip())
        before = "".join(sign if sign == "\t" else " " * cell_len(sign) for sign in self.line[indent : self.start])
        return before + mark * cell_len(self.expression) if self.expression else ""


def excerpt(source: Source) -> Excerpt | None:
    """The line of a source; None where it cannot be read any more, such as code that was typed in."""
    if source.file is None or source.line is None:
        return None
    linecache.checkcache(source.file)
    line = linecache.getline(source.file, source.line).rstrip()
    if not line:
        return None
    if source.columns is None:
        return Excerpt(line)
    first, last = source.columns
    return Excerpt(line, _characters(line, first), len(line) if last is None else _characters(line, last))


def _characters(line: str, count: int) -> int:
    """How many characters begin a line that many bytes of UTF-8 begin."""
    return len(line.encode()[:count].decode(errors="ignore"))
