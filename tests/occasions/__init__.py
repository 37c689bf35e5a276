"""Occasions on which each finding is made, and the like on which it is not.

An occasion is a function that is run twice: with `wrong` true, the product must tell of the finding; with `wrong` false
the same work, put right, must be done without an error and without it. Occasions go through the public face or a
command, and cannot make findings themselves: they import none.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import pkgutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from litesmith import LitesmithError
from litesmith.cli.main import app
from litesmith.diagnostics.base import FindingWarning


@dataclass
class Bench:
    """What an occasion works with.

    Attributes:
        wrong: whether the finding is to be made.
        folder: an empty one.
        patch: changes of this process, which are undone.
        told: the codes of what the product told, by commands too.
        failed: codes of the errors among them.
    """

    wrong: bool
    folder: Path
    patch: pytest.MonkeyPatch
    told: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def command(self, *arguments: Any) -> dict[str, Any]:
        """What a command prints with `--json`; its findings are told."""
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        data: dict[str, Any] = json.loads(result.stdout)
        self._tell(data["findings"])
        return data

    def tells(self, found: Any) -> None:
        """The findings of a result: an assessment, a converted model, a checkup, a repair."""
        self._tell([finding.to_json() for finding in found.findings])

    def _tell(self, findings: list[dict[str, Any]]) -> None:
        self.told |= {finding["code"] for finding in findings}
        self.failed |= {finding["code"] for finding in findings if finding["severity"] == "error"}

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Errors and warnings of Litesmith raised inside are told."""
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                yield
            except LitesmithError as error:
                self._tell([finding.to_json() for finding in error.diagnostics])
        self.told |= {each.message.finding.code for each in warned if isinstance(each.message, FindingWarning)}


Occasion = Callable[[Bench], Any]
OCCASIONS: dict[str, Occasion] = {}
"""By the code of the finding."""


def occasion(code: str) -> Callable[[Occasion], Occasion]:
    """Register an occasion of a finding."""

    def register(function: Occasion) -> Occasion:
        if OCCASIONS.setdefault(code, function) is not function:
            raise ValueError(f"{code} has an occasion already")
        return function

    return register


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
