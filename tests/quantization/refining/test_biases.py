"""Without data, biases make up for rounded weights where normalizations say the means of what these read."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(0, 1, (64, 8, 8, 3)).astype("float32")


def network(activation):
    """A net whose normalizations know the images."""
    keras.utils.set_random_seed(0)
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(48, 3, padding="same", use_bias=False, name="first")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Activation(activation)(y)
    y = layers.Conv2D(32, 1, bias_initializer="ones", name="second")(y)
    model = keras.Model(x, y)
    before = keras.Model(x, model.get_layer("first").output)
    maps = np.asarray(before(IMAGES))
    norm = model.get_layer("norm")
    gamma, beta = RANDOM.uniform(0.5, 1.5, 48), RANDOM.uniform(-1, 2, 48)
    norm.set_weights([gamma, beta, maps.mean((0, 1, 2)), maps.var((0, 1, 2))])
    return litesmith.convert(model, verify=False)


def quantized(real, mode):
    recipe = litesmith.Recipe("float32").use(mode, "second")
    return litesmith.quantize(real, recipe, calibration="synthetic", ignore=("Q102", "Q121"))


@pytest.mark.parametrize("mode", ["weights_int4", "weights_int8"])
@pytest.mark.parametrize("activation", ["relu", "relu6", "linear"])
def test_means_of_results_are_those_of_the_real_model(mode, activation):
    real = network(activation)
    exact = real.run(IMAGES)
    plain = litesmith.quantize(real, litesmith.Recipe("float32").use(mode, "second")).run(IMAGES)
    corrected = quantized(real, mode).run(IMAGES)
    shifts = [np.abs((each - exact).mean((0, 1, 2))).mean() for each in (plain, corrected)]
    assert shifts[1] < shifts[0] / 2


def test_what_normalizations_do_not_say_changes_nothing():
    real = network("swish")
    biases = [
        [each for each in model.graph.operations if each.operator.builtin == "CONV_2D"][-1].operands[2].constant.array()
        for model in (real, quantized(real, "weights_int4"))
    ]
    np.testing.assert_array_equal(*biases)
