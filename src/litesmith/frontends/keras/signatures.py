"""The ways to call a model that one file holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


def entries_of(model: Any, inputs: Any = None, batch: int | None = None) -> list[Entry]:
    """The model itself."""
    return [Entry(DEFAULT, model, model_inputs(model, inputs, batch))]
