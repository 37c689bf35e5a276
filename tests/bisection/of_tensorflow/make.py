"""Makes `model.keras` and `model.tflite`, by TensorFlow's own converter: `python make.py`, where TensorFlow 2.21 is.

Fused layers, a model inside that is used twice, and inputs and outputs that the converter puts in another order.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf
from keras import layers

FOLDER = Path(__file__).parent


def model():
    keras.utils.set_random_seed(5)
    inner = keras.Input((6, 6, 4))
    y = layers.Conv2D(4, 3, padding="same", activation="gelu", name="wide")(inner)
    block = keras.Model(inner, layers.LayerNormalization(name="centred")(y), name="block")
    picture, factors, shifts = (
        keras.Input((8, 8, 3), name="picture"),
        keras.Input((4,), name="factors"),
        keras.Input((4,), name="a_shift"),
    )
    x = layers.Conv2D(4, 3, use_bias=False, name="features")(picture)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    x = layers.GlobalAveragePooling2D(name="pool")(block(block(x) + 1.0))
    x = layers.Dense(4, name="join")(layers.Multiply(name="times")([x, factors]))
    kind = layers.Dense(3, activation="softmax", name="kind")(layers.Add(name="plus")([x, shifts]))
    place = layers.Dense(3, name="place")(layers.Dense(5, activation="tanh", name="hidden")(x) * 2.0)
    return keras.Model([picture, factors, shifts], [kind, place, x], name="mixed")


if __name__ == "__main__":
    made = model()
    made.save(FOLDER / "model.keras")
    (FOLDER / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(made).convert())
