"""Findings: what Litesmith has to tell about a model, each a type with a code.

A finding's class is its documentation: the docstring's first line says what was found, the
sections `Why it matters:`, `Example:` and `How to fix:` are what `litesmith explain CODE`
shows. Its fields are what is specific to one occurrence.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from litesmith.diagnostics.excerpt import excerpt
from litesmith.ir.source import Source


class Severity(enum.Enum):
    """How bad a finding is: an error stops the work, a warning asks for attention, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


CODES: dict[str, type[Diagnostic]] = {}
"""Every finding by its code; codes are never used again for something else."""


@dataclass(frozen=True)
class Diagnostic:
    """Base of all findings."""

    code: ClassVar[str]
    severity: ClassVar[Severity]
    bad_input: ClassVar[bool] = False
    """Whether what was handed in is at fault (exit code 2), rather than what came out (1)."""

    def __init_subclass__(
        cls, code: str, severity: Severity = Severity.ERROR, bad_input: bool = False, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        other = CODES.setdefault(code, cls)
        if other is not cls and other.__qualname__ != cls.__qualname__:
            raise ValueError(f"{code} is the code of {other.__name__} already")
        cls.code, cls.severity, cls.bad_input = code, severity, bad_input

    def message(self) -> str:
        """What happened, in one or two sentences."""
        raise NotImplementedError

    def hint(self) -> str | None:
        """What to do next."""
        return None

    @property
    def where(self) -> Source | None:
        """The place in the user's model, where there is one."""
        return None

    def to_json(self) -> dict[str, Any]:
        """The finding for machines: code, severity, message, hint, place, and its own fields."""
        place = self.where
        line = excerpt(place) if place else None
        columns = (line and line.columns) or (None, None)
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message(),
            "hint": self.hint(),
            "layer": place.layer if place else None,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": columns[0],
            "end_column": columns[1],
            "text": line.line if line else None,
            "details": {key: _plain(value) for key, value in asdict(self).items() if key != "source"},
        }

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.message()}"]
        if self.where:
            lines.append(f"  in {self.where}")
            line = excerpt(self.where)
            lines += [f"    {shown}" for shown in (line.text, line.underline()) if shown] if line else []
        hint = self.hint()
        return "\n".join([*lines, f"  {hint}"] if hint else lines)


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def worst_first(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Errors, then warnings, then notes; each in the order in which they were found."""
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


class FindingWarning(UserWarning):
    """A finding that does not stop the work."""

    def __init__(self, finding: Diagnostic) -> None:
        self.finding = finding
        super().__init__(str(finding))


class LitesmithError(Exception):
    """Work that could not be done; `diagnostics` says why, all reasons of one run together, worst first."""

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        found = [diagnostics] if isinstance(diagnostics, Diagnostic) else list(diagnostics)
        self.diagnostics: Sequence[Diagnostic] = tuple(worst_first(found))
        super().__init__("\n\n".join(map(str, self.diagnostics)))
