"""One file for sequences of any length: tell a rising tone from a falling one.

The file is run on other lengths and batches than the model was trained on.

Run with `python examples/variable_length.py`. Takes a few seconds.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers

import litesmith


def tones(count, length, random):
    """Waves whose frequency rises (1) or falls (0): [count, length, 1], and which it is."""
    rises = random.integers(0, 2, count)
    time = np.linspace(0, 1, length)
    sweep = np.where(rises[:, None], time, 1 - time) * length / 12
    waves = np.sin(2 * np.pi * np.cumsum(sweep, axis=1) / length * 4) + random.normal(0, 0.1, (count, length))
    return waves.astype("float32")[..., None], rises


def main():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    model = keras.Sequential(
        [
            keras.Input((None, 1), name="sound"),  # None: any length
            layers.Conv1D(8, 5, padding="same", activation="relu"),
            layers.GRU(12),
            layers.Dense(1, activation="sigmoid", name="rising"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(*tones(512, 48, random), epochs=8, batch_size=64, verbose=0)

    lite = litesmith.convert(model)
    lite.save("tones.tflite")

    accuracies = {}
    for count, length in ((1, 48), (200, 48), (200, 60)):
        sounds, rises = tones(count, length, random)
        assert litesmith.verify(model, lite, data=sounds)
        accuracies[count, length] = float(np.mean((lite.run(sounds)[:, 0] > 0.5) == rises))
        print(f"{count} sounds of {length} samples: {accuracies[count, length]:.0%} right")
    return accuracies


if __name__ == "__main__":
    main()
