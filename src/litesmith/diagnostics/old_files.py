"""Findings about files of older Keras versions, and of files that are not to be trusted (F12., F13.)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source

SHOWN = 8
"""How many lines of a list are shown."""


@dataclass(frozen=True)
class LegacyArgument(Diagnostic, code="F121", bad_input=True):
    """A layer of an old file has an argument that Keras 3 no longer has, and not with its usual value.

    Why it matters: without the argument the layer would compute something else. Arguments that Keras 3 dropped are
        left out where they have the value that changes nothing.
    Example: `LSTM(8, time_major=True)` of Keras 2, `BatchNormalization(mode=1)` of Keras 1.
    How to fix: make the model anew in Python as the finding says, load the file's weights into it
        (`architecture=`), and convert it.
    """

    path: str
    layer: str
    class_name: str
    argument: str
    value: str
    advice: str

    @property
    def where(self) -> Source | None:
        return Source(layer=self.layer)

    def message(self) -> str:
        return f"{self.class_name} '{self.layer}' of {self.path} has {self.argument}={self.value}, unlike in Keras 3."

    def hint(self) -> str:
        return self.advice


@dataclass(frozen=True)
class UnknownFunctions(Diagnostic, code="F122", bad_input=True):
    """An old file calls functions of TensorFlow that are not known here, or in a way that is not.

    Why it matters: the file holds the function's name and arguments, not what it computes.
    Example: a model of Keras 2 with `tf.signal.stft(x, ...)` called on a tensor of Keras.
    How to fix: give a function that does the same with `keras.ops`, under the name that the finding shows:
        `custom_objects={"tf.signal.stft": my_stft}`, or `def tf_signal_stft(...)` in a file for `--custom-objects`.
    """

    path: str
    calls: tuple[str, ...]

    def message(self) -> str:
        shown = ", ".join(self.calls[:SHOWN])
        more = f" and {len(self.calls) - SHOWN} more" if len(self.calls) > SHOWN else ""
        return f"{self.path} calls what has no counterpart here: {shown}{more}."

    def hint(self) -> str:
        given = by_face('custom_objects={"tf.name": function}', "`def tf_name(x): ...` in --custom-objects FILE.py")
        into = by_face("architecture=", "--architecture")
        return (
            f'Give a function of keras.ops under the name in front of "(": {given}, '
            f"or make the model anew in Python and load the weights into it ({into})."
        )


@dataclass(frozen=True)
class WeightsDoNotFit(Diagnostic, code="F123", bad_input=True):
    """The weights in a file are others than the model has.

    Why it matters: a weight without its value would be random, and so would be every result.
    Example: a file of weights, loaded into a model with another number of classes.
    How to fix: make the model as it was when the weights were saved; the finding says what differs.
    """

    path: str
    differences: tuple[str, ...]

    def message(self) -> str:
        shown = "; ".join(self.differences[:SHOWN])
        more = f"; and {len(self.differences) - SHOWN} more" if len(self.differences) > SHOWN else ""
        return f"The weights in {self.path} do not fit the model: {shown}{more}."

    def hint(self) -> str:
        return "Make the model as it was when these weights were saved."


@dataclass(frozen=True)
class UnsafeFile(Diagnostic, code="F124", bad_input=True):
    """The file has what no Keras writes, and what could be used against whoever opens it.

    Why it matters: links lead out of the file, and small files that unpack to large ones fill the memory.
    Example: an HDF5 file with a link to another file, a ZIP archive with a name such as `../../x`, weights that were
        compressed to a hundredth of their size.
    How to fix: take a file that Keras saved. Weights that you compressed or linked yourself can be written plainly:
        `h5repack -f NONE old.h5 new.h5`.
    """

    path: str
    problem: str

    def message(self) -> str:
        return f"{self.path} is not opened: {self.problem}."

    def hint(self) -> str:
        return "Take the file that Keras saved; weights compressed by you are written plainly by: h5repack -f NONE."


@dataclass(frozen=True)
class NoArchitecture(Diagnostic, code="F125", bad_input=True):
    """What was given as the architecture is no model, or none can be made of it.

    Why it matters: the weights need the model that they belong to.
    Example: `--architecture model.json` with a file that is not a model's description.
    How to fix: give the text that `model.to_json()` returned, or the name of a function without arguments that
        returns the model: `--architecture my_models:make`, `--architecture my_models.py:make`.
    """

    given: str
    problem: str

    def message(self) -> str:
        return f"The architecture {self.given} cannot be used: {self.problem}."

    def hint(self) -> str:
        return (
            "Give a file with what model.to_json() returned, or MODULE:FUNCTION (FILE.py:FUNCTION) that returns the "
            f"model{by_face('; or the function or the model itself', '')}."
        )


@dataclass(frozen=True)
class BackendNotSaid(Diagnostic, code="F126", bad_input=True):
    """A file of Keras 1 has convolutions, and does not say whether Keras ran on Theano or on TensorFlow.

    Why it matters: Theano's convolutions turn their kernels around, so the same numbers mean two models.
    Example: `vgg16_weights_th_dim_ordering_th_kernels.h5`.
    How to fix: write into a copy of the file what it was made with, as Keras 2 does:
        `h5py.File("model.h5", "r+").attrs["backend"] = "theano"` (or `"tensorflow"`).
    """

    path: str
    layers: tuple[str, ...]

    def message(self) -> str:
        which = ", ".join(f"'{name}'" for name in self.layers[:SHOWN])
        return f"{self.path} does not say whether its convolutions ({which}) are Theano's, which turn kernels around."

    def hint(self) -> str:
        return (
            f'Write it into a copy of the file: h5py.File({self.path!r}, "r+").attrs["backend"] = '
            '"theano" (or "tensorflow").'
        )
