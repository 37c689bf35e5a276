"""Layer normalization by statistics that are measured beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers, tree

from litesmith.frontends.keras.repairs.rebuilding import functional_of, layers_of, rebuilt
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble
from litesmith.frontends.keras.running import run_keras


class FixedNormalizations(Repair):
    """A LayerNormalization over the last axis as BatchNormalization, with means and variances of the caller's data.

    Targets that compute with integers have no square roots of what they are given; a fixed scale and shift goes
    into the layer in front. Only where the caller gives data.
    """

    name = "fixed_normalizations"
    exact = False
    order = 70

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        if trouble.data is None:
            return
        functional = functional_of(model)
        found = {
            path: layer
            for path, layer in layers_of(functional)
            if isinstance(layer, layers.LayerNormalization) and trouble.concerns(path) and _is_of_channels(layer)
        }
        own = {path: layer for path, layer in found.items() if any(layer is each for each in functional.layers)}
        if not own:
            return
        seen = keras.Model(functional.inputs, [layer.input for layer in own.values()])
        inputs = tree.flatten(trouble.data)
        values = tree.flatten(run_keras(seen, inputs if len(inputs) > 1 else inputs[0]))
        known = dict(zip(own, values, strict=True))

        def change(layer: Any, path: str) -> Any:
            return _Fixed(layer, known[path]) if path in known else None

        done = f"{', '.join(own)} with means and variances of the data given, in place of each sample's own"
        yield Repaired(rebuilt(functional, change), tuple(own), done)


def _is_of_channels(layer: Any) -> bool:
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    return list(axes) in ([-1], [len(layer.input.shape) - 1])


class _Fixed:
    """A BatchNormalization that scales as a LayerNormalization does on average."""

    def __init__(self, layer: Any, values: np.ndarray[Any, Any]) -> None:
        self._layer = layer
        rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
        self._mean = np.full(values.shape[-1], rows.mean())
        self._variance = np.full(values.shape[-1], rows.var(axis=1).mean())

    def __call__(self, x: Any) -> Any:
        layer = self._layer
        fixed = layers.BatchNormalization(
            epsilon=layer.epsilon, center=layer.center, scale=layer.scale, name=layer.name, dtype=layer.dtype_policy
        )
        outputs = fixed(x)
        if layer.scale:
            fixed.gamma.assign(layer.gamma)
        if layer.center:
            fixed.beta.assign(layer.beta)
        fixed.moving_mean.assign(self._mean)
        fixed.moving_variance.assign(self._variance)
        return outputs
