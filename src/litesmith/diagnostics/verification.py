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


@dataclass(frozen=True)
class FacesDiffer(Diagnostic, code="V102", bad_input=True):
    """The file and the Keras model do not take the same inputs or return the same outputs.

    Why it matters: there is nothing to compare; one of the two is another model.
    Example: `litesmith verify cnn.keras lstm.tflite`.
    How to fix: give the file that was made from this model; `litesmith inspect` shows what it takes.
    """

    problem: str

    def message(self) -> str:
        return f"The two models cannot be compared on the same data: {self.problem}."

    def hint(self) -> str:
        return "Is the file made from this model, and does the data fit it? `litesmith inspect` shows its inputs."
