"""Findings about functions and programs of JAX, TensorFlow and torch (P...)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source


@dataclass(frozen=True)
class NeedsInputs(Diagnostic, code="P101", bad_input=True):
    """It is not known what a function takes.

    Why it matters: a function says neither how many tensors it takes nor their shapes.
    Example: `litesmith.convert(lambda x: jnp.tanh(x))`.
    How to fix: pass `inputs=`: a shape, or a list of them for several arguments; None for a size that
        stays open, `"1,time:int32"` for a shape with an element type, or example arrays.
    """

    name: str

    def message(self) -> str:
        return f"What {self.name} takes is not known."

    def hint(self) -> str:
        return by_face(
            "Pass inputs=(None, 3), or a list of shapes or example arrays, one for each argument.",
            "Say it with --input '?,3', once for each argument.",
        )


@dataclass(frozen=True)
class NoForm(Diagnostic, code="P102"):
    """A program holds an operation that has no form in LiteRT operators.

    Why it matters: a LiteRT file can only hold what its operators can compute.
    Example: a function that calls `jax.pure_callback`.
    How to fix: write it with other operations, or leave that part to the app.
    """

    source: Source
    operation: str
    problem: str

    def message(self) -> str:
        return f"{self.operation}: {self.problem}."

    def hint(self) -> str:
        return "Write it with other operations, or leave that part to the app."

    @property
    def where(self) -> Source | None:
        return self.source


@dataclass(frozen=True)
class CannotFollow(Diagnostic, code="P103", bad_input=True):
    """A framework cannot make a program of a function.

    Why it matters: a function is converted by way of the program that its framework makes of it, without values.
    Example: `if x > 0:` on an array in a function of JAX, or shapes that do not fit each other.
    How to fix: what the framework says, at the line shown; `jnp.where` or `jax.lax.cond` for an `if` on values.
    """

    source: Source
    framework: str
    name: str
    error: str

    def message(self) -> str:
        return f"{self.framework} cannot follow {self.name}: {self.error}"

    def hint(self) -> str:
        return "Mend what it says; what depends on values of tensors is chosen by the framework's own where or cond."

    @property
    def where(self) -> Source | None:
        return self.source


@dataclass(frozen=True)
class NoFramework(Diagnostic, code="P104", bad_input=True):
    """A function was given, and the framework that would follow it is not installed.

    Why it matters: functions of arrays are converted by way of the program that JAX makes of them.
    Example: `litesmith.convert(function, inputs=(None, 3))` without JAX.
    How to fix: install it; `pip install "litesmith[jax]"`.
    """

    framework: str
    name: str

    def message(self) -> str:
        return f"{self.name} is a function, and {self.framework}, which could follow it, is not installed."

    def hint(self) -> str:
        return f'Install it (pip install "litesmith[{self.framework.lower()}]"), or pass a Keras model.'


@dataclass(frozen=True)
class MadeForOneSize(Diagnostic, code="P105"):
    """A program was made for one value of a size that should stay open.

    Why it matters: the file would be wrong for other sizes.
    Example: a module of torch with `if x.shape[1] > 128:` or `int(x.shape[1])` in its `forward`, converted with
        `inputs=(None, None)`.
    How to fix: fix that size with `inputs=`, or let the module compute the same for all sizes; `torch.cond` decides
        when the model runs.
    """

    source: Source
    size: str
    what: str

    def message(self) -> str:
        return f"The size '{self.size}' is open, but {self.what} was made for one value of it."

    def hint(self) -> str:
        option = by_face("inputs=...", "--input SHAPE")
        return f"Fix '{self.size}' with {option}, or let the program compute the same for every size."

    @property
    def where(self) -> Source | None:
        return self.source if self.source.file else None


@dataclass(frozen=True)
class TorchFile(Diagnostic, code="P106", bad_input=True):
    """The file is one of torch, which torch itself has to load.

    Why it matters: a file of torch may hold pickled objects and expressions that run as code while torch loads it;
        Litesmith runs no code that stands in a file.
    Example: `litesmith convert model.pt2`.
    How to fix: load the file yourself, where you trust it: `litesmith.convert(torch.export.load("model.pt2"))`, or on
        the command line `litesmith convert mine.py:program`, where `mine.py` says
        `program = torch.export.load("model.pt2")`. Of a file of weights (`.pt`, `.pth`), make the module and load
        them into it.
    """

    path: str
    is_program: bool

    def message(self) -> str:
        what = "an exported program of torch" if self.is_program else "a file of weights or objects of torch"
        return f"{self.path} is {what}; torch may run code that is in it while it loads it."

    def hint(self) -> str:
        loading = "torch.export.load" if self.is_program else "torch.load"
        return f"Where you trust it, load it in Python ({loading}), and convert the program or module: FILE.py:NAME."
