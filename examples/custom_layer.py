"""Layers of your own: made of `keras.ops`, and written with another framework, here numpy.

Run with `python examples/custom_layer.py`. Takes a few seconds.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from keras import layers, ops

import litesmith
from litesmith.ops import math, special


class GatedDense(layers.Layer):
    """Made of Keras layers and `keras.ops`: converts as it is."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.value = layers.Dense(units)
        self.gate = layers.Dense(units)

    def call(self, x):
        return self.value(x) * ops.sigmoid(self.gate(x))


class Companding(layers.Layer):
    """Written with numpy, which does not take the symbolic tensors of a conversion."""

    def __init__(self, mu=255.0, **kwargs):
        super().__init__(**kwargs)
        self.mu = mu

    def call(self, x):
        return np.sign(x) * np.log1p(self.mu * np.abs(x)) / np.log1p(self.mu)

    def compute_output_shape(self, shape):
        return shape


def what_is_found(model):
    """The findings of a conversion, as text."""
    try:
        litesmith.convert(model)
    except litesmith.LitesmithError as error:
        return str(error)
    return "nothing"


def main():
    keras.utils.set_random_seed(0)
    sound = keras.Input((16,), name="sound")
    model = keras.Model(sound, GatedDense(4, name="gated")(Companding(name="companding")(sound)))

    before = what_is_found(model)
    print(before, "\n")

    @litesmith.lowers(Companding)
    def companding(layer, x):
        """The same in operators of LiteRT; `x` is a value of the graph."""
        grown = special.log1p(math.multiply(math.absolute(x), layer.mu))
        return math.multiply(math.sign(x), math.divide(grown, float(np.log1p(layer.mu))))

    lite = litesmith.convert(model)  # compares the file with the layer's own call
    print(lite.summary())
    sounds = np.random.default_rng(0).uniform(-1, 1, (3, 16)).astype("float32")
    report = litesmith.verify(model, lite, data=sounds)
    print(report)
    return before, report


if __name__ == "__main__":
    main()
