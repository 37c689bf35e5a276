"""Pasted text without what terminals, logs and MLIR put around the words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from litesmith.explanations.pattern import QUOTES

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
DRAWN = re.compile("[\u2500-\u259f\u200b-\u200f\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
"""Frames of boxes, and signs that cannot be seen; not tabs, line feeds and spaces."""

LINE_PREFIXES = re.compile(
    r"^(?:\s*(?:"
    r">+"  # quoted in a mail or a comment
    r"|[IWEFD]\d{4} [\d:.]+ +\d+ [\w./-]+:\d+\]"  # absl: W0000 00:00:1732181.123456 1234 flags.cc:55]
    r"|\d{4}-\d\d-\d\d[ T][\d:.,]+:? [IWEF] [\w./-]+:\d+\]"  # TensorFlow: 2026-11-21 19:40:30.123456: E file.cc:12]
    r"|(?:ERROR|WARNING|INFO|FATAL|DEBUG):(?:tensorflow|absl|root):"  # logging
    r"))+[ \t]*",
    re.MULTILINE,
)
LOC = re.compile(r"\bloc\(")
ERROR = re.compile(r"\berror: *(.+)", re.IGNORECASE)
RAISED = re.compile(r"^(?:[A-Za-z_][\w.]*)?(?:Error|Exception|Exit|Interrupt)\b.*", re.MULTILINE)


def cleaned(text: str) -> str:
    """The words of a pasted text: without colours, frames, prefixes of logs, and MLIR's `loc(...)`."""
    text = ANSI.sub("", text.replace("\r\n", "\n"))
    return _without_locations(LINE_PREFIXES.sub("", DRAWN.sub(" ", text)))


def _without_locations(text: str) -> str:
    """Nested `loc(callsite(...))` are places in the converter's or the user's code, of up to thousands of signs."""
    kept, start = [], 0
    for found in LOC.finditer(text):
        if found.start() >= start:
            kept.append(text[start : found.start()])
            start = _end_of_location(text, found.end())
    return "".join([*kept, text[start:]])


def _end_of_location(text: str, start: int) -> int:
    """Behind the parenthesis that closes the one before `start`; the end of the line where none does."""
    depth, quoted = 1, False
    for place in range(start, len(text)):
        sign = text[place]
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign == "(") - (sign == ")")
        if depth == 0:
            return place + 1
    line_end = text.find("\n", start)
    return len(text) if line_end < 0 else line_end


@dataclass(frozen=True)
class Squeezed:
    """Text without white space and with one kind of quotes: line wraps do not matter.

    Attributes:
        text: the signs that are left.
        places: where each stands in `original`.
    """

    text: str
    places: tuple[int, ...]
    original: str

    def shown(self, start: int, end: int) -> str:
        """The original words of `text[start:end]`, on one line."""
        if start >= end:
            return ""
        lines = self.original[self.places[start] : self.places[end - 1] + 1]
        return " ".join(lines.split())


def squeezed(text: str) -> Squeezed:
    """The text as `Pattern.expressions` want it."""
    places = tuple(place for place, sign in enumerate(text) if not sign.isspace())
    return Squeezed("".join("'" if text[place] in QUOTES else text[place] for place in places), places, text)


def main_line(text: str) -> str:
    """The line that says what went wrong, in text from `cleaned`: the first `error:`, else the last exception."""
    found = ERROR.search(text)
    if found:
        return found[1].strip()
    raised = RAISED.findall(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (raised or lines or [""])[-1].strip()
