"""`litesmith.doctor`: what is installed here, and whether it works."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from typing import Any

import litesmith
from litesmith.diagnostics.base import Diagnostic, LitesmithError, Severity
from litesmith.environment.backend import Backend, keras_backend
from litesmith.environment.conflicts import conflicts
from litesmith.environment.packages import Package, installed, versions
from litesmith.environment.requirements import unmet_requirements
from litesmith.environment.trial import SECONDS, Trial, run_trial


@dataclass(frozen=True)
class Checkup:
    """The environment; true when nothing in it stops Litesmith.

    Attributes:
        python: version of Python.
        system: operating system and processor.
        litesmith: version of Litesmith.
        packages: those that are needed, and the optional ones that are installed.
        backend: what Keras computes with, and why it is this one; None where it cannot.
        trial: a small conversion; None where it failed or was not run.
        findings: what is wrong (errors), and what is in the way of others (warnings).
    """

    python: str
    system: str
    litesmith: str
    packages: tuple[Package, ...]
    backend: Backend | None
    trial: Trial | None
    findings: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that stop Litesmith."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def __bool__(self) -> bool:
        return not self.errors

    def rows(self) -> list[tuple[str, str]]:
        """Names and what is said of each, for people."""
        said = {package.name: package.version or "not installed" for package in self.packages}
        rows = [("Litesmith", self.litesmith), ("Python", f"{self.python.rpartition('.')[0]} on {self.system}")]
        rows += said.items()
        if self.backend is not None:
            rows.append(("Keras' backend", f"{self.backend.backend} ({self.backend.reason})"))
        if self.trial is not None:
            rows.append(("trial", f"a model was converted and gives what Keras gives, in {self.trial.seconds} s"))
        return rows

    def to_json(self) -> dict[str, Any]:
        data = {name: value for name, value in asdict(self).items() if name != "findings"}
        return data | {"packages": [asdict(package) for package in self.packages]}

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        lines = [f"{name:{width}}  {said}" for name, said in self.rows()]
        return "\n".join([*lines, *map(str, self.findings)])


def doctor(trial: bool = True, timeout: float = SECONDS) -> Checkup:
    """Look at the environment; no framework is imported into this process.

    Args:
        trial: convert a small model and compare it with Keras, in a process of its own (some seconds).
        timeout: seconds that this may take.

    Returns:
        A report that is true when nothing stops Litesmith.
    """
    packages = installed()
    found = [*unmet_requirements(["litesmith", *versions(packages)]), *conflicts(versions(packages))]
    backend = tried = None
    try:
        backend = keras_backend()
    except LitesmithError as error:
        found += error.diagnostics
    if backend is not None and trial:
        outcome = run_trial(backend.backend, timeout)
        if isinstance(outcome, Trial):
            tried = outcome
        else:
            found.append(outcome)
    system = f"{platform.system()} {platform.machine()}"
    return Checkup(
        platform.python_version(), system, litesmith.__version__, packages, backend, tried, tuple(dict.fromkeys(found))
    )
