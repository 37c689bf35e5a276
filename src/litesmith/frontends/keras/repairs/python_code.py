"""Python code in layers, written as operations that a file can hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from litesmith.frontends.keras.repairs.rebuilding import layers_of, rebuilt
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble


class PythonCode(Repair):
    """What a Lambda or a layer class of one's own computes with Keras' operations, as these operations.

    Only layers without weights: the file then opens anywhere, without the code and without `safe_mode=False`.
    """

    name = "python_code"
    order = 20

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        held = [path for path, layer in layers_of(model) if holds_code(layer) and not layer.variables]
        for paths in ([held] if len(held) > 1 else []) + [[path] for path in held]:
            try:
                changed = rebuilt(model, lambda layer, path, chosen=paths: layer.call if path in chosen else None)  # type: ignore[misc]
            except Exception:
                continue
            named = ", ".join(paths)
            yield Repaired(changed, tuple(paths), f"the Python code of {named} became operations of Keras")


def holds_code(layer: Any) -> bool:
    """Whether a layer's file would need Python code that Keras does not have."""
    return isinstance(layer, keras.layers.Lambda) or not type(layer).__module__.startswith("keras.")
