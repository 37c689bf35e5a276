"""Python code in layers, written as operations that a file can hold."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import keras

from litesmith.frontends.keras.repairs.rebuilding import layers_of, rebuilt
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble


class PythonCode(Repair):
    """What a Lambda or a layer class of one's own computes with Keras' operations, as these operations.

    Only layers without weights: the file then opens anywhere, without the code and without `safe_mode=False`. A layer
    that computes something else in training stays, or the model could not be trained as it was meant.
    """

    name = "python_code"
    order = 20

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        held = [path for path, layer in layers_of(model) if holds_code(layer) and _is_one_computation(layer)]
        for paths in ([held] if len(held) > 1 else []) + [[path] for path in held]:
            try:
                changed = rebuilt(model, lambda layer, path, chosen=paths: layer.call if path in chosen else None)  # type: ignore[misc]
            except Exception:  # what the user's code does no symbol can follow: the layer stays, as its class says
                continue
            named = ", ".join(paths)
            yield Repaired(changed, tuple(paths), f"the Python code of {named} became operations of Keras")


def _is_one_computation(layer: Any) -> bool:
    """Whether a layer computes the same of its inputs alone, in training and after it."""
    function = layer.function if isinstance(layer, keras.layers.Lambda) else layer.call
    return not layer.variables and "training" not in inspect.signature(function).parameters


def holds_code(layer: Any) -> bool:
    """Whether a layer's file would need Python code that Keras does not have."""
    return isinstance(layer, keras.layers.Lambda) or not type(layer).__module__.startswith("keras.")
