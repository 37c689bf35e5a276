"""Train a CNN and an LSTM on real handwritten digits, convert both, and compare their accuracy.

Run with `make demo`, or `python examples/digits.py [folder]`. Takes about a minute.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import litesmith


def digits():
    """1,797 images of 8 x 8 pixels, scaled to 0..1, and their digits; a fifth of them held out."""
    data = load_digits()
    images = (data.images / 16.0).astype("float32")[..., None]
    return train_test_split(images, data.target, test_size=0.2, random_state=0, stratify=data.target)


def cnn():
    """Convolutions with batch normalization, as most small vision models have them."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="cnn",
    )


def lstm():
    """Reads the image row by row; neither the batch nor the number of rows is fixed."""
    return keras.Sequential(
        [
            keras.Input((None, 8), name="rows"),
            layers.LSTM(48, return_sequences=True),
            layers.LSTM(32),
            layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="lstm",
    )


def accuracy(probabilities, labels):
    """The share of images whose most probable digit is the right one."""
    return float(np.mean(np.argmax(probabilities, axis=-1) == labels))


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out")
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(7)
    train_images, test_images, train_labels, test_labels = digits()
    console = Console()
    table = Table("model", "converted in", "bytes", "verified", "accuracy in Keras", "in LiteRT", "largest difference")
    same = True
    for model, shape, epochs in ((cnn(), (8, 8, 1), 25), (lstm(), (8, 8), 25)):
        console.print(f"training the {model.name} on {len(train_labels)} digits ...")
        model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
        model.fit(train_images.reshape(-1, *shape), train_labels, epochs=epochs, batch_size=64, verbose=0)
        path = folder / f"{model.name}.keras"
        model.save(path)

        start = time.perf_counter()
        lite = litesmith.convert(path, verify=False)
        converted = time.perf_counter() - start
        report = litesmith.verify(model, lite)
        saved = lite.save(folder / f"{model.name}.tflite")

        inputs = test_images.reshape(-1, *shape)
        before, after = model.predict(inputs, verbose=0), lite.run(inputs)
        scores = accuracy(before, test_labels), accuracy(after, test_labels)
        same = same and report.passed and scores[0] == scores[1]
        table.add_row(
            model.name,
            f"{converted:.2f} s",
            f"{saved.stat().st_size:,}",
            "yes" if report.passed else "NO",
            f"{scores[0]:.2%}",
            f"{scores[1]:.2%}",
            f"{np.max(np.abs(before - after)):.1e}",
        )
    console.print(table)
    console.print(f"Accuracy on {len(test_labels)} digits that were held out. The files are in {folder}/.")
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
