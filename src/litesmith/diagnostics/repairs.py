"""Findings about repairs of models (M...): what `fix` could not do, and what it needs for it."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class CannotRebuild(Diagnostic, code="M101"):
    """A model's layers cannot be put together anew.

    Why it matters: a repair changes some layers and calls the others as they were called, which takes a model that is a
        graph of layers: functional, sequential, or a class whose `call` only calls layers and operations of Keras.
    Example: a subclassed model that reads `self.scale` (its own weight) in `call`.
    How to fix: build the model as a functional one, `keras.Model(inputs, outputs)`, or move what `call` computes
        into a layer.
    """

    model_class: str
    problem: str

    def message(self) -> str:
        return f"{self.model_class} cannot be repaired, as its layers cannot be put together anew: {self.problem}."

    def hint(self) -> str:
        return "Build it as a functional model, keras.Model(inputs, outputs); its layers can stay what they are."


@dataclass(frozen=True)
class NotAllowed(Diagnostic, code="M102", severity=Severity.WARNING):
    """A repair would help that changes what the model computes, and was not asked for.

    Why it matters: the model would run, with the change that was measured; accuracy has to be looked at.
    Example: GELU replaced by a hard swish for a chip without it.
    How to fix: allow it, and fine-tune: `--allow-approximate --fine-tune train.py:recover`.
    """

    repair: str
    done: str
    max_rel: float

    def message(self) -> str:
        return f"Left out, as it changes the outputs by up to {self.max_rel:.2g} of the largest: {self.done}."

    def hint(self) -> str:
        return f"Allow it with {by_face('allow_approximate=True', '--allow-approximate')}, and check the accuracy."


@dataclass(frozen=True)
class NotTheSame(Diagnostic, code="M103", severity=Severity.WARNING):
    """A repair that should keep what the model computes does not, so it was left out.

    Why it matters: nothing that is called exact is applied without the proof that it is.
    Example: a Lambda that draws random numbers, which its operations draw otherwise.
    How to fix: nothing; report it where the layer computes the same each time.
    """

    repair: str
    done: str
    max_abs: float

    def message(self) -> str:
        return f"Left out, as the outputs differ by {self.max_abs:.3g}: {self.done}."

    def hint(self) -> None:
        return None


@dataclass(frozen=True)
class StillInTheWay(Diagnostic, code="M104"):
    """The repairs that there are do not make the model run on the target.

    Why it matters: the file that was asked for would not run there, so none was written.
    Example: `sparsemax` for a microcontroller, which has no TOPK_V2, without `--allow-approximate`.
    How to fix: the other findings say what is left, and what its user can do about each.
    """

    target: str
    layers: tuple[str, ...]

    def message(self) -> str:
        at = f" at {', '.join(self.layers[:4])}" if self.layers else ""
        return f"{self.target} does not run the model after all repairs{at}."

    def hint(self) -> str:
        return "What is left is said below; another layer in its place, or another target, is for you to choose."


@dataclass(frozen=True)
class BadFineTuning(Diagnostic, code="M105", bad_input=True):
    """The function that should train the repaired model did not.

    Why it matters: the repaired model is not what was asked for, so nothing was written.
    Example: `--fine-tune train.py:recover` whose function takes no argument.
    How to fix: it is called with the repaired Keras model, trains it, and returns it or nothing.
    """

    problem: str

    def message(self) -> str:
        return f"The fine-tuning function failed: {self.problem}."

    def hint(self) -> str:
        return "It is called with the repaired Keras model, trains it in place, and returns it or None."
