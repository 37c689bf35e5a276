"""What the installed Keras really says is recognised: its words change from version to version."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith


def small():
    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])


class Unknown(layers.Layer):
    def call(self, x):
        return x


def saved_unknown(folder):
    keras.Sequential([keras.Input((3,)), Unknown()]).save(folder / "unknown.keras")
    return keras.saving.load_model(folder / "unknown.keras")


def saved_lambda(folder):
    keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x)]).save(folder / "lambda.keras")
    return keras.saving.load_model(folder / "lambda.keras")


def wrong_architecture(folder):
    small().save_weights(folder / "small.weights.h5")
    return keras.saving.load_model(folder / "small.weights.h5")


MISTAKES = {
    "last-size-open": lambda folder: layers.Dense(4)(keras.Input((None,))),
    "save-format": lambda folder: small().save(folder / "saved", save_format="tf"),
    "extension-to-save": lambda folder: small().save(folder / "saved"),
    "export-needs-tensorflow": lambda folder: small().export(folder / "small.tflite", format="litert"),
    "file-not-found": lambda folder: keras.saving.load_model(folder / "nowhere.keras"),
    "format-not-supported": lambda folder: keras.saving.load_model(folder),
    "class-not-known": saved_unknown,
    "lambda-in-file": saved_lambda,
    "weights-only": wrong_architecture,
    "not-a-regularizer": lambda folder: layers.Dense(4, kernel_regularizer=3),
    "argument-of-recurrent": lambda folder: layers.LSTM(4, time_major=False),
    "argument-weights": lambda folder: layers.Dense(4, weights=[np.ones((2, 4))]),
    "never-called": lambda folder: keras.Sequential([layers.Dense(2)]).count_params(),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_keras_says_of_a_mistake_is_recognised(name, tmp_path):
    with pytest.raises((ValueError, TypeError)) as raised:
        MISTAKES[name](tmp_path)
    assert litesmith.explain(f"{type(raised.value).__name__}: {raised.value}").name == name
