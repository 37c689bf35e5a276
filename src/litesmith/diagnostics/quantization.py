"""Findings about quantization (Q...): what stays real, what is lost, and what data it needs."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source


@dataclass(frozen=True)
class StaysReal(Diagnostic, code="Q101", severity=Severity.WARNING):
    """An operation computes with real numbers still, in a model of integers.

    Why it matters: values are turned into float32 in front of it and back behind it; chips of integers do not run it.
    Example: `ops.sin(x)` in a model with `quantize="int8"`: SIN has no kernel for integers.
    How to fix: use an operation that has an integer kernel there, or leave it where the device computes with real
        numbers too.
    """

    source: Source
    operators: tuple[str, ...]
    reason: str

    @property
    def where(self) -> Source | None:
        return self.source if self.source.layer or self.source.file else None

    def message(self) -> str:
        return f"{', '.join(self.operators)} computes with real numbers still: {self.reason}."

    def hint(self) -> str:
        return "On a CPU or GPU that is right and slower; for a chip of integers use another operation here."


@dataclass(frozen=True)
class MuchIsLost(Diagnostic, code="Q102", severity=Severity.WARNING):
    """Numbers of fewer bits change an output much.

    Why it matters: the accuracy of the model is likely to fall.
    Example: a network whose activations reach from -0.01 to 300, so that most of them become 0.
    How to fix: measure the accuracy. Calibrate with data as the device will see it, scaled as in training; keep the
        weights only in 8 bits (`quantize="weights_int8"`) where it is too low. Weights that were rounded without data
        lose less with it: scales are moved between layers then, and roundings chosen. `"synthetic"` stands for data
        where there is none.
    """

    output: str
    decibels: float
    agreement: float
    mode: str = "int8"
    """What most of the model became."""
    has_data: bool = True
    """Whether it was calibrated; random inputs were looked at where not."""

    def message(self) -> str:
        seen = f"Output '{self.output}' is {self.decibels:.1f} dB above what {self.mode} changes of it"
        same = f"the largest element is the same in {self.agreement:.1%} of the rows"
        return f"{seen}; {same}." if self.has_data else f"{seen}, for random inputs; {same}."

    def hint(self) -> str:
        if not self.has_data:
            given = by_face("calibration=images", "--calibration images.npz")
            return f"Weights lose less with data: {given}, or synthetic in its place where there is none."
        is_scaled = "Is the calibration data scaled as in training?"
        if self.mode in ("weights_int8", "dynamic_int8", "float16"):
            analyzed = by_face("litesmith.analyze(real, made, data)", "litesmith quantize --analyze")
            return f"{is_scaled} {analyzed} says which layers lose it."
        weights = by_face('quantize="weights_int8"', "weights_int8 (convert's --quantize, quantize's --mode)")
        instead = "has more bits" if "int4" in self.mode else "keeps activations as they are"
        return f"{is_scaled} {weights} {instead}."


@dataclass(frozen=True)
class NeedsCalibration(Diagnostic, code="Q103", bad_input=True):
    """There is no data to find the ranges of activations with, or none that fits.

    Why it matters: the scale of an integer follows from the values that it stands for, which only data shows.
    Example: `litesmith.convert(model, quantize="int8")` without `calibration=`.
    How to fix: give some hundred inputs as the model will see them: `calibration=images` (`--calibration images.npz`).
    """

    problem: str

    def message(self) -> str:
        return f"Integers of 8 bits need data to find ranges with: {self.problem}."

    def hint(self) -> str:
        return f"Give 100 to 500 inputs, scaled as in training: {by_face('calibration=images', '--calibration FILE')}."


@dataclass(frozen=True)
class CannotQuantize(Diagnostic, code="Q104", bad_input=True):
    """A model of this kind is not made of integers yet.

    Why it matters: parts of it would be left real without a word.
    Example: a model with several signatures, or with custom operators.
    How to fix: convert one signature, or keep only the weights in 8 bits (`quantize="weights_int8"`).
    """

    problem: str

    def message(self) -> str:
        return f"Integers of 8 bits are for one graph of real numbers, and this is not one: {self.problem}."

    def hint(self) -> str:
        weights = by_face('quantize="weights_int8"', "weights_int8 (convert's --quantize, quantize's --mode)")
        return f"{weights} keeps weights in 8 bits, in any model."


@dataclass(frozen=True)
class MatchesNothing(Diagnostic, code="Q105", bad_input=True):
    """A pattern of a recipe fits nothing in the model.

    Why it matters: the rule would do nothing, and the layers that it was meant for would be quantized as all others.
    Example: `litesmith.Recipe("int8").keep_float("haed/*")` for a model whose layers are called `head/...`.
    How to fix: select layers by their paths or classes, or operators; `litesmith inspect` lists them. Files that other
        tools wrote do not say of which classes their layers are.

    Attributes:
        knows_classes: whether it is known of which classes the model's layers are.
    """

    pattern: str
    nearest: tuple[str, ...]
    knows_classes: bool = True

    def message(self) -> str:
        unknown = "" if self.knows_classes else ", of whose layers the classes are not known"
        return f"The recipe's pattern '{self.pattern}' fits no layer, operator or result of this model{unknown}."

    def hint(self) -> str:
        if self.nearest:
            return f"Did you mean {' or '.join(repr(name) for name in self.nearest)}?"
        return "Patterns are paths of layers such as 'encoder/*/dense', or operators such as 'softmax'."


@dataclass(frozen=True)
class NoRecipe(Diagnostic, code="Q106", bad_input=True):
    """A file or text is no recipe.

    Why it matters: a rule that is misread quantizes other layers than meant.
    Example: `mod = "int8"` in `recipe.toml`.
    How to fix: write `mode = "int8"` and `[[rule]]` tables with `select = [...]` and `mode = "..."`; `Recipe.to_toml()`
        shows the form.
    """

    problem: str

    def message(self) -> str:
        return f"This is no recipe: {self.problem}."

    def hint(self) -> str:
        return 'A recipe is mode = "int8" and, for parts, [[rule]] with select = ["head/*"] and mode = "float32".'


@dataclass(frozen=True)
class CutShort(Diagnostic, code="Q107", severity=Severity.NOTE):
    """There is more calibration data than was taken: it does not say how much, and there may be no end to it.

    Why it matters: what the rest shows is not known. Where samples are sorted, whole classes may be missing.
    Example: `calibration=augmented()`, a generator that goes on for ever.
    How to fix: nothing, where samples come in random order. Otherwise give a list of batches, or a dataset that knows
        its length: it is taken whole.
    """

    samples: int

    def message(self) -> str:
        return f"The data does not say how much there is: the first {self.samples} samples were taken."

    def hint(self) -> str:
        return "Samples in random order are enough; a list of batches is taken whole."


@dataclass(frozen=True)
class IntegersAlready(Diagnostic, code="Q108", bad_input=True):
    """A model that is to be quantized computes with integers already.

    Why it matters: what was rounded once stays lost, and ranges are taken from real numbers.
    Example: `litesmith quantize model.int8.tflite --mode int16x8`.
    How to fix: quantize the model that it was made of.
    """

    def message(self) -> str:
        return "The model computes with integers already."

    def hint(self) -> str:
        return "Give the model that it was made of: of Keras, or a file of float32."


@dataclass(frozen=True)
class InfinitiesLost(Diagnostic, code="Q109", severity=Severity.WARNING):
    """An output is infinite, or no number, for some of the calibration data, and finite in the model of integers.

    Why it matters: no integer stands for infinity; whoever looks for it in the output does not find it.
    Example: `ops.segment_max` of a segment without elements, which is minus infinity.
    How to fix: let the model put a number in its place (`ops.maximum(x, -100.0)`, `ops.nan_to_num`), or keep what
        computes it real: `Recipe("int8").keep_float("layer")`.
    """

    output: str
    count: int

    def message(self) -> str:
        return f"{self.count} numbers of output '{self.output}' are infinite, or none, for the calibration data."

    def hint(self) -> str:
        return (
            "Integers hold finite numbers only. Put a number in their place, or keep the layer in float32 by a recipe."
        )
