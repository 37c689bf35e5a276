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
    """A kernel was written without tests: there are no numbers to compare with.

    Why it matters: nothing tells whether what you fill in computes the operator.
    Example: `litesmith kernels model.tflite` for a file whose operator's function is not declared.
    How to fix: declare the function under the operator's name, in the file that `--custom-objects` gives.
    """

    operator: str
    reason: str

    def message(self) -> str:
        return f"The kernel of '{self.operator}' has no tests: {self.reason}."

    def hint(self) -> str:
        given = by_face("import the module that", "give the file (--custom-objects) that")
        return f'Declare what it computes: {given} decorates a function with @litesmith.custom_op("{self.operator}").'


@dataclass(frozen=True)
class KernelNotWritten(Diagnostic, code="F133", bad_input=True):
    """A kernel cannot be written for what an operator takes or returns.

    Why it matters: nothing was written for it.
    Example: an operator on texts, or on complex numbers.
    How to fix: let the operator take and return real numbers, integers or truth values.
    """

    operator: str
    reason: str

    def message(self) -> str:
        return f"No kernel can be written for '{self.operator}': {self.reason}."

    def hint(self) -> str:
        return "Let the operator take and return real numbers, integers or truth values."


@dataclass(frozen=True)
class UsesLeftOut(Diagnostic, code="F134", severity=Severity.WARNING):
    """A file uses a custom operator on tensors of several kinds, and the kernel takes those of the first use only.

    Why it matters: the kernel refuses the other uses when the file is loaded.
    Example: one operator on float32 in one layer, and on int32 in another.
    How to fix: give the operators two names, or extend the kernel's checks and `Compute()` by hand.
    """

    operator: str
    uses: int

    def message(self) -> str:
        several = "uses" if self.uses > 1 else "use"
        return f"The kernel of '{self.operator}' leaves out {self.uses} {several} with other element types or axes."

    def hint(self) -> str:
        return "Declare an operator of another name for them, or extend the kernel by hand."


@dataclass(frozen=True)
class OperandsNotSaid(Diagnostic, code="F135", bad_input=True):
    """A kernel is to be written for a function, and nothing says which tensors it takes.

    Why it matters: a kernel is written for so many axes and these element types.
    Example: `litesmith kernels filters.py:my_fir -o kernels` without `--input`.
    How to fix: say a shape for each tensor, in order: `--input '?,64' --input 5`, in Python
        `inputs=[(None, 64), (5,)]`; or give the `.tflite` file that uses the operator.
    """

    operator: str
    operands: tuple[str, ...]

    def message(self) -> str:
        return f"'{self.operator}' takes {', '.join(self.operands) or 'tensors'}; nothing says of which shapes."

    def hint(self) -> str:
        said = by_face("inputs=[(None, 64), (5,)]", "--input '?,64' --input 5")
        return f"Say a shape for each in order, such as {said}, or give the .tflite file that uses it."
