"""Findings about targets (D...): what cannot run where it should, and what would be slow there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.quantities import shape_text, size_text
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source

EXAMPLE_SIZE = 128
"""Stands in examples for a size that only the user knows."""


@dataclass(frozen=True)
class UnknownTarget(Diagnostic, code="D101", bad_input=True):
    """There is no target of this name.

    Why it matters: nothing is known of what it takes.
    Example: `litesmith check model.keras --target esp32`.
    How to fix: name one that is listed, or describe your own in a file: `like = "tflm"` and `arena_bytes = "256k"` in
        `my_board.toml`, then `--target ./my_board.toml`.
    """

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        what = "no such file" if self.name.endswith(".toml") else "no such target"
        return f"{self.name}: {what}."

    def hint(self) -> str:
        close = difflib.get_close_matches(self.name, self.known, 1)
        meant = f"Did you mean {close[0]}? " if close else ""
        return f"{meant}Targets: {', '.join(self.known)}; or the path of your own .toml file."


@dataclass(frozen=True)
class BadProfile(Diagnostic, code="D102", bad_input=True):
    """A file that should describe a target does not.

    Why it matters: a rule that is misread would pass what cannot run.
    Example: `static_shape = true`; the key is called `static_shapes`.
    How to fix: the message names what is wrong. The keys are those of the profiles that come with Litesmith.
    """

    file: str
    problem: str

    def message(self) -> str:
        return f"{self.file} does not describe a target: {self.problem}."

    def hint(self) -> str:
        return "Compare it with an example in the documentation: like, arena_bytes, weights, without, [operators]."


@dataclass(frozen=True)
class NoSources(Diagnostic, code="D103", bad_input=True):
    """The target reads files, and takes no C sources.

    Why it matters: sources are for programs that have no file system, and run LiteRT for Microcontrollers.
    Example: `litesmith embed model.tflite --target cpu`.
    How to fix: use the `.tflite` file as it is. A target of your own that takes sources says `firmware = "tflm"`.
    """

    target: str
    others: tuple[str, ...]

    def message(self) -> str:
        return f"{self.target} reads .tflite files; there are no C sources for it."

    def hint(self) -> str:
        return f"Use the file, or name a target that takes sources: {', '.join(self.others)}."


@dataclass(frozen=True)
class TargetFinding(Diagnostic, code="D000"):
    """Base of what is found about a model on a target."""

    source: Source
    target: str

    @property
    def where(self) -> Source | None:
        return self.source if self.source.layer or self.source.file else None


@dataclass(frozen=True)
class CannotRun(TargetFinding, code="D201"):
    """The target does not have an operation, or not in this form.

    Why it matters: the runtime there refuses the file, or the whole of it.
    Example: `ops.top_k` on a microcontroller: LiteRT for Microcontrollers has no TOPK_V2.
    How to fix: use another layer there, another form of it that the message names, or another target.
    """

    operators: tuple[str, ...]
    reason: str
    cure: str

    def message(self) -> str:
        return f"{self.target} cannot run {_listed(self.operators)}: {self.reason}."

    def hint(self) -> str | None:
        return self.cure or None


@dataclass(frozen=True)
class NeedsIntegers(TargetFinding, code="D202"):
    """The target computes with integers, and the model with real numbers.

    Why it matters: the target takes nothing of the model as it is. Its operators were checked as if they were
        quantized. The sizes that are shown are those of the model as it is; what they would be in int8 is estimated,
        and that is what limits of memory are compared with.
    Example: a float32 model for the Edge TPU.
    How to fix: quantize it to 8 bits, weights and activations, with samples of real data.
    """

    operators: int
    bytes: int
    arena: int

    def message(self) -> str:
        return f"{self.target} computes with integers only, and {self.operators} operators compute with real numbers."

    def hint(self) -> str:
        then = f"the file would take about {size_text(self.bytes)} then, and the values {size_text(self.arena)}"
        return f"Quantize weights and activations to int8. Operators are judged as if that were done; {then}."


class OpenInput(NamedTuple):
    """An input with sizes that are not known, which are None."""

    name: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"'{self.name}' {shape_text(self.shape)}"

    def fixed(self) -> tuple[int, ...]:
        """A shape that would do: a batch of 1, and `EXAMPLE_SIZE` elsewhere."""
        first, *others = self.shape
        return (first or 1, *(EXAMPLE_SIZE if size is None else size for size in others))


@dataclass(frozen=True)
class OpenSizes(TargetFinding, code="D203"):
    """Sizes that are known only when the model runs, on a target that plans its memory before.

    Why it matters: the target refuses the file, or leaves all of it to the CPU.
    Example: `keras.Input((None, 32))` for a microcontroller.
    How to fix: convert with fixed sizes: `inputs="1,128,32"` (`--input 1,128,32`). A batch that is open becomes 1
        by itself.
    """

    inputs: tuple[OpenInput, ...]

    @property
    def sizes(self) -> tuple[str, ...]:
        """The inputs, in words."""
        return tuple(map(str, self.inputs))

    def message(self) -> str:
        return f"{self.target} needs sizes that are known, and these inputs leave some open: {_listed(self.sizes)}."

    def hint(self) -> str:
        guessed = any(size is None for each in self.inputs for size in each.shape[1:])
        own = f", with your size for {EXAMPLE_SIZE}" if guessed else ""
        return f"Convert with known ones: {self._known()}{own}."

    def _known(self) -> str:
        """How known sizes are said."""
        texts = [f"{each.name}={','.join(map(str, each.fixed()))}" for each in self.inputs]
        python = f'inputs="{texts[0]}"'
        if len(texts) > 1:
            python = f"inputs={ {each.name: each.fixed() for each in self.inputs} }"
        return by_face(python, " ".join(f"--input '{text}'" for text in texts))


@dataclass(frozen=True)
class DoesNotFit(TargetFinding, code="D204"):
    """The model takes more memory than the target has.

    Why it matters: the runtime there cannot load the file, or cannot plan its memory.
    Example: an arena of 400 kB on a board with 256 kB.
    How to fix: the layer that it names holds most at once: make it smaller (fewer channels, an earlier stride
        or pooling, a smaller input), or quantize: int8 takes a quarter.
    """

    what: str
    needed: int
    available: int
    parts: tuple[tuple[str, int], ...] = ()

    def message(self) -> str:
        takes = "take" if self.what.endswith("values") and not self.what.startswith("planning") else "takes"
        needed = size_text(self.needed)
        text = f"{self.target} has {size_text(self.available)} for {self.what}, which {takes} {needed}."
        held = _listed([f"{size_text(size)} of {name}" for name, size in self.parts])
        return f"{text} While this layer runs, most is held: {held}." if self.parts else text

    def hint(self) -> str:
        if self.what == "the file":
            return "Use fewer or smaller weights, or quantize to int8, which takes a quarter."
        if "planning" in self.what:
            return "Use fewer operators: the runtime takes about 70 bytes for each of their values before it runs any."
        return "Make this layer's input or channels smaller, or quantize to int8, which takes a quarter."


@dataclass(frozen=True)
class LeftBehind(TargetFinding, code="D205", severity=Severity.WARNING):
    """What makes a model fast on a target does not take an operation, which slower code computes.

    Why it matters: the operation runs, but slower, and values go to and fro between the two: a delegate, as LiteRT
        calls what is fast, and the plain code beneath it.
    Example: `ops.cumsum` on a CPU: XNNPACK, which makes LiteRT fast there, has no such operator.
    How to fix: nothing where the layer is small. Otherwise use a form that the message names.
    """

    operators: tuple[str, ...]
    reason: str
    cure: str

    def message(self) -> str:
        return f"{self.target} leaves {_listed(self.operators)} to slower code: {self.reason}."

    def hint(self) -> str | None:
        return self.cure or None


@dataclass(frozen=True)
class NeedsKernel(TargetFinding, code="D207", severity=Severity.WARNING):
    """The model holds custom operators, which run on the target with kernels of your own only.

    Why it matters: the runtime there refuses the file until their kernels are registered. What they take, and which
        delegates would run them, is not known.
    Example: `litesmith check model.tflite --target tflm` where a layer calls a function decorated with
        `@litesmith.custom_op`.
    How to fix: `litesmith kernels` writes the C++ code and its tests; register the kernels in the app.
    """

    operators: tuple[str, ...]
    reason: str
    cure: str

    def message(self) -> str:
        return f"{self.target} runs {_listed(self.operators)} with your own kernel only."

    def hint(self) -> str:
        written = by_face("litesmith.write_kernels", "`litesmith kernels`")
        return f"{written} writes the C++ code of one with its test. Register it with the operator resolver."


@dataclass(frozen=True)
class BatchFixed(TargetFinding, code="D206", severity=Severity.NOTE):
    """The model leaves its batch open, which was taken to be 1.

    Why it matters: the target needs sizes that are known, and a model says nothing of its batch.
    Example: any Keras model with `--target tflm`.
    How to fix: nothing; say `batch=` (`--batch`) for another. A conversion for the target does the same.
    """

    batch: int = 1

    def message(self) -> str:
        return f"{self.target} needs a known batch, and the model leaves it open: it was taken to be {self.batch}."

    def hint(self) -> str:
        return f"Convert with {by_face('batch=', '--batch')} for another."


def _listed(things: Sequence[object], most: int = 4) -> str:
    shown = ", ".join(map(str, things[:most]))
    return shown if len(things) <= most else f"{shown} and {len(things) - most} others"
