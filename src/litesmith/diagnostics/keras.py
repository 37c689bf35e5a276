"""Findings about Keras models (K...): what cannot be expressed, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.excerpt import excerpt
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source


@dataclass(frozen=True)
class KerasDiagnostic(Diagnostic, code="K000"):
    """Base of the findings that belong to a place in a Keras model."""

    source: Source

    @property
    def where(self) -> Source | None:
        return self.source


@dataclass(frozen=True)
class UnsupportedOperation(KerasDiagnostic, code="K101"):
    """The model uses an operation that Litesmith cannot write in LiteRT's operators.

    Why it matters: a LiteRT file can only hold what its operators can compute; an operation
        that nothing is known about would be missing or wrong.
    Example: a layer that calls an operation which came with a later version of Keras.
    How to fix: compute the same with other functions of `keras.ops`, or take it out of the model and do it in the
        app. Whoever knows LiteRT's operators can write the operation in them, `@litesmith.lowers("ops.name")`.
    """

    operation: str

    def message(self) -> str:
        return f"{self.operation} has no LiteRT form that Litesmith knows."

    def hint(self) -> str:
        if self.operation.startswith("keras.random."):
            return "Draw random numbers in training only, or give them to the model as an input."
        return (
            "Compute the same with other functions of keras.ops, do it in the app in front of the model or behind it, "
            "or write it in LiteRT's operators yourself (@litesmith.lowers)."
        )


@dataclass(frozen=True)
class UnsupportedArgument(KerasDiagnostic, code="K102"):
    """An operation is used in a way that Litesmith cannot write in LiteRT's operators.

    Why it matters: the operation converts with other arguments; with these, nothing is known that computes the same.
    Example: `layers.Conv3D(groups=2, dilation_rate=2)` in a version without that lowering.
    How to fix: use the argument that the message suggests, or compute the same with other functions of `keras.ops`.
        Whoever knows LiteRT's operators can write the operation in them, `@litesmith.lowers("ops.name")`.
    """

    operation: str
    problem: str

    def message(self) -> str:
        return f"{self.operation}: {self.problem}."

    def hint(self) -> str:
        return "Change the argument, or compute the same with other functions of keras.ops."


@dataclass(frozen=True)
class UntraceableLayer(KerasDiagnostic, code="K103"):
    """A layer's `call` does something that cannot be followed symbolically.

    Why it matters: the model is converted by running it on symbolic tensors, which work with
        Keras layers and `keras.ops`; functions of TensorFlow, JAX, torch or numpy cannot take them.
    Example: a custom layer whose `call` uses `tf.math.sin(x)` or `np.mean(x)`.
    How to fix: use the function of the same name in `keras.ops`; for an `if` on values of a
        tensor, `keras.ops.where` or `keras.ops.cond`; for random numbers, `keras.random`, or an input of the model.
    """

    layer_class: str
    error: str
    method: str = "call"

    def message(self) -> str:
        return f"The layer's {self.layer_class}.{self.method} could not be followed: {self.error}"

    def hint(self) -> str:
        if "as a boolean" in self.error:
            return "Use keras.ops.where or keras.ops.cond in place of if, while, and, or, not on values of a tensor."
        if "random" in f"{self.error} {said.text if (said := excerpt(self.source)) else ''}".lower():
            return (
                "Draw with keras.random and a seed, keras.random.normal(keras.ops.shape(x), seed=self.seed) where "
                "__init__ has self.seed = keras.random.SeedGenerator(1); or give the random numbers to the model as an "
                "input, or draw in training only (if training:)."
            )
        return "Use keras.ops in place of functions of tf, jax, torch or numpy on the layer's tensors."


@dataclass(frozen=True)
class OwnLoweringFailed(KerasDiagnostic, code="K104", bad_input=True):
    """A lowering that you registered raises an error, or returns what is no value.

    Why it matters: the layer or operation is converted by that function alone.
    Example: `@litesmith.lowers(MyLayer)` on a function that calls `np.sin(x)`: its arguments are values of the
        graph, which only the functions of `litesmith.ops` take.
    How to fix: mend the function at the line shown; `--debug` (in Python: the exception's `__cause__`)
        shows the whole way there.
    """

    operation: str
    error: str

    def message(self) -> str:
        return f"The lowering that was registered for {self.operation} failed: {self.error}"

    def hint(self) -> str:
        return "Mend the function: it takes values of the graph, works on them with litesmith.ops, and returns values."


@dataclass(frozen=True)
class SizeReadAsNumber(KerasDiagnostic, code="K201"):
    """A size that changes from call to call was used as if it were a fixed number.

    Why it matters: the file would work for one size only, and give wrong results for others.
    Example: `np.arange(ops.shape(x)[1])`, a Python loop over a time axis that is None, or
        `if ops.shape(x)[1] > 128`.
    How to fix: use `keras.ops` for computations on sizes (`ops.arange(ops.shape(x)[1])`) and
        `ops.cond` for decisions, or fix or bound the size with `inputs=`.
    """

    dimension: str
    operation: str

    def message(self) -> str:
        return (
            f"The size '{self.dimension}' may change from call to call, but {self.operation} was built for one value "
            "of it."
        )

    def hint(self) -> str:
        return (
            f"Compute with keras.ops instead of numpy or Python loops, or fix '{self.dimension}' with "
            f"{by_face('inputs=... (or batch=...)', '--input SHAPE (or --batch)')}."
        )


@dataclass(frozen=True)
class DiffersEachTime(KerasDiagnostic, code="K202"):
    """The model does something else each time that it is run, for the same sizes.

    Why it matters: the file would hold what one run happened to do, such as one draw of random numbers.
    Example: a layer that adds `np.random.normal(size=(4,))` in its `call`, or counts its calls in Python.
    How to fix: draw random numbers with `keras.random`; give what else changes to the model as an input, or leave it
        to training (`if training:`).
    """

    operation: str

    def message(self) -> str:
        return f"The model is not the same each time that it is run: {self.operation} was built otherwise."

    def hint(self) -> str:
        return (
            "Draw random numbers with keras.random and a keras.random.SeedGenerator; give what else changes from run "
            "to run to the model as an input."
        )


@dataclass(frozen=True)
class UnbuiltModel(Diagnostic, code="K301", bad_input=True):
    """The shapes of the model's inputs are not known.

    Why it matters: shapes of weights and tensors follow from the shape of the input. Keras keeps that of a model's
        first argument, once it was called.
    Example: `keras.Sequential([layers.Dense(3)])` that was never called; a class with `call(self, image, size)`.
    How to fix: call the model once, start it with `keras.Input`, or say the shapes with `inputs=`: one shape,
        or those of several arguments by their names.
    """

    model: str
    arguments: tuple[str, ...] = ()

    def message(self) -> str:
        if len(self.arguments) > 1:
            names = ", ".join(map(repr, self.arguments))
            return f"The model '{self.model}' takes several arguments ({names}), whose shapes Keras does not keep."
        return f"The model '{self.model}' was never built, so the shapes of its inputs are not known."

    def hint(self) -> str:
        if len(self.arguments) > 1:
            shapes = ", ".join(f"{name!r}: (None, ...)" for name in self.arguments)
            option = by_face(f"inputs={{{shapes}}}", f"--input '{self.arguments[0]}=?,...', once for each,")
            return f"Pass {option} with their shapes."
        shape = by_face("inputs=(None, ...)", "--input '?,...'")
        return f"Call it once on data, start it with keras.Input(shape), or pass {shape} with the shape."


@dataclass(frozen=True)
class InputMismatch(Diagnostic, code="K302", bad_input=True):
    """The `inputs` given do not fit the model's inputs.

    Why it matters: every input needs a shape and an element type that the model can take.
    Example: `convert(model, inputs=(None, 28, 28))` for a model of two inputs.
    How to fix: give one shape, `keras.InputSpec` or example array for each input, nested as the model's own.
    """

    problem: str
    expected: str

    def message(self) -> str:
        return f"{by_face('inputs=', '--input')} does not fit the model: {self.problem}."

    def hint(self) -> str:
        return f"The model takes {self.expected}."


@dataclass(frozen=True)
class NotAModel(Diagnostic, code="K303", bad_input=True):
    """What should be converted is neither a model nor a function.

    Why it matters: only models of Keras 3, and functions and modules of JAX, TensorFlow and torch can be followed.
    Example: `convert([model])`, `convert(model.layers)`, or a model of the separate package tf_keras.
    How to fix: pass a `keras.Model`, the path of its file, a function or a module.
    """

    kind: str

    def message(self) -> str:
        if self.kind == "builtins.NoneType":
            return "None cannot be converted."
        return f"An object of type {self.kind.removeprefix('builtins.')} cannot be converted."

    def hint(self) -> str:
        if self.kind in ("builtins.list", "builtins.tuple", "builtins.dict"):
            several = by_face("; signatures= puts several methods of a model into one file", "")
            return f"Convert one model at a time{several}."
        if self.kind == "builtins.type":
            return "That is a class: pass an object of it."
        if self.kind == "builtins.NoneType":
            return "Does the function that makes the model end with `return model`?"
        return (
            "Pass a keras.Model (Keras 3), the path of a model's file or SavedModel, or a function or module of JAX,"
            " TensorFlow or torch."
        )


@dataclass(frozen=True)
class TextInput(Diagnostic, code="K304"):
    """An input of the model holds strings.

    Why it matters: Keras computes with strings only where TensorFlow does it, by operations that have
        no form in LiteRT that Litesmith knows.
    Example: `keras.Input((1,), dtype="string")` in front of a StringLookup layer.
    How to fix: convert with `split_preprocessing=True` (`--split-preprocessing`): the layers of text are left to the
        app, which has what they know as JSON, and what they return are the file's inputs.
    """

    name: str

    def message(self) -> str:
        return f"The input '{self.name}' holds strings."

    def hint(self) -> str:
        option = by_face("split_preprocessing=True", "--split-preprocessing")
        return f"Convert with {option}, which leaves its layers to the app."


@dataclass(frozen=True)
class OutputIsNoTensor(Diagnostic, code="K305"):
    """The model returns something that is neither a tensor nor a number.

    Why it matters: a LiteRT file returns tensors only.
    Example: a subclassed model that returns `{"logits": x, "version": "v1"}`.
    How to fix: return tensors and numbers, in lists, tuples and dictionaries; None may stand among them.
    """

    kind: str

    def message(self) -> str:
        return f"Among the model's outputs is an object of type {self.kind}."

    def hint(self) -> str:
        return "Return tensors and numbers only, nested in lists, tuples and dictionaries."


@dataclass(frozen=True)
class CannotCall(KerasDiagnostic, code="K306", bad_input=True):
    """Keras itself cannot call the model on inputs of the shapes given.

    Why it matters: a model is called once where its weights are not there yet, and again to be compared with its file.
    Example: `convert(keras.Sequential([layers.Conv2D(8, 3)]), inputs=(None, 28, 28))`, where the channels are missing.
    How to fix: call the model yourself on arrays of these shapes, and mend what fails, or give other shapes
        with `inputs=` or `batch=`. Where it is the comparison that fails, since this Keras backend cannot compute
        what the model does, another backend may (`KERAS_BACKEND`), and `verify=False` does without.
    """

    given: str
    error: str
    comparing: bool = False
    """Whether the model was called for its numbers, rather than for its weights to be made."""

    def message(self) -> str:
        return f"Keras cannot call the model on {self.given}: {self.error}."

    @property
    def where(self) -> Source | None:
        return self.source if self.source.file else None

    def hint(self) -> str:
        if self.comparing:
            return (
                "Call it yourself on such arrays to see more. Another Keras backend (KERAS_BACKEND) may compute it; "
                f"{by_face('verify=False', '--no-verify')} converts without comparing."
            )
        shapes = by_face(
            "inputs= takes shapes, with the batch: (None, 8)", "--input takes shapes, with the batch: '?,8'"
        )
        return f"Call it yourself on such arrays to see more. {shapes}."


@dataclass(frozen=True)
class ForgotSuper(Diagnostic, code="K307", bad_input=True):
    """The class of the model does not call `super().__init__()`.

    Why it matters: Keras knows nothing of the model's layers.
    Example: `class Mine(keras.Model)` whose `__init__` begins with `self.dense = layers.Dense(2)`.
    How to fix: begin `__init__` with `super().__init__()`.
    """

    model_class: str

    def message(self) -> str:
        return f"{self.model_class}.__init__ does not call super().__init__()."

    def hint(self) -> str:
        return "Begin __init__ with super().__init__()."


@dataclass(frozen=True)
class BatchOfTheFirstFit(Diagnostic, code="K308", severity=Severity.WARNING):
    """A sequential model takes batches of one size only: Keras takes that of the first data where no `Input` says more.

    Why it matters: the file takes as many samples at once, and an app mostly has one.
    Example: `keras.Sequential([layers.Dense(2)])` without `keras.Input`, fitted on 60,000 samples in batches of 32: as
        32 divides 60,000, Keras takes each batch to be of 32.
    How to fix: `convert(model, batch=1)` (`--batch 1`), or let the batch be open with `inputs=(None, ...)`. With
        `keras.Input((4,))` in front of the layers Keras leaves it open.
    """

    batch: int
    sizes: tuple[int | None, ...]

    def message(self) -> str:
        taken = "Keras takes the size of the first batches that it is fitted on where no Input says another"
        return f"The model takes batches of {self.batch} only, and so does the file: {taken}."

    def hint(self) -> str:
        open_sizes = (None, *self.sizes)
        text = ",".join("?" if size is None else str(size) for size in open_sizes)
        said = by_face(f"inputs={open_sizes}", f"--input '{text}'")
        return f"{by_face('batch=1', '--batch 1')} takes one sample at a time, {said} any number."
