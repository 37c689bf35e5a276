"""Findings about operators of the user's own (F13...): functions that are not known, code that cannot be written."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class UndeclaredOperators(Diagnostic, code="F130", bad_input=True):
    """The model's file calls custom operators whose functions are not known.

    Why it matters: a file holds the names and options of custom operators, not what they compute.
    Example: a saved model that calls a function decorated with `@litesmith.custom_op("MyFir")`.
    How to fix: give the Python file that defines the functions, `--custom-objects FILE.py`, or import it before.
    """

    path: str
    names: tuple[str, ...]

    def message(self) -> str:
        several = "operators whose functions are" if len(self.names) > 1 else "an operator whose function is"
        return f"{self.path} calls {several} not known: {', '.join(self.names)}."

    def hint(self) -> str:
        decorated = f'@litesmith.custom_op("{self.names[0]}")'
        return by_face(
            f"Import the module that decorates the function with {decorated} first.",
            f"Give the file that decorates the function with {decorated}: --custom-objects FILE.py.",
        )


@dataclass(frozen=True)
class NoCustomOperators(Diagnostic, code="F131", bad_input=True):
    """There is no custom operator to write a kernel for.

    Why it matters: nothing was written.
    Example: `litesmith kernels model.tflite` where all operators of the model are LiteRT's own.
    How to fix: name a file with custom operators, or a function decorated with `@litesmith.custom_op`.
    """

    given: str

    def message(self) -> str:
        return f"{self.given} holds no custom operator."

    def hint(self) -> str:
        return "LiteRT has kernels of its own operators; custom ones are functions decorated with @litesmith.custom_op."


@dataclass(frozen=True)
class NoReferenceNumbers(Diagnostic, code="F132", severity=Severity.WARNING):
    """The test of a kernel has no numbers to compare with.

    Why it matters: a kernel that computes something else passes it.
    Example: `litesmith kernels model.tflite` for a file of another maker's, without the function of its operator.
    How to fix: declare the function, in the file given by `--custom-objects`, under the operator's name.
    """

    operator: str
    reason: str

    def message(self) -> str:
        return f"The test of '{self.operator}' only runs the kernel and compares no numbers: {self.reason}."

    def hint(self) -> str:
        given = by_face(
            "import the module that",
            "give the file that",
        )
        return f'Declare what it computes: {given} decorates a function with @litesmith.custom_op("{self.operator}").'
