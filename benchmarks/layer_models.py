"""Single layers whose form is a choice of the converter: recurrent ones, 3-D convolution, attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

UNITS = 64


@dataclass(frozen=True)
class LayerModel:
    """A model of one layer.

    Attributes:
        shape: of its input without the batch, None for sizes that stay open.
        example: the sizes it is measured at, without the batch.
        forms: of recurrent layers, that `rnn=` makes.
    """

    shape: tuple[int | None, ...]
    example: tuple[int, ...]
    layer: Callable[[], Callable[[Any], Any]]
    forms: tuple[str, ...] = ("while",)

    def build(self, batch: int | None = None, fixed: bool = False) -> Any:
        """The model with seeded weights, its sizes open or those of the example."""
        keras.utils.set_random_seed(1)
        sizes = self.example if fixed else self.shape
        inputs = keras.Input(batch_shape=(batch, *sizes), name="x")
        return keras.Model(inputs, self.layer()(inputs))


def attention() -> Callable[[Any], Any]:
    layer = layers.MultiHeadAttention(4, 16)
    return lambda x: layer(x, x, use_causal_mask=True)


def two_lstms(steps: int, units: int) -> LayerModel:
    """A classifier of sequences: all steps of one LSTM, the last of another, and a dense layer."""

    def stacked() -> Callable[[Any], Any]:
        parts = (layers.LSTM(units, return_sequences=True), layers.LSTM(units), layers.Dense(10))
        return lambda x: parts[2](parts[1](parts[0](x)))

    return LayerModel((None, 32), (steps, 32), stacked, ("while", "fused", "unroll"))


RECURRENT = ((None, 32), (100, 32))
LAYERS = {
    "LSTM(64) on 100 x 32": LayerModel(*RECURRENT, lambda: layers.LSTM(UNITS), ("while", "fused", "unroll")),
    "GRU(64) on 100 x 32": LayerModel(*RECURRENT, lambda: layers.GRU(UNITS), ("while", "unroll")),
    "Bidirectional LSTM(64) on 100 x 32": LayerModel(
        *RECURRENT, lambda: layers.Bidirectional(layers.LSTM(UNITS)), ("while", "fused", "unroll")
    ),
    **{
        f"2 LSTM({units}) and Dense on {steps} x 32": two_lstms(steps, units)
        for units in (32, 128)
        for steps in (20, 100)
    },
    "Conv3D(32, 3) on 16 x 32 x 32 x 16": LayerModel(
        (16, 32, 32, 16), (16, 32, 32, 16), lambda: layers.Conv3D(32, 3, padding="same")
    ),
    "MaxPooling3D on 16 x 32 x 32 x 16": LayerModel((16, 32, 32, 16), (16, 32, 32, 16), lambda: layers.MaxPooling3D()),
    "causal attention, 4 heads on 128 x 64": LayerModel((None, 64), (128, 64), attention),
}
