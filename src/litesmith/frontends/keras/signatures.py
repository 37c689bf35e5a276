"""The ways to call a model that one file holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from litesmith.frontends.keras.face import model_inputs

DEFAULT = "serving_default"
"""The signature of a file with one way to call."""


@dataclass(frozen=True)
class Entry:
    """One way to call.

    Attributes:
        name: of the signature.
        model: the Keras layer that is called.
        inputs: nested as the layer takes them, `InputType` leaves.
    """

    name: str
    model: Any
    inputs: Any


class Method(keras.Layer):
    """A method of a layer, as a layer that takes a dictionary of the method's arguments."""

    def __init__(self, method: Callable[..., Any], name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.owner = getattr(method, "__self__", None)
        self.method = method
        self.fixed = {"training": False} if "training" in inspect.signature(method).parameters else {}
        self.built = True

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """What the method returns for arguments by name, in inference."""
        return self.method(**inputs, **self.fixed)

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> Iterator[Any]:
        """All layers but the owner, which nobody need have called to call the method."""
        return (layer for layer in super()._flatten_layers(include_self, recursive) if layer is not self.owner)

    def arguments(self, given: Any) -> dict[str, Any]:
        """What is given for the method's parameters, by name: one thing is for the first of them."""
        return (
            dict(given)
            if isinstance(given, Mapping)
            else {next(iter(inspect.signature(self.method).parameters)): given}
        )


def entries_of(
    model: Any, inputs: Any = None, batch: int | None = None, signatures: Mapping[str, Any] | None = None
) -> list[Entry]:
    """The model itself, or what `signatures` says: inputs of the model, or (layer or method, inputs of it), by name."""
    if signatures is None:
        return [Entry(DEFAULT, model, model_inputs(model, inputs, batch))]
    return [_entry(name, model, given, batch) for name, given in signatures.items()]


def _entry(name: str, model: Any, given: Any, batch: int | None) -> Entry:
    called, inputs = given if _is_call(given) else (given, None) if callable(given) else (model, given)
    if not isinstance(called, keras.Layer):
        called = Method(called, name)
        if inputs is None:
            raise ValueError(f"signatures: {name!r} needs the inputs of its method: (method, inputs)")
        inputs = called.arguments(inputs)
    return Entry(name, called, model_inputs(called, inputs, batch))


def _is_call(given: Any) -> bool:
    """Whether it is a pair of what is called and its inputs."""
    return isinstance(given, tuple) and len(given) == 2 and callable(given[0])
