"""Findings about the LiteRT runtime (R...): files that it does not run, or that end it."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class RuntimeRefuses(Diagnostic, code="R101"):
    """The LiteRT runtime does not load the file.

    Why it matters: a device's runtime would not either.
    Example: a file with operators that this version of the runtime does not have.
    How to fix: update the runtime (`pip install -U ai-edge-litert`), or convert the model anew with Litesmith. Where
        Litesmith made the file, report it.
    """

    reason: str

    def message(self) -> str:
        return f"The LiteRT runtime refuses the file: {self.reason}"

    def hint(self) -> str:
        return (
            "Update the runtime (pip install -U ai-edge-litert), or convert the model anew. "
            "If Litesmith made the file, please report it."
        )


@dataclass(frozen=True)
class RuntimeDied(Diagnostic, code="R102"):
    """The LiteRT runtime ended its process while it loaded or ran the file.

    Why it matters: an app that runs this file crashes in the same way. It ran in a process of its own, so that
        only that process is gone.
    Example: a damaged file, or one with an ADD of int8 tensors that have no scales.
    How to fix: convert the model anew, or get the file again from where it came.
    """

    signal: str
    last_words: str

    def message(self) -> str:
        words = f": {self.last_words}" if self.last_words else ", without a word"
        return f"The LiteRT runtime was ended by {self.signal}{words}"

    def hint(self) -> str:
        return "The file is damaged, or breaks a rule that the runtime does not check. Convert the model anew."


@dataclass(frozen=True)
class RuntimeTooSlow(Diagnostic, code="R103"):
    """The LiteRT runtime did not finish in the time allowed.

    Why it matters: a damaged file can hold a loop that never ends.
    Example: a WHILE whose condition is always true.
    How to fix: allow more time (`--timeout`) where the model is known to take it; otherwise convert it anew.
    """

    seconds: float

    def message(self) -> str:
        return f"The LiteRT runtime did not finish within {self.seconds:g} seconds and was stopped."

    def hint(self) -> str:
        option = by_face("timeout=", "--timeout")
        return f"Allow more time with {option} if the model needs it; otherwise it holds a loop that does not end."


@dataclass(frozen=True)
class KernelsMissing(Diagnostic, code="R105"):
    """The file holds a custom operator, and the runtime was given no kernel for it.

    Why it matters: an app gets the same error, unless it registers a kernel for the operator.
    Example: `litesmith run model.tflite` where the model calls a function decorated with `@litesmith.custom_op`.
    How to fix: give the library that holds the kernel, `--kernels libkernels.so`, `kernels=` in Python. `litesmith
        kernels` writes its C++ code, with a test. In the app, register the kernel with the operator resolver.
    """

    operator: str

    def message(self) -> str:
        return f"The runtime has no kernel for the custom operator '{self.operator}', which the file holds."

    def hint(self) -> str:
        given = by_face("kernels='libkernels.so'", "--kernels libkernels.so")
        written = by_face("litesmith.write_kernels", "`litesmith kernels`")
        return f"Give the library that holds it: {given}. {written} writes the C++ code of one."


@dataclass(frozen=True)
class KernelsNotLoaded(Diagnostic, code="R106", bad_input=True):
    """The library with kernels of custom operators cannot be used.

    Why it matters: the file's custom operators cannot run.
    Example: `--kernels libkernels.so` where the library lacks the function `litesmith_register`.
    How to fix: build it as the README says that `litesmith kernels` writes. Where its function has another name, say it
        behind the path: `libkernels.so:RegisterMine`.
    """

    reason: str

    def message(self) -> str:
        return f"The runtime was given no kernels: {self.reason}"

    def hint(self) -> str:
        return "It registers them in litesmith_register(tflite::MutableOpResolver*). Is it built for this system?"


@dataclass(frozen=True)
class RunFailed(Diagnostic, code="R104"):
    """The LiteRT runtime loaded the file, and failed when it ran on the data given.

    Why it matters: there are no outputs; an app gets the same error for such data.
    Example: an id that the table of an Embedding does not have; an integer division by zero; an image too small
        for the windows of a model.
    How to fix: check the data. Where it is what the model takes and Litesmith made the file, report it.
    """

    reason: str

    def message(self) -> str:
        return f"The LiteRT runtime failed on this data: {self.reason}"

    def hint(self) -> str:
        return (
            "Check the data: ids outside of a table, integers divided by zero, sizes that a layer cannot take. "
            "If it is right, and Litesmith made the file, please report it."
        )
