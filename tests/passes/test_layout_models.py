"""Real channels_first models: how many transposes are left of two around every layer."""

import keras
import numpy as np
import pytest
from keras import layers

from support import builtins_of, check_converts

FIRST = "channels_first"


def conv(x, filters, size=3, stride=1, activation="relu"):
    x = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False, data_format=FIRST)(x)
    x = layers.BatchNormalization(axis=1)(x)
    return layers.Activation(activation)(x) if activation else x


def residual(x, filters, stride=1):
    shortcut = x if stride == 1 else conv(x, filters, 1, stride, None)
    return layers.ReLU()(layers.Add()([conv(conv(x, filters, stride=stride), filters, activation=None), shortcut]))


def resnet(x):
    x = layers.ZeroPadding2D(1, data_format=FIRST)(x)
    x = layers.MaxPooling2D(2, data_format=FIRST)(conv(x, 8))
    for filters, stride in ((8, 1), (16, 2), (16, 1), (24, 2)):
        x = residual(x, filters, stride)
    return layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D(data_format=FIRST)(x))


def mobile(x):
    x = conv(x, 8, activation="silu")
    gate = layers.GlobalAveragePooling2D(data_format=FIRST, keepdims=True)(x)
    gate = layers.Conv2D(8, 1, activation="sigmoid", data_format=FIRST)(
        layers.Conv2D(2, 1, activation="relu", data_format=FIRST)(gate)
    )
    x = layers.DepthwiseConv2D(3, padding="same", data_format=FIRST)(layers.Multiply()([x, gate]))
    return layers.AveragePooling2D(2, data_format=FIRST)(layers.LeakyReLU()(x))


def unet(x):
    down = conv(x, 4)
    middle = conv(layers.MaxPooling2D(2, data_format=FIRST)(down), 8)
    up = layers.UpSampling2D(2, data_format=FIRST)(middle)
    x = conv(layers.Concatenate(axis=1)([down, up]), 4)
    return layers.Conv2D(2, 1, activation="sigmoid", data_format=FIRST)(x)


def randomised(model):
    random = np.random.default_rng(0)
    model.set_weights([np.abs(random.normal(0.3, 0.3, w.shape)) + 0.05 for w in model.get_weights()])
    return model


@pytest.mark.parametrize(("body", "left"), [(resnet, 1), (mobile, 2), (unet, 2)])
def test_a_transpose_at_either_end_is_left(body, left):
    x = keras.Input((3, 16, 16))
    lite = check_converts(randomised(keras.Model(x, body(x))))
    operators = builtins_of(lite)
    assert operators.count("TRANSPOSE") <= left
    assert not {"MUL", "ADD"} & set(operators) or body is not unet


def test_both_layouts_give_the_same_operators_between_the_ends():
    counts = []
    for layout in (FIRST, "channels_last"):
        x = keras.Input((3, 16, 16) if layout == FIRST else (16, 16, 3))
        y = x
        for filters in (4, 8):
            y = layers.Conv2D(filters, 3, data_format=layout)(y)
            y = layers.BatchNormalization(axis=1 if layout == FIRST else -1)(y)
            y = layers.ReLU()(y)
        lite = check_converts(keras.Model(x, layers.GlobalMaxPooling2D(data_format=layout)(y)))
        counts.append([name for name in builtins_of(lite) if name != "TRANSPOSE"])
    assert counts[0] == counts[1]
