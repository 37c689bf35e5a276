"""Findings about calibration data (Q201-Q219): what it is in place of what a model will see."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face

SCALED_IMAGES = "litesmith.ImageFolder(folder, values=(0, 1))"


@dataclass(frozen=True)
class NotNumbers(Diagnostic, code="Q201", severity=Severity.WARNING):
    """Calibration data holds NaN or infinities.

    Why it matters: what is computed of them is not numbers either; operations whose values these are stay real.
    Example: a table with missing values, given as it was read.
    How to fix: leave those samples out, or fill the gaps as they were filled for training.
    """

    input: str
    nans: int
    infinities: int

    def message(self) -> str:
        counted = [f"{count} {name}" for count, name in ((self.nans, "NaN"), (self.infinities, "infinities")) if count]
        return f"Input '{self.input}' of the calibration data holds {' and '.join(counted)}."

    def hint(self) -> str:
        return "Leave those samples out, or fill the gaps as for training: data[np.isfinite(data).all(axis=...)]."


@dataclass(frozen=True)
class ConstantInput(Diagnostic, code="Q202", severity=Severity.WARNING):
    """Calibration data is one number throughout, or most samples are.

    Why it matters: activations show no range; integers that are chosen for it cut off all real inputs.
    Example: `np.zeros((100, 224, 224, 3))`, or images that were divided by 255 as integers.
    How to fix: give inputs as the model will see them.
    """

    input: str
    number: float | None
    flat: int
    count: int

    def message(self) -> str:
        if self.number is not None:
            what = "zeros" if self.number == 0 else f"{self.number:.6g} everywhere"
            return f"Input '{self.input}' of the calibration data is {what}, in all {self.count} samples."
        return f"{self.flat} of {self.count} samples for input '{self.input}' are one number throughout."

    def hint(self) -> str:
        return "Ranges of such data fit no real input. Give some hundred inputs as the model will see them."


@dataclass(frozen=True)
class FewSamples(Diagnostic, code="Q203", severity=Severity.WARNING):
    """Calibration data has few samples, or many that are the same.

    Why it matters: what few samples do not show is cut off; 100 to 500 that differ are enough.
    Example: 8 images, or one batch that is repeated.
    How to fix: give 100 to 500 inputs that differ as real ones do.
    """

    count: int
    distinct: int

    def message(self) -> str:
        if self.distinct == self.count:
            return f"There are {self.count} samples of calibration data."
        return f"Of {self.count} samples of calibration data {self.distinct} differ; the others are copies."

    def hint(self) -> str:
        return "Give 100 to 500 inputs that differ as real ones do: values that few samples do not show are cut off."


@dataclass(frozen=True)
class RandomNoise(Diagnostic, code="Q204", severity=Severity.WARNING):
    """Calibration data is random noise.

    Why it matters: activations of noise have other ranges than those of real inputs; accuracy falls without a word.
    Example: `np.random.rand(100, 224, 224, 3)`.
    How to fix: give real inputs; any 100 of the training or test data will do.
    """

    input: str
    distribution: str
    mean: float
    deviation: float

    def message(self) -> str:
        kind = f"{self.distribution} noise" if self.distribution != "random" else "noise"
        drawn = f"mean {self.mean:.3g}, deviation {self.deviation:.3g}, neighbours unrelated"
        return f"Input '{self.input}' of the calibration data looks like {kind}: {drawn}."

    def hint(self) -> str:
        return "Give real inputs: any 100 of the training or test data, prepared as for training."


@dataclass(frozen=True)
class OtherScale(Diagnostic, code="Q205", severity=Severity.WARNING):
    """Calibration data is scaled otherwise than what the model was trained with.

    Why it matters: all ranges are those of inputs that the device never sees, 255 times too wide for example.
    Example: pixels from 0 to 255 for a model that was trained with pixels divided by 255.
    How to fix: prepare calibration data by the code that prepares training data.
    """

    input: str
    found: str
    meant: str
    formula: str
    evidence: str

    def message(self) -> str:
        scaled = f"is scaled {self.found}, and {self.meant} is meant"
        return f"Input '{self.input}' of the calibration data {scaled}: {self.evidence}."

    def hint(self) -> str:
        return f"Give {self.formula} in place of x; for a folder of images, {SCALED_IMAGES} says how they are scaled."


@dataclass(frozen=True)
class OtherValues(Diagnostic, code="Q206", severity=Severity.WARNING):
    """What comes into the first normalization is not what it was trained with.

    Why it matters: a normalization keeps the mean and the variance of what it saw in training; data that is far from
        them is prepared otherwise, or of another kind.
    Example: inverted images, or images of another camera.
    How to fix: prepare calibration data by the code that prepares training data. Where the normalization was frozen
        with the statistics of other data (a pretrained network), leave this out: `ignore="Q206"`.
    """

    layer: str
    means: float
    octaves: float
    severe: bool

    def message(self) -> str:
        found = f"means are off by {self.means:.2g} deviations, deviations by {self.octaves:.2g} octaves, on average"
        much = "far from" if self.severe else "not quite"
        return f"The calibration data is {much} what normalization '{self.layer}' was trained with: {found}."

    def hint(self) -> str:
        return "Is it prepared by the code that prepares training data? With a pretrained, frozen one it may be right."


@dataclass(frozen=True)
class OneClass(Diagnostic, code="Q207", severity=Severity.WARNING):
    """The model takes all calibration data for one class.

    Why it matters: activations of other classes are not seen, and are cut off.
    Example: the first 100 images of a folder that is sorted by class.
    How to fix: draw from all classes: shuffle, or take every tenth sample.
    """

    output: str
    class_number: int
    share: float

    def message(self) -> str:
        return f"Output '{self.output}' is class {self.class_number} for {self.share:.0%} of the calibration data."

    def hint(self) -> str:
        return "Draw from all classes: shuffle the data, or take every tenth sample of what is sorted."


@dataclass(frozen=True)
class NearlySame(Diagnostic, code="Q208", severity=Severity.WARNING):
    """Samples of calibration data hardly differ.

    Why it matters: they show as little of what activations take as one sample does.
    Example: successive frames of a camera that does not move.
    How to fix: give inputs that differ as real ones do.
    """

    input: str
    share: float

    def message(self) -> str:
        return (
            f"Samples for input '{self.input}' are nearly the same: {self.share:.2%} of their variance is between them."
        )

    def hint(self) -> str:
        return "Give inputs that differ as real ones do, such as frames that are minutes apart."


@dataclass(frozen=True)
class Unstable(Diagnostic, code="Q209", severity=Severity.WARNING):
    """Parts of the calibration data do not say of each other what values there are.

    Why it matters: real inputs are a further part, whose values will be cut off just as those of the parts are.
    Example: 40 samples, of which few have values ten times as large as the others.
    How to fix: give more samples, as many as it takes for this not to be found.
    """

    decibels: float
    count: int
    tensors: tuple[str, ...]
    severe: bool

    def message(self) -> str:
        lost = f"with ranges of three quarters of the samples, the others lose {self.decibels:.1f} dB a tensor"
        return f"{self.count} samples of calibration data are too few, or too unlike: {lost}."

    def hint(self) -> str:
        where = f"; most in {', '.join(map(repr, self.tensors))}" if self.tensors else ""
        return f"Give more samples, or look for samples with odd values{where}."


@dataclass(frozen=True)
class RangesDoNotFit(Diagnostic, code="Q210", severity=Severity.WARNING):
    """Ranges of the calibration data do not fit the held-out batch.

    Why it matters: the batch stands for what the device will see; so many decibels are lost there.
    Example: calibration by day and a probe by night.
    How to fix: calibrate with data like the probe's, or with more of it.
    """

    decibels: float
    tensors: tuple[str, ...]
    severe: bool

    def message(self) -> str:
        return f"On the held-out batch the ranges of the calibration data lose {self.decibels:.1f} dB, as predicted."

    def hint(self) -> str:
        return f"Most in {', '.join(self.tensors)}. Calibrate with data as the probe is: same source, same preparation."


@dataclass(frozen=True)
class PixelsAsBytes(Diagnostic, code="Q211", severity=Severity.NOTE):
    """Images of a folder are given as numbers from 0 to 255, because nothing else was said.

    Why it matters: a model that was trained with pixels from 0 to 1 is calibrated for values 255 times too large then.
    Example: `calibration="photos/"` for a model without a Rescaling layer.
    How to fix: say how pixels are scaled: `litesmith.ImageFolder("photos/", values=(0, 1))` (`--pixels 0..1`).
    """

    folder: str

    def message(self) -> str:
        return f"The images in {self.folder} are given as numbers from 0 to 255."

    def hint(self) -> str:
        said = by_face(SCALED_IMAGES, "--pixels 0..1")
        return f"That is right for a model that scales them itself; else say how: {said}."
