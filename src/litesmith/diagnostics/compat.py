"""Findings about options of `tf.lite` (C...)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.ir.source import Source


@dataclass(frozen=True)
class OtherIntegers(Diagnostic, code="C101", bad_input=True):
    """A converter is told to make integers of a kind that Litesmith does not make.

    Why it matters: a file of another kind in its place would not run where it should.
    Example: `converter.inference_input_type = tf.int8` without `optimizations`, activations of 16 bits, sparse weights.
    How to fix: for integers of 8 bits set `optimizations = [Optimize.DEFAULT]` and a `representative_dataset`;
        `inference_input_type` and `inference_output_type` are the same then: float32, int8 or uint8. Leave out
        the others.
    """

    options: tuple[str, ...]

    def message(self) -> str:
        return f"{', '.join(self.options)}: Litesmith does not make such a file."

    def hint(self) -> str:
        return (
            "For integers of 8 bits set optimizations and a representative_dataset, and both inference types alike; "
            "else leave it out."
        )


@dataclass(frozen=True)
class NotAGenerator(Diagnostic, code="C102", bad_input=True):
    """A converter's `representative_dataset` is not a function that yields the inputs of one call after another.

    Why it matters: activations are measured on sample after sample; an array or a list of arrays is taken apart
        at its first axis, which is another thing than its author meant.
    Example: `converter.representative_dataset = lambda: np.random.rand(100, 224, 224, 3)`, or the call of a
        generator function, `representative_dataset()`, in place of the function.
    How to fix: write a function with `yield`, which gives a list of one array per input, each with its batch:
        `for image in images[:200]: yield [image[None]]`; for inputs by name, a dictionary of arrays.
    """

    found: str
    inputs: tuple[str, ...] = ()

    def message(self) -> str:
        return f"representative_dataset {self.found}: it is not a generator."

    def hint(self) -> str:
        sample = (
            "{" + ", ".join(f"{name!r}: ..." for name in self.inputs) + "}" if len(self.inputs) > 1 else "[x[None]]"
        )
        return (
            "Pass a function that yields the inputs of one call after another, arrays with a batch:\n\n"
            f"def representative_dataset():\n    for x in data[:200]:\n        yield {sample}\n"
        )


@dataclass(frozen=True)
class RandomSamples(Diagnostic, code="C103", severity=Severity.WARNING, bad_input=True):
    """A converter's `representative_dataset` draws random numbers, which are not representative of real data.

    Why it matters: the range of each activation is measured on the samples. Noise excites a model otherwise than the
        data that it was trained on, mostly far less: real values are then clipped, or share a few of the
        256 steps, and accuracy falls, often to that of guessing, without an error.
    Example: `converter.representative_dataset = lambda: [[np.random.rand(1, 224, 224, 3).astype("float32")]]`.
    How to fix: yield some hundred examples of the training data, prepared as in training. Random numbers may choose
        among them (`np.random.choice`, `shuffle`). Where there is no data at all, keep activations in floats.
    """

    calls: tuple[str, ...]
    file: str
    line: int | None

    @property
    def where(self) -> Source:
        return Source(file=self.file, line=self.line)

    def message(self) -> str:
        return f"representative_dataset draws random numbers ({', '.join(self.calls)}): it is not representative."

    def hint(self) -> str:
        return (
            "Ranges that are measured on noise clip real values or leave them few of the 256 steps, and accuracy falls "
            "without an error. Yield some hundred examples of the training data, prepared as in training: "
            "for x in x_train[:200]: yield [x[None]]."
        )


@dataclass(frozen=True)
class SamplesDoNotFit(Diagnostic, code="C104", bad_input=True):
    """What a converter's `representative_dataset` yields is not what the model takes, or it yields nothing.

    Why it matters: the model cannot be measured on it.
    Example: `yield [image]` without the batch; arrays of float64, which numpy makes by default, for inputs of float32;
        one array for a model of two inputs.
    How to fix: yield one array per input, in the order of the inputs or by their names, of their shapes with the
        batch, and of their element types: `yield [image[None].astype("float32")]`.
    """

    problem: str
    expected: str

    def message(self) -> str:
        return f"representative_dataset does not fit the model: {self.problem}."

    def hint(self) -> str:
        return f"Each sample is what the model takes: {self.expected}."


@dataclass(frozen=True)
class FewSamples(Diagnostic, code="C105", severity=Severity.WARNING, bad_input=True):
    """A converter's `representative_dataset` yields few samples.

    Why it matters: ranges of activations that are measured on a few samples leave out what others would show, and
        values outside of a range are clipped.
    Example: a function that yields one image.
    How to fix: yield 100 to 500 samples of all kinds that the model will see; more change little.
    """

    count: int

    def message(self) -> str:
        several = "sample" if self.count == 1 else "samples"
        return f"representative_dataset yields {self.count} {several}, too few to show the range of each activation."

    def hint(self) -> str:
        return "Yield 100 to 500 samples of all kinds that the model will see; more change little."
