"""Findings about numbers (V...): where the converted model computes something else."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class OutputsDiffer(Diagnostic, code="V101"):
    """The converted model computes something else than the original.

    Why it matters: the file would give wrong results; `convert` does not hand it out.
    Example: `litesmith verify new.keras old.tflite` after more training.
    How to fix: after `convert`, see which layer it is (`litesmith bisect model.keras`) and report it. `verify=False`
        (`--no-verify`) hands out the file all the same; a larger `rtol` accepts a difference that is rounding. After
        `verify`, make sure that the file was made from this very model, weights included.
    """

    output: str
    max_abs: float
    allowed: float
    problem: str | None = None
    made_now: bool = True
    """Whether the file was made from this model by the same command."""
    framework: str = "Keras"
    rounded: str = ""
    """The form of the file's weights, where they were rounded without data."""

    def message(self) -> str:
        if self.problem:
            return f"Output '{self.output}' differs from {self.framework}: {self.problem}."
        differs = f"differs from {self.framework} by {self.max_abs:.3g}"
        return f"Output '{self.output}' {differs}, where {self.allowed:.3g} is allowed."

    def hint(self) -> str:
        if not self.made_now:
            return "Was the file made from this model, with these weights? Then please report it; else convert it anew."
        where = by_face("litesmith.bisect(model)", "litesmith bisect MODEL")
        report = f"{where} finds the layer; please report what it says."
        anyway = f"{by_face('verify=False', '--no-verify')} hands out the file all the same."
        if not self.rounded:
            return f"{report} {anyway}"
        given = by_face("calibration=images", "--calibration images.npz")
        lost = f"Is it the same without {by_face('quantize=', '--quantize')}? Then its weights lose that much as"
        evened = f"{self.rounded}; {given}, or synthetic where there is no data, evens out their channels before"
        return f"{lost} {evened}. If not: {report} {anyway}"


@dataclass(frozen=True)
class FacesDiffer(Diagnostic, code="V102", bad_input=True):
    """The file and the model do not take the same inputs or return the same outputs.

    Why it matters: there is nothing to compare; one of the two is another model.
    Example: `litesmith verify cnn.keras lstm.tflite`.
    How to fix: give the file that was made from this model; `litesmith inspect` shows what it takes.
    """

    problem: str

    def message(self) -> str:
        return f"The two models cannot be compared on the same data: {self.problem}."

    def hint(self) -> str:
        shown = by_face("litesmith.load(path).summary()", "`litesmith inspect`")
        return f"Is the file made from this model, and does the data fit it? {shown} shows its inputs."


@dataclass(frozen=True)
class NotCompared(Diagnostic, code="V103", severity=Severity.WARNING):
    """The converted model was not compared with the original, which cannot be run here.

    Why it matters: nothing proves that the file computes the same.
    Example: a SavedModel converted where TensorFlow is not installed.
    How to fix: compare where the original runs, `litesmith verify saved_model/ model.tflite`, or install its framework.
    """

    reason: str

    def message(self) -> str:
        return f"The converted model was not compared with the original: {self.reason}."

    def hint(self) -> str:
        return f"Run {by_face('litesmith.verify', '`litesmith verify`')} on both where the original can be run."


@dataclass(frozen=True)
class CustomOperatorsNotRun(Diagnostic, code="V105", severity=Severity.WARNING):
    """The model was compared with the functions of its custom operators in their place, not with their kernels.

    Why it matters: everything else in the file is compared, what goes into these operators among it. Whether the kernel
        on the device computes what the function says is not known.
    Example: `litesmith.convert(model)` where a layer calls a function decorated with `@litesmith.custom_op`.
    How to fix: give the library that holds the kernels: `kernels=`, `--kernels`. `litesmith kernels` writes their C++
        code, with a test of each against its function.
    """

    operators: tuple[str, ...]

    def message(self) -> str:
        several = len(self.operators) > 1
        names = ", ".join(f"'{name}'" for name in self.operators)
        what = "operators" if several else "operator"
        return f"The custom {what} {names} did not run: the Python functions were compared in place of kernels."

    def hint(self) -> str:
        given = by_face("kernels='libkernels.so'", "--kernels libkernels.so")
        return f"Give the kernels to run the file as it is: {given}."


@dataclass(frozen=True)
class WrongAfterOtherSizes(Diagnostic, code="V104", severity=Severity.WARNING):
    """The runtime computed wrong numbers after a call of other sizes, and the right ones in a new interpreter.

    Why it matters: the file is right, and an app that changes sizes in one interpreter may get wrong numbers. XNNPACK
        skips a copy whose two sides lie at one address, and goes on skipping it when they no longer do. That takes
        memory that is given back and taken anew between two calls, so that it happens now and then, in graphs
        with loops, branches or sizes from values (LiteRT 2.2 and 2.3).
    Example: a masked recurrent layer called with a batch of 1, then of 3.
    How to fix: make a new interpreter where sizes change, call with the largest sizes first, or leave the batch fixed.
    """

    def message(self) -> str:
        return "After a call of other sizes the runtime gave wrong numbers, in a new interpreter the right ones."

    def hint(self) -> str:
        return "The file is right. In the app, make a new interpreter where sizes change, or fix them."
