"""Findings about numbers (V...): where the converted model computes something else."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class OutputsDiffer(Diagnostic, code="V101"):
    """The converted model computes something else than the Keras model.

    Why it matters: the file would give wrong results, so it is not handed out.
    Example: none that we know of; each one that is reported becomes a test.
    How to fix: report it. `verify=False` (`--no-verify`) hands out the file all the same; a
        larger `rtol` accepts the difference where it is rounding.
    """

    output: str
    max_abs: float
    allowed: float
    problem: str | None = None

    def message(self) -> str:
        if self.problem:
            return f"Output '{self.output}' differs from Keras: {self.problem}."
        return f"Output '{self.output}' differs from Keras by {self.max_abs:.3g}, where {self.allowed:.3g} is allowed."

    def hint(self) -> str:
        return "Please report it. verify=False (--no-verify) hands out the file all the same."
