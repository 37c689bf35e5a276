"""Loops of recurrent layers, written out for targets without loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras import layers

from litesmith.frontends.keras.repairs.rebuilding import layers_of, rebuilt, twin
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble

MOST_STEPS = 256
"""Each step is a copy of the cell's operators."""


class UnrolledLoops(Repair):
    """Recurrent layers whose number of steps is known, step by step (`unroll=True`)."""

    name = "unrolled_loops"
    order = 30

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        chosen = {
            path: steps for path, layer in layers_of(model) if trouble.concerns(path) and (steps := _steps(layer))
        }
        if not chosen:
            return

        def change(layer: Any, path: str) -> Any:
            return twin(layer, {"unroll": True}) if path in chosen else None

        said = ", ".join(f"the {steps} steps of {path}" for path, steps in chosen.items())
        yield Repaired(rebuilt(model, change), tuple(chosen), f"{said} written out (unroll=True)")


def _steps(layer: Any) -> int | None:
    """How many steps a loop has; None for other layers, and where that is open or much."""
    recurrent = layer.forward_layer if isinstance(layer, layers.Bidirectional) else layer
    if not isinstance(recurrent, layers.RNN) or recurrent.unroll:
        return None
    steps = layer.input.shape[1] if not isinstance(layer.input, (list, tuple)) else layer.input[0].shape[1]
    return steps if steps is not None and steps <= MOST_STEPS else None
