"""What is left of a Keras model's layers after all passes."""

import keras
import numpy as np
import pytest
from keras import layers

from support import builtins_of, check_converts


def randomized(model):
    """The model with batch statistics and biases as after training."""
    random = np.random.default_rng(0)
    for variable in model.variables:
        if variable.name in ("moving_variance", "gamma"):
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
        elif variable.name in ("moving_mean", "beta", "bias"):
            variable.assign(random.normal(size=variable.shape) * 0.3)
    return model


def operators(shape, *stack):
    return builtins_of(check_converts(randomized(keras.Sequential([keras.Input(shape), *stack]))))


CONVOLUTIONS = {
    "CONV_2D": lambda: layers.Conv2D(4, 3, padding="same"),
    "DEPTHWISE_CONV_2D": lambda: layers.DepthwiseConv2D(3, use_bias=False),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_batch_normalization_and_activation_disappear(name, activation):
    stack = CONVOLUTIONS[name](), layers.BatchNormalization(), layers.Activation(activation)
    assert operators((8, 8, 3), *stack) == [name]


def test_batch_normalization_disappears_behind_a_1d_convolution():
    found = operators((16, 3), layers.Conv1D(4, 3), layers.BatchNormalization(), layers.ReLU())
    assert found == ["RESHAPE", "CONV_2D", "RESHAPE"]


@pytest.mark.parametrize("before", [True, False])
def test_batch_normalization_disappears_beside_a_dense_layer(before):
    stack = [layers.Dense(4, use_bias=False), layers.BatchNormalization()]
    assert operators((6,), *(stack[::-1] if before else stack)) == ["FULLY_CONNECTED"]


def test_rescaling_in_front_of_a_padded_convolution_leaves_the_shift():
    stack = layers.Rescaling(1 / 127.5, -1.0), layers.Conv2D(4, 3, padding="same")
    assert operators((8, 8, 3), *stack) == ["ADD", "CONV_2D"]


def test_rescaling_without_a_shift_disappears():
    stack = layers.Rescaling(1 / 255), layers.ZeroPadding2D(1), layers.Conv2D(4, 3)
    assert operators((8, 8, 3), *stack) == ["CONV_2D"]


@pytest.mark.parametrize(("size", "padding"), [(8, ((0, 1), (0, 1))), (9, ((1, 1), (1, 1)))])
def test_padding_as_in_keras_applications_disappears(size, padding):
    stack = layers.ZeroPadding2D(padding), layers.DepthwiseConv2D(3, strides=2)
    assert operators((size, size, 3), *stack) == ["DEPTHWISE_CONV_2D"]


def test_mobilenet_has_only_its_convolutions():
    model = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, weights=None, classes=10)
    image = np.random.default_rng(1).uniform(-1, 1, (1, 96, 96, 3)).astype(np.float32)
    lite = check_converts(randomized(model), image)
    counts = {name: builtins_of(lite).count(name) for name in builtins_of(lite)}
    assert counts == {
        "CONV_2D": 35,
        "DEPTHWISE_CONV_2D": 17,
        "ADD": 10,
        "MEAN": 1,
        "FULLY_CONNECTED": 1,
        "SOFTMAX": 1,
    }
