"""The arena beside what tflite-micro's recording allocator said of the same files (0.dev20261023, 64 bits)."""

import keras
import pytest
from keras import layers

from litesmith.frontends.keras.importing import import_model
from litesmith.memory.plan import Sizes
from litesmith.memory.tflm import plan
from litesmith.memory.tflm_kernels import kept
from litesmith.passes.pipeline import optimize


def dense():
    inputs = keras.Input((64,), batch_size=1)
    return keras.Model(inputs, layers.Dense(4)(layers.Dense(32, activation="relu")(inputs)))


def convolutions():
    x = inputs = keras.Input((32, 32, 3), batch_size=1)
    for filters in (8, 16, 32):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def branches():
    inputs = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(8, 3, padding="same")(inputs)
    for filters in (8, 16, 32):
        x = layers.SeparableConv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Add()([x, layers.Conv2D(filters, 1)(x)])
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


MEASURED = {dense: (384, 1168), convolutions: (20480, 2432), branches: (45056, 5424)}
"""Bytes of the head, where values lie, and of the tail, which the interpreter and its kernels keep."""


def graph_of(model):
    imported = import_model(model()).model
    optimize(imported)
    return imported.main


@pytest.mark.parametrize("model", MEASURED)
def test_values_lie_where_tflm_puts_them(model):
    assert plan(graph_of(model), Sizes()).bytes == MEASURED[model][0]


@pytest.mark.parametrize("model", MEASURED)
def test_what_is_kept_is_known_within_a_tenth(model):
    assert kept(graph_of(model), Sizes()) == pytest.approx(MEASURED[model][1], rel=0.1)
