"""The files of `tests/corpus`, and the classes that some of them need."""

from __future__ import annotations

import inspect
from pathlib import Path

import keras
import numpy as np
import pytest

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path for path in CORPUS.rglob("*") if path.suffix in (".h5", ".keras"))


class Scale(keras.layers.Layer):
    """The layer of `custom`."""

    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],))

    def call(self, inputs):
        return inputs * self.scale * self.factor


def twice(x):
    return x * 2


OWN = {"Scale": Scale, "twice": twice}


IGNORES_MASKS = "NumPy backend does not support masking" in inspect.getsource(keras.Layer)
"""Of older Kerases: what comes out of masked steps then differs from every other Keras."""


def skip_where_keras_ignores_masks(path: Path) -> None:
    if IGNORES_MASKS and path.stem in ("bidirectional", "cells"):
        pytest.skip("this Keras ignores masks on numpy")


def label(path: Path) -> str:
    return str(path.relative_to(CORPUS))


def expected(path: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Inputs, and what the old Keras made of them."""
    arrays = np.load(path.with_suffix(".npz"))
    return tuple([arrays[f"{kind}{at}"] for at in range(len(arrays)) if f"{kind}{at}" in arrays] for kind in "xy")


def close(actual, wanted, path: Path) -> None:
    """Within 1e-5 of the largest magnitude; 1e-3 where layers compute in float16, which backends round differently."""
    actual = keras.tree.flatten(actual)
    assert len(actual) == len(wanted)
    rtol = 1e-3 if path.stem == "half" else 1e-5
    for one, other in zip(actual, wanted, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(one), other, atol=rtol * max(1.0, np.abs(other).max()), rtol=0
        )
