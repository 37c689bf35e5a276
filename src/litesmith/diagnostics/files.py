"""Findings about files (F...): what cannot be opened, read or written."""

from __future__ import annotations

import difflib
import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Columns, Source


@dataclass(frozen=True)
class FileNotFound(Diagnostic, code="F101", bad_input=True):
    """There is no file at the path given.

    Why it matters: there is nothing to work on.
    Example: `litesmith convert modle.keras`.
    How to fix: check the spelling and the folder you are in.
    """

    path: str

    def message(self) -> str:
        return f"There is no file at {self.path}."

    def hint(self) -> str:
        path = Path(self.path)
        try:
            names = [entry.name for entry in path.parent.iterdir()]
        except OSError:
            return f"There is no folder {path.parent} either: check the spelling."
        similar = difflib.get_close_matches(path.name, names, n=1)
        return f"Did you mean {path.parent / similar[0]}?" if similar else "Check the spelling, and the folder."


@dataclass(frozen=True)
class EmptyFile(Diagnostic, code="F102", bad_input=True):
    """The file has no content.

    Why it matters: a download or a save was probably interrupted.
    Example: `touch model.keras && litesmith convert model.keras`.
    How to fix: save or download the file again.
    """

    path: str

    def message(self) -> str:
        return f"{self.path} is empty."

    def hint(self) -> str:
        return "Save it or download it again."


@dataclass(frozen=True)
class IsFolder(Diagnostic, code="F103", bad_input=True):
    """The path is a folder, not a file.

    Why it matters: models are read from one file, but for TensorFlow's SavedModel, a folder with a `saved_model.pb`.
    Example: `litesmith convert models/`.
    How to fix: give the path of a file, or of the folder that has the `saved_model.pb`.
    """

    path: str
    found: str = "a folder"
    advice: str = "Give the path of a file in it."

    def message(self) -> str:
        return f"{self.path} is no model: it is {self.found}."

    def hint(self) -> str:
        return self.advice


@dataclass(frozen=True)
class NotThisKind(Diagnostic, code="F104", bad_input=True):
    """The file is not a model, or one of another kind than the command takes.

    Why it matters: what a file is shows in its content, whatever it is called; this content is something else.
    Example: `litesmith convert photo.png`, `litesmith convert model.tflite`, `litesmith inspect model.keras`.
    How to fix: give `convert` a Keras model (`.keras`, `.h5`), a SavedModel folder or a frozen graph (`.pb`), and
        `inspect` and `run` a LiteRT model (`.tflite`). For many other files the finding says what to do with them.
    """

    path: str
    found: str
    expected: str
    advice: str = ""

    def message(self) -> str:
        return f"{self.path} is not {self.expected}: it is {self.found}."

    def hint(self) -> str:
        if self.path.endswith(".py"):
            return f"Name what makes the model in it: {self.path}:NAME."
        if self.advice:
            return self.advice
        return f"Give the path of {self.expected}."


@dataclass(frozen=True)
class WeightsOnly(Diagnostic, code="F105", bad_input=True):
    """The file holds a model's weights without the model.

    Why it matters: weights do not say which layers they belong to or how these are connected.
    Example: a file written by `model.save_weights("model.weights.h5")` or by a checkpoint callback.
    How to fix: say which model they belong to: `--architecture model.json` (what `model.to_json()` returned) or
        `--architecture my_models:make` (a function that returns the model); `architecture=` in Python.
    """

    path: str

    def message(self) -> str:
        return f"{self.path} holds weights only, not the model that they belong to."

    def hint(self) -> str:
        given = by_face(
            "architecture= takes the model, a function that returns it, or a file with model.to_json()",
            "--architecture model.json (what model.to_json() returned) or --architecture MODULE:FUNCTION",
        )
        return f"Say which model they belong to: {given}."


@dataclass(frozen=True)
class UnknownClasses(Diagnostic, code="F106", bad_input=True):
    """The file uses classes or functions that are not Keras' own and that were not given.

    Why it matters: a file holds the names and settings of custom classes, not their code.
    Example: a model with a layer `class Scale(keras.layers.Layer)` of your own.
    How to fix: decorate each with `@keras.saving.register_keras_serializable()`, and give the
        Python file that defines them: `--custom-objects layers.py`, or `custom_objects=` in Python.
    """

    path: str
    names: tuple[str, ...]
    stub: str = ""

    def message(self) -> str:
        what = "a class or function" if len(self.names) == 1 else f"{len(self.names)} classes or functions"
        return f"{self.path} uses {what} that Keras does not know: {', '.join(self.names)}."

    def hint(self) -> str:
        return by_face(
            "Pass them by name, custom_objects={...}, or decorate each with "
            "@keras.saving.register_keras_serializable() and import the file that defines them.",
            "Decorate each with @keras.saving.register_keras_serializable() and give the file that "
            "defines them: --custom-objects FILE.py.",
        ) + (f" What the model's file says of them, to be filled in:\n\n{self.stub}" if self.stub else "")


