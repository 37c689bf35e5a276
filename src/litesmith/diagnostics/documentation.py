"""What a finding's class says about itself."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass

from litesmith import diagnostics
from litesmith.diagnostics.base import CODES, Diagnostic

SECTIONS = {"Why it matters": "why", "Example": "example", "How to fix": "fix"}


@dataclass(frozen=True)
class Documentation:
    """A finding in general: what was found, why it matters, an example, what to do."""

    summary: str
    why: str
    example: str
    fix: str


def documentation(finding: type[Diagnostic]) -> Documentation:
    """The sections of the docstring; ValueError naming what is missing."""
    text, *_ = re.split(r"^Attributes:", inspect.cleandoc(finding.__doc__ or ""), flags=re.MULTILINE)
    summary, *parts = re.split(rf"^({'|'.join(SECTIONS)}):", text, flags=re.MULTILINE)
    found = {SECTIONS[title]: " ".join(body.split()) for title, body in zip(parts[::2], parts[1::2], strict=True)}
    missing = [title for title, name in SECTIONS.items() if not found.get(name)]
    if missing:
        raise ValueError(f"{finding.__name__} does not say: {', '.join(missing)}")
    return Documentation(" ".join(summary.split()), **found)


def findings() -> dict[str, type[Diagnostic]]:
    """Every finding by its code, in order; bases of families are left out."""
    for module in pkgutil.iter_modules(diagnostics.__path__):
        importlib.import_module(f"{diagnostics.__name__}.{module.name}")
    return {code: CODES[code] for code in sorted(CODES) if not code.endswith("000")}
