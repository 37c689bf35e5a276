"""Findings about where a fault begins (V2..): the layer, the operator, or the file."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source

MOST_NAMES = 6


def names_text(names: tuple[str, ...]) -> str:
    """Layers, by name; of many the first ones."""
    shown = [f"'{name}'" for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        return ", ".join(shown) + f" and {len(names) - MOST_NAMES} others"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


@dataclass(frozen=True)
class FirstDifference(Diagnostic, code="V201"):
    """One layer is the first whose output in the file differs from the model's.

    Why it matters: what is in front of it is right, and what follows is wrong because of it. So this is where to look.
    Example: `litesmith bisect model.keras model.tflite` after a layer's weights were changed.
    How to fix: see the other findings of the run: whether the file was made of other weights, or whether converting the
        model anew gives right numbers. If it does not, report it with the smallest failing model.
    """

    source: Source
    layer: str
    max_abs: float | None
    allowed: float | None
    problem: str | None
    right: tuple[str, ...]
    """The last layers in front of it whose outputs are right."""
    between: tuple[str, ...]
    """Layers between them whose outputs are not in the file, as several became one operator."""
    operators: tuple[str, ...]
    framework: str = "Keras"

    @property
    def where(self) -> Source | None:
        return self.source

    def message(self) -> str:
        by = ""
        if self.problem:
            by = f": {self.problem}"
        elif self.max_abs is not None and self.allowed is not None:
            by = f", by {self.max_abs:.3g}, where {self.allowed:.3g} is allowed"
        if not self.layer:
            begins = f"behind {names_text(self.right)}" if self.right else "at the beginning"
            within = f"in {names_text(self.between)}, or " if self.between else ""
            return f"The difference begins {begins}: {within}in what the model computes outside of its layers{by}."
        text = f"'{self.layer}' is the first layer whose output differs from {self.framework}'s{by}."
        if self.between:
            became = "".join(f" ({each})" for each in [", ".join(self.operators)] if each)
            text += f" The outputs of {names_text(self.between)} in front of it are not in the file{became}."
        return text

    def hint(self) -> str:
        if self.between:
            return "The fault is in one of them. The smallest failing model, where there is one, shows in which."
        return "What comes out in front of it is right, so the fault is in this layer, or on the way to it."


@dataclass(frozen=True)
class OtherWeights(Diagnostic, code="V202"):
    """The file was made of other weights than the model has.

    Why it matters: the file computes what the model did before it was trained on, or what another model does.
    Example: `litesmith bisect new.keras old.tflite` after more training.
    How to fix: convert the model anew, or compare the file with the model that it was made from.
    """

    source: Source
    layers: tuple[str, ...]
    folded: tuple[str, ...] = ()
    """Layers whose weights became part of those of others, so that theirs may be the ones that differ."""

    @property
    def where(self) -> Source | None:
        return self.source

    def message(self) -> str:
        text = f"The file was made of other weights than the model has: those of {names_text(self.layers)} differ"
        return f"{text}, which hold those of {names_text(self.folded)} too." if self.folded else f"{text}."

    def hint(self) -> str:
        again = by_face("litesmith.convert(model)", "litesmith convert MODEL")
        return f"Convert the model anew with {again}, or give the model that the file was made from."


@dataclass(frozen=True)
class OnlyInThisFile(Diagnostic, code="V203"):
    """The fault is in the file alone: the model, converted anew, computes what the original does.

    Why it matters: there is nothing to mend in the model, and no smaller model shows the fault.
    Example: a file of another converter, or of an older version, or a damaged one.
    How to fix: use the file that `litesmith convert` makes now.
    """

    def message(self) -> str:
        return "The fault is in this file alone: converted anew by Litesmith, the model gives the right numbers."

    def hint(self) -> str:
        return f"Use the file that {by_face('litesmith.convert(model)', '`litesmith convert`')} makes now."


@dataclass(frozen=True)
class OperatorFails(Diagnostic, code="V204"):
    """One operator of the file is the first with which the LiteRT runtime fails.

    Why it matters: the operators in front of it run. So this one, or the layer that it was made from, is where to look.
    Example: an ADD of int8 tensors without scales, which ends the process.
    How to fix: see whether the model, converted anew, runs (the run says so); write the layer otherwise if it does not,
        and report it.
    """

    source: Source
    operator: str
    place: int
    """In the order in which the file runs them, from 1."""
    operators: int
    how: str
    tensor: str

    @property
    def where(self) -> Source | None:
        return self.source

    def message(self) -> str:
        told = f", which makes '{self.tensor}'," if self.tensor else ""
        return f"{self.operator}{told} is the first operator that fails, {self.place} of {self.operators}: {self.how}"

    def hint(self) -> str:
        return "The operators in front of it run. Please report it if Litesmith made the file."


@dataclass(frozen=True)
class NothingSmaller(Diagnostic, code="V205", severity=Severity.NOTE):
    """There is no smaller model, or no file of one, that fails in the same way.

    Why it matters: the fault may need all of the model, or lie in what is no layer.
    Example: a model whose class computes something between its layers.
    How to fix: report it with the whole model; where the model cannot be saved, register its classes with
        `keras.saving.register_keras_serializable`.
    """

    reason: str

    def message(self) -> str:
        return f"No smaller model was saved: {self.reason}."

    def hint(self) -> str:
        return "To report the fault, give the whole model, or what makes it."


@dataclass(frozen=True)
class LayersNotSeen(Diagnostic, code="V206", severity=Severity.NOTE):
    """The layers of the model were not compared one by one.

    Why it matters: it is not known which of them is the first that differs.
    Example: `bisect` of a SavedModel, a frozen graph or a function, which have no layers of Keras.
    How to fix: where there is a Keras model that computes the same, give that one.
    """

    reason: str

    def message(self) -> str:
        return f"The layers were not compared one by one: {self.reason}."

    def hint(self) -> str:
        return "Give the Keras model that computes the same, where there is one, and data that it takes."