def function_name(layer: str) -> str:
    """The name of the function that stands for the code of a layer: the layer's, as far as Python takes it."""
    name = re.sub(r"\W", "_", layer)
    return f"{name}_" if keyword.iskeyword(name) or not name.isidentifier() else name


@dataclass(frozen=True)
class CodeInFile(Diagnostic, code="F107", bad_input=True):
    """The file holds compiled Python code that does more than compute an expression. It is never run.

    Why it matters: whoever made the file could make that code do anything on your machine. It
        also runs only in the Python version that wrote it.
    Example: a saved `layers.Lambda` of a function with an `if`, a loop, or a name that Litesmith does not know.
    How to fix: write the function anew, under the name of the layer, in a file for `--custom-objects`. Where you trust
        the file, load it yourself with `safe_mode=False` and convert the live model.
    """

    path: str
    layers: tuple[str, ...]
    problems: tuple[str, ...]

    def message(self) -> str:
        which = "; ".join(f"'{name}' ({why})" for name, why in zip(self.layers, self.problems, strict=True))
        return f"{self.path} holds Python code that is not run, and is more than an expression: Lambda {which}."

    def hint(self) -> str:
        name = function_name(self.layers[0])
        given = by_face(
            f"pass it: custom_objects={{{name!r}: {name}}}", "give the file that defines it: --custom-objects FILE.py"
        )
        return (
            f"Write it anew under the layer's name, `def {name}(x): ...`, and {given}. Or, if you trust the file, "
            f"convert the live model: litesmith.convert(keras.models.load_model({self.path!r}, safe_mode=False))."
        )


@dataclass(frozen=True)
class CodeWasRead(Diagnostic, code="F115", severity=Severity.NOTE):
    """A function that the file holds as compiled Python code was read as an expression. The code was not run.

    Why it matters: the code says names, not what they stand for. `K` is taken for Keras' backend, `tf` for
        TensorFlow, `np` for numpy; in the program that wrote the file they could have been anything.
    Example: a saved `layers.Lambda(lambda x: x / 255)`.
    How to fix: see that it says what the layer should compute; a function under the layer's name in
        `--custom-objects FILE.py` stands for it otherwise.
    """

    path: str
    layer: str
    text: str

    def message(self) -> str:
        return f"Lambda '{self.layer}' of {self.path} was read as `{self.text}`; its code was not run."

    def hint(self) -> str:
        name = function_name(self.layer)
        given = by_face(f"custom_objects={{{name!r}: function}}", f"`def {name}(x): ...` in --custom-objects FILE.py")
        return f"See that this is what the layer should compute; otherwise {given} stands for it."


@dataclass(frozen=True)
class DamagedFile(Diagnostic, code="F108", bad_input=True):
    """The file is a model's, but parts of it are missing or contradict each other.

    Why it matters: nothing in it can be relied on.
    Example: a download that was cut off.
    How to fix: save or download the file again.
    """

    path: str
    problem: str
    advice: str = "Save it or download it again."

    def message(self) -> str:
        return f"{self.path} is damaged: {self.problem}."

    def hint(self) -> str:
        return self.advice


@dataclass(frozen=True)
class CannotRead(Diagnostic, code="F109", bad_input=True):
    """The file is there but cannot be read.

    Why it matters: there is nothing to work on.
    Example: a file of another user.
    How to fix: change the file's permissions, or copy it to a folder of yours.
    """

    path: str
    reason: str

    def message(self) -> str:
        return f"Cannot read {self.path}: {self.reason}."

    def hint(self) -> str:
        return "Check its permissions."


