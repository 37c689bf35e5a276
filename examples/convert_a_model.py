"""Train a small classifier on real digits, convert it, compare the two, and run the file.

Run with `python examples/convert_a_model.py`. Takes a few seconds.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

import litesmith


def main():
    keras.utils.set_random_seed(0)
    data = load_digits()
    images = (data.images / 16).astype("float32")[..., None]
    train, test = slice(None, 1400), slice(1400, None)

    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(images[train], data.target[train], epochs=5, batch_size=64, verbose=0)

    lite = litesmith.convert(model)  # raises if the file does not compute what Keras computes
    print(lite.summary())
    print(litesmith.verify(model, lite, data=images[test]))  # the same on your own data

    lite.save("digits.tflite")
    lite = litesmith.load("digits.tflite")
    probabilities = lite.run(images[test])  # any batch
    accuracy = float(np.mean(np.argmax(probabilities, axis=-1) == data.target[test]))
    print(f"accuracy of digits.tflite on {len(probabilities)} images: {accuracy:.1%}")
    return accuracy


if __name__ == "__main__":
    main()
