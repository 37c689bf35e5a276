"""Findings about the environment (E...): what `doctor` sees."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity


@dataclass(frozen=True)
class UnmetRequirement(Diagnostic, code="E101"):
    """An installed package says that it needs something which is not there, or not in that version.

    Why it matters: it fails when it is imported, or later and less plainly.
    Example: jax 0.10.2 beside jaxlib 0.9.
    How to fix: `pip install --upgrade` the package that is named, in a fresh environment where several are.
    """

    package: str
    needs: str
    found: str | None

    def message(self) -> str:
        return f"{self.package} needs {self.needs}, and {self.found or 'it'} is {'here' if self.found else 'missing'}."

    def hint(self) -> str:
        if self.needs.startswith("Python "):
            return f"Make an environment with another Python, or install another version of {self.package}."
        return f'pip install "{self.needs}", or another version of {self.package}.'


@dataclass(frozen=True)
class TrialFailed(Diagnostic, code="E102"):
    """A small model could not be converted and run here.

    Why it matters: no other model can be, either.
    Example: a package that is built for another processor or another version of NumPy.
    How to fix: read what the process said last; other findings of `litesmith doctor` may say why. Otherwise try a fresh
        environment, or another backend (`KERAS_BACKEND=jax litesmith doctor`).
    """

    backend: str
    how: str
    said: str = ""

    def message(self) -> str:
        return f"The trial conversion on Keras' backend {self.backend} failed: {self.how}."

    def hint(self) -> str:
        return (
            f"It said last:\n{self.said}" if self.said else "Try another backend: KERAS_BACKEND=jax litesmith doctor."
        )


@dataclass(frozen=True)
class InTheWay(Diagnostic, code="E201", severity=Severity.WARNING):
    """Packages or settings are here that are known not to work together.

    Why it matters: Litesmith does not need them, but what you do beside it may fail.
    Example: tensorflow-model-optimization beside Keras 3.
    How to fix: what the finding says; or leave it, if you use Litesmith only.
    """

    what: str
    cure: str
    found: str
    source: str

    def message(self) -> str:
        return f"{self.what} Installed: {self.found}."

    def hint(self) -> str:
        return self.cure
