"""`litesmith.explain`: an answer for a code or a pasted text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.documentation import SECTIONS, documentation, findings
from litesmith.diagnostics.explanations import NotRecognised
from litesmith.explanations.reading import cleaned, main_line
from litesmith.explanations.recognition import Match, recognised

CODE = re.compile(r"\s*[A-Za-z]\d{3}\s*")
OWN_FINDING = re.compile(
    r"(?:^|\b(?:error|warning|note) |LitesmithError: |FindingWarning: )([A-Z]\d{3}): ", re.MULTILINE
)
SHOWN = 300
"""Signs that are quoted of a text."""


@dataclass(frozen=True)
class FindingAnswer:
    """What a finding of Litesmith means."""

    code: str
    summary: str
    why: str
    example: str
    fix: str

    @property
    def title(self) -> str:
        return f"{self.code}: {self.summary}"

    @property
    def page(self) -> str:
        """Where the documentation has the same."""
        return f"docs/findings/{self.code}.md"

    @property
    def sections(self) -> dict[str, str]:
        """Titles and what stands under them."""
        return {title: getattr(self, name) for title, name in SECTIONS.items()} | {"Page": self.page}

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "page": self.page}

    def __str__(self) -> str:
        return _as_text(self.title, self.sections)


@dataclass(frozen=True)
class ErrorAnswer:
    """What an error text of another tool means.

    Attributes:
        name: of the pattern that recognised it.
        said_by: the tool whose words these are.
        words: those of the text that were recognised.
        details: names in the text, such as those of operations and layers.
        cause, cure: what went wrong, and what to do.
        instead: commands of Litesmith, or lines of Python, that avoid the error.
        others: names of other patterns in the text, which follow from the first or stand beside it.
    """

    name: str
    said_by: str
    words: str
    details: dict[str, str]
    cause: str
    cure: str
    instead: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.said_by} says: {self.words}"

    @property
    def sections(self) -> dict[str, str]:
        """Titles and what stands under them."""
        said = {"Cause": self.cause, "Cure": self.cure, "With Litesmith": "\n  ".join(["", *self.instead])}
        return said | ({"Also found": ", ".join(self.others)} if self.others else {})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return _as_text(self.title, self.sections)


def explain(text: str) -> FindingAnswer | ErrorAnswer:
    """What a finding's code, or an error text of Litesmith or another tool, means, and what to do.

    Args:
        text: a code such as `"K101"`, or whatever a terminal, log or notebook showed: traces, colours and line wraps
            do not matter. The first error in it that is known is the cause.

    Raises:
        ValueError: there is no finding of this code.
        LitesmithError: T101 when nothing in the text is known.
    """
    known = findings()
    if CODE.fullmatch(text):
        code = text.strip().upper()
        if code not in known:
            raise ValueError(f"there is no finding {code}; there are {', '.join(known)}")
        return _finding(code)
    words = cleaned(text)
    own = next((code for code in OWN_FINDING.findall(words) if code in known), None)
    if own is not None:
        return _finding(own)
    found = recognised(text)
    if not found:
        raise LitesmithError(NotRecognised(_short(main_line(words))))
    return _error(found)


def _finding(code: str) -> FindingAnswer:
    return FindingAnswer(code, **asdict(documentation(findings()[code])))


def _error(found: Sequence[Match]) -> ErrorAnswer:
    first, *others = found
    pattern, details = first.pattern, dict(first.details)
    return ErrorAnswer(
        pattern.name,
        pattern.said_by,
        _short(first.words),
        details,
        pattern.cause.format(**details),
        pattern.cure.format(**details),
        pattern.instead,
        tuple(other.pattern.name for other in others),
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 4].rstrip() + " ..."


def _as_text(title: str, sections: dict[str, str]) -> str:
    return "\n".join([title, *(f"{name}:{' ' * (text[:1] != chr(10))}{text}" for name, text in sections.items())])
