"""The half of a model that stays in the app: from what the model was given to the inputs of its LiteRT file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.ir.nesting import Nesting
from litesmith.preprocessing.steps import Step, step_from_json
from litesmith.preprocessing.texts import texts_of

Array = np.ndarray[Any, Any]
FORMAT, VERSION = "litesmith preprocessing", 1
TEXT = "string"


class NotPreprocessing(ValueError):
    """What is read is no description of preprocessing."""


@dataclass(frozen=True)
class Given:
    """One input of the whole model.

    Attributes:
        dtype: as Keras calls it; `string` for text.
        shape: None for open sizes.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def array(self, given: Any) -> Array:
        """What is given as an array of this rank; a last axis of size 1 may be left out."""
        array = texts_of(given) if self.dtype == TEXT else np.asarray(given, self.dtype)
        if array.ndim == len(self.shape) - 1 and self.shape[-1] == 1:
            array = array[..., None]
        if array.ndim != len(self.shape) or any(
            size not in (None, there) for size, there in zip(self.shape, array.shape, strict=True)
        ):
            raise ValueError(f"input {self.name!r} has shape {self.shape}, not {array.shape}")
        return array


@dataclass(frozen=True)
class Placed:
    """A step in its place.

    Attributes:
        name: of its result, by which a file's input or another step goes.
        layer: whose work it is.
        sources: names of inputs of the whole model or of other results.
        shape: of the result, None for open sizes.
    """

    name: str
    layer: str
    step: Step
    sources: tuple[str, ...]
    shape: tuple[int | None, ...]

    def words(self) -> str:
        """What is done, and of which layer it is the work."""
        return f"{self.step.kind} {self.layer!r}: {self.step.words()}"

    def to_json(self) -> dict[str, Any]:
        place = {"name": self.name, "layer": self.layer, "inputs": list(self.sources), "shape": list(self.shape)}
        return {**place, "dtype": self.step.dtype, "step": self.step.to_json()}


@dataclass(frozen=True)
class Preprocessing:
    """What the app does before it calls the LiteRT model: plain Python and numpy, without Keras or TensorFlow.

    Attributes:
        given: the inputs of the whole model, in Keras' order, nested as `nesting`.
        placed: the steps, each behind what it needs.
        needed: names of the LiteRT model's inputs, which are results of steps or inputs of the whole model.
    """

    given: tuple[Given, ...]
    nesting: Nesting
    placed: tuple[Placed, ...]
    needed: tuple[str, ...]

    def __call__(self, inputs: Any) -> dict[str, Array]:
        """The inputs of the LiteRT model by name, for those of the whole model, nested as it has them.

        Texts are strings or bytes, in lists or arrays.

        Raises:
            ValueError: for inputs nested otherwise or of other shapes, and for tokens that a layer refuses.
        """
        leaves = self.nesting.flatten(self._nested(inputs))
        found = {given.name: given.array(leaf) for given, leaf in zip(self.given, leaves, strict=True)}
        for placed in self.placed:
            found[placed.name] = placed.step(*(found[source] for source in placed.sources))
        return {name: found[name] for name in self.needed}

    def _nested(self, inputs: Any) -> Any:
        """Inputs by name, nested as the model has them."""
        if not isinstance(inputs, Mapping) or isinstance(self.nesting.tree, dict):
            return inputs
        names = [given.name for given in self.given]
        if set(inputs) != set(names):
            raise ValueError(
                f"the model's inputs are {', '.join(map(repr, names))}, not {', '.join(map(repr, inputs))}"
            )
        return self.nesting.pack([inputs[name] for name in names])

    def save(self, path: str | Path) -> Path:
        """Write the description as JSON; nothing is left behind when that fails."""
        from litesmith.runtime.saving import save_bytes

        return save_bytes(json.dumps(self.to_json(), ensure_ascii=False, indent=1).encode(), Path(path))

    def to_json(self) -> dict[str, Any]:
        """The description: inputs, steps with all that they know, and the names of the file's inputs."""
        given = [{"name": each.name, "dtype": each.dtype, "shape": list(each.shape)} for each in self.given]
        return {
            "format": FORMAT,
            "version": VERSION,
            "inputs": given,
            "nesting": self.nesting.to_json(),
            "steps": [placed.to_json() for placed in self.placed],
            "outputs": list(self.needed),
        }

    @staticmethod
    def from_json(data: Any) -> Preprocessing:
        """The inverse of `to_json`; NotPreprocessing for what is none."""
        try:
            if data["format"] != FORMAT or data["version"] != VERSION:
                raise NotPreprocessing(f"format {data['format']!r}, version {data['version']!r}")
            return Preprocessing(
                tuple(Given(each["name"], each["dtype"], tuple(each["shape"])) for each in data["inputs"]),
                Nesting.from_json(data["nesting"]),
                tuple(map(_placed, data["steps"])),
                tuple(data["outputs"]),
            )
        except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise NotPreprocessing(f"{type(error).__name__}: {error}") from error

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def steps(self) -> list[str]:
        """What stays in the app, in words."""
        return [placed.words() for placed in self.placed]

    def lines(self) -> Iterator[str]:
        """What stays in the app, a line for each step."""
        for placed in self.placed:
            sources = ", ".join(map(repr, placed.sources))
            sizes = ", ".join("?" if size is None else str(size) for size in placed.shape)
            yield f"{sources} -> {placed.words()}"
            yield f"  gives '{placed.name}', {placed.step.dtype}({sizes})"


def _placed(data: Mapping[str, Any]) -> Placed:
    step = step_from_json(data["step"])
    return Placed(data["name"], data["layer"], step, tuple(data["inputs"]), tuple(data["shape"]))


def load_preprocessing(path: str | Path) -> Preprocessing:
    """Read what `Preprocessing.save` wrote.

    Raises:
        LitesmithError: F1.. when there is no such file, or it holds something else.
    """
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.diagnostics.files import DamagedFile, FileNotFound
    from litesmith.frontends.open import reading

    path = Path(path)
    if not path.exists():
        raise LitesmithError(FileNotFound(str(path)))
    try:
        with reading(path):
            return Preprocessing.from_json(json.loads(path.read_bytes()))
    except ValueError as error:
        problem = f"it does not describe the preprocessing of a model ({error})"
        raise LitesmithError(DamagedFile(str(path), problem)) from error


__all__ = ["Given", "NotPreprocessing", "Placed", "Preprocessing", "load_preprocessing"]
