"""What can be converted, whatever framework it is of: how it becomes graphs, and how it runs to be compared."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import NotAModel
from litesmith.frontends.options import Options
from litesmith.frontends.shape_text import nested_inputs
from litesmith.ir.calling import Calling
from litesmith.ir.graph import Model
from litesmith.preprocessing.pipeline import Preprocessing

DEFAULT = "serving_default"
"""The signature of a file with one way to call."""

HOMES = {
    "keras": "litesmith.frontends.keras.original",
    "jax": "litesmith.frontends.jax.original",
    "jaxlib": "litesmith.frontends.jax.original",
    "flax": "litesmith.frontends.jax.original",
    "tensorflow": "litesmith.frontends.tensorflow.original",
    "torch": "litesmith.frontends.torch.original",
}
"""The module whose `original_of` knows objects of classes of a framework; where several fit, the first here."""


@runtime_checkable
class Original(Protocol):
    """A model, or one way to call a model."""

    @property
    def framework(self) -> str:
        """What computes it, as people call it."""
        ...

    @property
    def roundings(self) -> float:
        """How far its numbers may be from those computed in float32, of the largest: 0 unless it has coarser ones."""
        ...

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        """Its graphs; the arguments are those of `litesmith.convert`.

        Raises:
            LitesmithError: with everything that has no LiteRT form.
        """
        ...

    def said_inputs(self, texts: Sequence[str]) -> Any:
        """`inputs` for what is said of them as text, `?,224,224,3` or `ids=?,128:int32`; None for no text.

        Raises:
            LitesmithError: K302 for what is not a shape, or a name that no input has.
        """
        ...

    def run(self, inputs: Any) -> Any:
        """Its outputs for nested arrays, as nested arrays; what it keeps from call to call is not changed."""
        ...

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        """Its outputs for one nesting of arrays after another: what a call keeps, the next one reads.

        `state`: what it keeps at first, by name of the state.
        """
        ...


@dataclass(frozen=True)
class Imported:
    """A model as graphs.

    Attributes:
        calls: how each signature is called, by its name.
        originals: what each signature does, by its name, to compare with.
        preprocessing: what is left to the app, where that was asked for and there is anything.
        is_finished: whether the graphs are what is to be written, and no pass may change them.
    """

    model: Model
    calls: dict[str, Calling]
    originals: Mapping[str, Original]
    preprocessing: Preprocessing | None = None
    is_finished: bool = False


@dataclass(frozen=True)
class Computing:
    """What a function of nested arrays computes; there is nothing to convert."""

    function: Any
    framework: str = "Python"
    roundings: float = 0.0

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        raise LitesmithError(NotAModel(_class_of(self.function)))

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        return self.function(inputs)

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return list(map(self.function, calls))


def why_not_compared(original: Original) -> str | None:
    """Why an original cannot be run here, where that is so: its framework is not installed."""
    reason: str | None = getattr(original, "not_compared", None)
    return reason


def steps_of_outputs(original: Original) -> tuple[float, ...] | None:
    """By how much each output may be off, where the original computes what is rounded to steps."""
    steps: tuple[float, ...] | None = getattr(original, "output_steps", None)
    return steps


def original_of(model: Any) -> Original:
    """How a live object is converted.

    Raises:
        LitesmithError: K303 for what no framework knows.
    """
    if isinstance(model, Original) and not isinstance(model, type):
        return model
    roots = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    home = next((home for root, home in HOMES.items() if root in roots), None)
    if home is None and callable(model) and not isinstance(model, type):
        home = HOMES["jax"]  # a function says nothing of what it computes with
    if home is None:
        raise LitesmithError(NotAModel(_class_of(model)))
    original: Original = importlib.import_module(home).original_of(model)
    return original


def _class_of(model: Any) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}"
