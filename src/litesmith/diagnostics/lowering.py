"""Findings about what became of operations (L...): where the file does something otherwise than the model says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source


@dataclass(frozen=True)
class LoweringNote(Diagnostic, code="L000", severity=Severity.NOTE):
    """Base of what is said of a layer that runs, and not quite as it was written."""

    source: Source
    is_rewriting: ClassVar[bool] = True
    """Whether the layer's operators are others than those of the model."""

    @property
    def where(self) -> Source | None:
        return self.source if self.source.layer or self.source.file else None


@dataclass(frozen=True)
class WrittenOut(LoweringNote, code="L101", severity=Severity.NOTE):
    """LiteRT has no operator for an operation: it is computed by several others.

    Why it matters: it takes more time than one operator would, and may differ in the last digits; the finding says
        by how much at most. Exact ones give the very numbers that Keras gives.
    Example: `keras.ops.erf(x)`, which becomes multiplications, additions and a division, within 5e-7 of its value.
    How to fix: nothing, where that is close enough; the comparison after a conversion checks the whole model. For more
        speed, use an operation that LiteRT has: `tanh` or `sigmoid` in place of `erf`, for example.
    """

    operation: str
    part: str
    operators: tuple[str, ...]
    bound: str

    def message(self) -> str:
        part = "" if _is_named(self.operation, self.part) else f" (for its {self.part})"
        close = self.bound or "the result is exact"
        operation = f"keras.{self.operation}" if self.operation.startswith(("ops.", "layers.")) else self.operation
        return f"{operation or 'The model'}{part} is computed by {_listed(self.operators)}: {close}."

    def hint(self) -> str:
        if self.bound:
            return "Nothing to do where that is close enough for the model."
        return "Nothing to do: the numbers are the same; it takes a little more time than one operator would."


@dataclass(frozen=True)
class OtherElementType(LoweringNote, code="L102", severity=Severity.NOTE):
    """A layer computes with another kind of numbers than the model says, since the runtime has no kernel for those.

    Why it matters: float64 that is computed in float32 has 7 digits rather than 16, and int64 that is computed in
        int32 ends at 2,147,483,647. Kinds that are computed in wider ones lose nothing.
    Example: a model with `dtype="float16"`: the CPU's kernels compute it in float32.
    How to fix: nothing, where the numbers fit; otherwise scale them before the model, or leave that part to the app.
    """

    dtype: str
    computed_in: str

    def message(self) -> str:
        return f"What the model says in {self.dtype} is computed in {self.computed_in}; inputs and outputs keep theirs."

    def hint(self) -> str:
        return f"Nothing to do where {self.computed_in} holds the numbers of this layer."


@dataclass(frozen=True)
class NarrowerOutput(Diagnostic, code="L103", severity=Severity.NOTE):
    """An output has fewer bits than the model says, as Keras itself computes it.

    Why it matters: an app that reads the output as the wider type reads nonsense.
    Example: an output that Keras declares as int64 and that its backend computes in int32.
    How to fix: read the output as the type that the finding names; `litesmith inspect` shows it too.
    """

    output: str
    declared: str
    dtype: str

    def message(self) -> str:
        return f"The output '{self.output}' is {self.dtype}, where the model says {self.declared}."

    def hint(self) -> str:
        return f"Read it as {self.dtype} in the app."


@dataclass(frozen=True)
class LoopInOtherForm(LoweringNote, code="L104", severity=Severity.NOTE):
    """A loop of the model is no loop in the file: its steps stand one after the other, or are one operator.

    Why it matters: steps that are written out make the file larger and take one number of steps only; one operator for
        all steps is fastest.
    Example: an LSTM converted with `rnn="unroll"`, or with `rnn="fused"`.
    How to fix: nothing, where it is as you want it; otherwise choose the form: `rnn="while"` (`--rnn while`) keeps a
        loop.
    """

    form: str
    reason: str

    def message(self) -> str:
        how = "written out step by step" if self.form == "unrolled" else "one operator"
        return f"A loop is {how}: {self.reason}."

    def hint(self) -> str:
        return f"Another form: {by_face('rnn=', '--rnn')}."


@dataclass(frozen=True)
class FewerBits(LoweringNote, code="L105", severity=Severity.NOTE):
    """Weights are kept in fewer bits, as you asked for.

    Why it matters: the file is smaller, and the weights are rounded: to 3 digits in float16, to one of 255 values for
        each channel in int8.
    Example: `litesmith convert model.keras --quantize weights_int8`.
    How to fix: nothing, where the comparison with the model is close enough; otherwise keep float16, or leave
        `quantize=` out.
    """

    operator: str
    form: str
    reason: str

    def message(self) -> str:
        return f"The weights of {self.operator} are kept in {self.form}: {self.reason}."

    def hint(self) -> str:
        return f"For exact weights leave {by_face('quantize=', '--quantize')} out."


@dataclass(frozen=True)
class ThroughFramework(LoweringNote, code="L106", severity=Severity.NOTE):
    """A layer was followed by way of the framework that Keras runs on, rather than by Keras' own operations.

    Why it matters: its code calls that framework itself, so that it converts only where Keras runs on this one.
    Example: a layer whose `call` uses `jnp.tanh(x)`, converted with `KERAS_BACKEND=jax`.
    How to fix: nothing here; functions of `keras.ops` convert on every backend.
    """

    framework: str
    is_rewriting: ClassVar[bool] = False

    def message(self) -> str:
        return f"The layer calls {self.framework} itself, and was converted by way of it."

    def hint(self) -> str:
        return f"It needs Keras to run on {self.framework}; functions of keras.ops convert on every backend."


@dataclass(frozen=True)
class DrawnAnew(LoweringNote, code="L107", severity=Severity.NOTE):
    """The file draws random numbers by the runtime's generator, not by Keras'.

    Why it matters: the numbers are others than Keras draws from the same seed, of the same distribution. Averages of
        many calls can be compared, single calls cannot.
    Example: `keras.random.normal(shape, seed=self.seed)` in a layer's `call`.
    How to fix: nothing, where the distribution is what counts. For the same numbers each time, give them to the
        model as an input.
    """

    operator: str

    def message(self) -> str:
        return (
            f"Random numbers are drawn by the runtime ({self.operator}): others than Keras', of the same distribution."
        )

    def hint(self) -> str:
        return "For the same numbers each time, give them to the model as an input."


@dataclass(frozen=True)
class LeftToApp(Diagnostic, code="L108", severity=Severity.NOTE):
    """A part of the model is left to the app, which does it before it calls the file.

    Why it matters: the file alone takes what that part returns; without it the results are wrong.
    Example: a TextVectorization layer in front of a model, converted with `split_preprocessing=True`.
    How to fix: do in the app what the finding says; all that it needs is in the JSON beside the file
        (`lite.preprocessing` in Python).
    """

    step: str

    def message(self) -> str:
        return f"Left to the app, before the file: {self.step}."

    def hint(self) -> str:
        kept = by_face("lite.preprocessing", "the .preprocessing.json beside the file")
        return f"The app does it in front of the file; {kept} has what it needs."


def _is_named(operation: str, part: str) -> bool:
    """Whether an operation is what its part is called: `ops.linalg.svd` is `svd`."""
    return operation.rpartition(".")[2].lower().replace("_", "") == part.lower().replace("_", "")


def _listed(operators: tuple[str, ...], most: int = 3) -> str:
    shown = ", ".join(operators[:most])
    rest = len(operators) - most
    return shown if rest <= 0 else f"{shown} and {rest} other kind{'s' * (rest != 1)} of operators"
