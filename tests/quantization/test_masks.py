"""Attention that leaves positions out computes with integers, however far its scores reach."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith

LENGTH, WIDTH = 6, 8


def attention(name):
    x = keras.Input((LENGTH, WIDTH))
    mask = keras.Input((LENGTH,), dtype="bool")
    if name == "scores less 1e9":
        return keras.Model([x, mask], layers.Attention()([x, x], mask=[None, mask]))
    if name == "scores and a mask, causal":
        return keras.Model([x, mask], layers.Attention()([x, x], mask=[None, mask], use_causal_mask=True))
    heads = layers.MultiHeadAttention(2, 4)
    if name == "heads, causal":
        return keras.Model(
            [x, mask], heads(x, x, use_causal_mask=True) + 0.0 * keras.ops.cast(mask, "float32")[..., None]
        )
    return keras.Model([x, mask], heads(x, x, attention_mask=mask[:, None, :]))


@pytest.mark.filterwarnings("ignore::litesmith.diagnostics.base.FindingWarning")
@pytest.mark.parametrize("reach", [1, 4])
@pytest.mark.parametrize(("mode", "least"), [("int8", 22), ("int16x8", 30)])
@pytest.mark.parametrize(
    "name", ["scores less 1e9", "scores and a mask, causal", "heads", "heads, causal"], ids=lambda name: name
)
def test_what_is_left_out_stays_out(name, mode, least, reach):
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(2)
    x = (reach * rng.standard_normal((32, LENGTH, WIDTH))).astype("float32")
    data = [x, np.arange(LENGTH) < rng.integers(1, LENGTH + 1, (32, 1))]
    real = litesmith.convert(attention(name), verify=False)
    integer = litesmith.quantize(real, mode, data)
    signal = real.run(data)
    noise = integer.run(data) - signal
    assert 10 * np.log10(np.sum(signal**2) / np.sum(noise**2)) > least
