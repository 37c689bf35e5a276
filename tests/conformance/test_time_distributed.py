import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_layer


@pytest.mark.parametrize("length", [None, 4])
@pytest.mark.parametrize(("layer", "shape"), [
    (layers.Dense(3, activation="relu"), (5,)),
    (layers.Conv2D(2, 3), (6, 6, 1)),
    (layers.LSTM(4), (3, 2)),
    (layers.Flatten(), (3, 2)),
    (layers.BatchNormalization(), (3,)),
    (keras.Sequential([layers.Dense(4), layers.LayerNormalization()]), (3,)),
], ids=["dense", "convolution", "lstm", "flatten", "normalization", "model"])  # fmt: skip
def test_steps_are_further_examples(layer, shape, length):
    lite = check_layer(layers.TimeDistributed(layer), (length, *shape))
    assert builtins_of(lite).count("WHILE") == isinstance(layer, layers.LSTM)


def test_a_mask_goes_to_the_layer_step_by_step():
    x = keras.Input((3, 4, 2))
    model = keras.Model(x, layers.TimeDistributed(layers.LSTM(3))(layers.Masking()(x)))
    random = np.random.default_rng(0)
    values = random.standard_normal((2, 3, 4, 2)).astype("float32")
    check_converts(model, values * (random.random((2, 3, 4, 1)) > 0.4))


class OverTheBatch(layers.Layer):
    def call(self, x):
        return x / ops.max(ops.abs(x))

    def compute_output_shape(self, shape):
        return shape


@pytest.mark.parametrize("length", [None, 4])
@pytest.mark.parametrize("layer", [OverTheBatch(), layers.Lambda(lambda x: x - ops.mean(x)), layers.Softmax(axis=0)])
def test_a_layer_that_mixes_examples_runs_step_by_step(layer, length):
    # Lambda does not say its output's shape before it ran.
    x = keras.Input((length, 3))
    wrapped = layers.TimeDistributed(layer)
    model = keras.Model(x, wrapped(x)) if length else _Wrapping(wrapped)
    random = np.random.default_rng(0)
    arrays = [random.standard_normal((batch, length or 5, 3)).astype("float32") for batch in (1, 3)]
    convert = None if length else {"inputs": keras.InputSpec(shape=(None, None, 3))}
    lite = check_converts(model, *arrays, convert=convert)
    assert "WHILE" in builtins_of(lite)


class _Wrapping(keras.Model):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)