@dataclass(frozen=True)
class CannotRebuild(Diagnostic, code="F110", bad_input=True):
    """Keras cannot build the model that the file describes.

    Why it matters: without the Keras model there is nothing to convert.
    Example: a file of a Keras version whose layers had other arguments.
    How to fix: open the file with `keras.models.load_model` in the environment that wrote it, and save it
        with the newest Keras there.
    """

    path: str
    error: str

    def message(self) -> str:
        return f"Keras cannot build the model in {self.path}: {self.error}."

    def hint(self) -> str:
        return "Open it with the Keras version that wrote it, update Keras, and save it again."


@dataclass(frozen=True)
class CustomCodeFailed(Diagnostic, code="F111", bad_input=True):
    """The Python file with custom classes or with the model raises an error when it is run.

    Why it matters: the classes in it are not known, or there is no model.
    Example: `--custom-objects layers.py` where `layers.py` imports a package that is not installed.
    How to fix: make `python layers.py` run without an error.

    Attributes:
        called: the function that failed, where the file itself did not.
        columns: where on the line, as a `Source` has it.
    """

    path: str
    error: str
    line: int | None = None
    called: str = ""
    columns: Columns | None = None

    @property
    def where(self) -> Source | None:
        return Source(file=self.path, line=self.line, columns=self.columns) if self.line else None

    def message(self) -> str:
        if self.called:
            return f"{self.called}() of {self.path} failed: {self.error}."
        return f"{self.path} cannot be imported: {self.error}."

    def hint(self) -> str:
        if self.called:
            return f"Make {self.called}() return a model without an error."
        if self.path.endswith(".py"):
            return f"Make `python {self.path}` run without an error."
        return f'Check the spelling, and make `python -c "import {self.path}"` run without an error.'


@dataclass(frozen=True)
class NoSuchName(Diagnostic, code="F114", bad_input=True):
    """A Python file or module does not define what was named.

    Why it matters: there is no model to convert.
    Example: `litesmith convert models.py:network` where the file defines `make_network`.
    How to fix: name a model, a function, or a function or class without arguments that makes one.
    """

    home: str
    name: str
    defined: tuple[str, ...]

    def message(self) -> str:
        return f"{self.home} defines no {self.name}."

    def hint(self) -> str:
        similar = difflib.get_close_matches(self.name, self.defined, n=1)
        if similar:
            return f"Did you mean {self.home}:{similar[0]}?"
        return f"It defines {', '.join(self.defined)}." if self.defined else "It defines nothing that could be named."


@dataclass(frozen=True)
class UnfitData(Diagnostic, code="F112", bad_input=True):
    """The arrays given do not fit the model's inputs.

    Why it matters: every input needs an array of its shape and type.
    Example: `litesmith run model.tflite -i in.npz` where `in.npz` lacks an input.
    How to fix: save the arrays under the inputs' names: `numpy.savez("in.npz", image=images)`;
        `litesmith inspect` shows names and shapes.
    """

    problem: str
    expected: str

    def message(self) -> str:
        return f"The data does not fit the model: {self.problem}."

    def hint(self) -> str:
        return f"The model takes {self.expected}."


@dataclass(frozen=True)
class WeightsNotLoaded(Diagnostic, code="F113", bad_input=True):
    """Keras left weights of the file out, since it could not build the layers that they belong to.

    Why it matters: those layers would have random weights. Keras itself only warns.
    Example: a class with `call(self, image, size)`: Keras keeps the shape of its first argument only.
    How to fix: add `get_build_config` and `build_from_config` to the model's class, or make the model in Python,
        call it once, `load_weights` from the same file, and convert the live model.
    """

    path: str
    layers: tuple[str, ...]

    def message(self) -> str:
        names = ", ".join(f"'{name}'" for name in self.layers)
        return f"Keras cannot build the layers {names} of {self.path}, so it left their weights out."

    def hint(self) -> str:
        return (
            "Add get_build_config and build_from_config to the model's class, or make the model in Python, "
            f"call it once, load_weights({self.path!r}), and convert the live model."
        )


@dataclass(frozen=True)
class CannotWrite(Diagnostic, code="F201", bad_input=True):
    """The result cannot be written to the path given.

    Why it matters: nothing was saved; no partial file is left behind either.
    Example: an output path in a folder that does not exist, a read-only folder, a full disk.
    How to fix: choose a folder that exists and can be written to, or free space.
    """

    path: str
    reason: str

    def message(self) -> str:
        return f"Cannot write {self.path}: {self.reason}."

    def hint(self) -> str:
        another = by_face("Save to another path", "Choose another path with -o")
        return f"Nothing was written. {another}, or free space on the disk."
