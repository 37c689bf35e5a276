"""Activations that a target lacks, replaced by nearby ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litesmith.frontends.keras.repairs.rebuilding import layers_of, rebuilt, twin
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble

NEARBY = {
    "gelu": ("silu", "hard_silu", "relu"),
    "silu": ("hard_silu", "relu"),
    "mish": ("silu", "hard_silu", "relu"),
    "hard_silu": ("relu6", "relu"),
    "softplus": ("relu",),
    "elu": ("leaky_relu", "relu"),
    "celu": ("elu", "relu"),
    "selu": ("elu", "relu"),
    "leaky_relu": ("relu",),
    "softsign": ("tanh",),
    "squareplus": ("relu",),
    "sparse_plus": ("relu",),
    "log_sigmoid": ("sigmoid",),
    "sigmoid": ("hard_sigmoid",),
    "tanh": ("hard_tanh",),
    "sparsemax": ("softmax",),
    "sparse_sigmoid": ("hard_sigmoid", "sigmoid"),
}
"""By the name that Keras has for each; what is nearest first."""


class SimplerActivations(Repair):
    """One kind of activation in all layers that it holds up, by the nearest that the target has."""

    name = "simpler_activations"
    exact = False
    order = 60

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        concerned = {path: layer for path, layer in layers_of(model) if trouble.concerns(path)}
        kinds = {path: kind for path, layer in concerned.items() if (kind := _activation(layer)) in NEARBY}
        for kind in dict.fromkeys(kinds.values()):
            chosen = tuple(path for path, own in kinds.items() if own == kind)
            for nearby in NEARBY[kind]:

                def change(layer: Any, path: str, chosen: tuple[str, ...] = chosen, nearby: str = nearby) -> Any:
                    return twin(layer, {"activation": nearby}) if path in chosen else None

                done = f"{kind} of {', '.join(chosen)} replaced by {nearby}"
                yield Repaired(rebuilt(model, change), chosen, done)


def _activation(layer: Any) -> str:
    """What Keras calls a layer's activation."""
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", "")
