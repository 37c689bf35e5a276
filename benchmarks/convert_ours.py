"""One conversion by Litesmith in a fresh process: `python convert_ours.py NAME model.keras out.tflite`; prints JSON."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "numpy")

import keras
import numpy as np

import litesmith
import models
from litesmith.frontends.keras.running import run_keras
from memory import PeakMemory

RUNS = 3
IMAGE = 224
"""Pixels to a side, for networks that take any."""


def main() -> None:
    name, source, target = sys.argv[1:]
    model = keras.models.load_model(source, custom_objects=models.custom_objects(), compile=False)
    weights = sum(int(np.prod(w.shape)) * 4 for w in model.weights)
    litesmith.convert(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))  # first use of everything
    with PeakMemory() as peak:
        start = time.perf_counter()
        lite = litesmith.convert(model, verify=False)
        seconds = [time.perf_counter() - start]
    lite.save(target)
    for _ in range(RUNS - 1):
        start = time.perf_counter()
        litesmith.convert(model, verify=False)
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    litesmith.convert(model, rtol=1e-3)
    verified = time.perf_counter() - start
    inputs = example(model, name)
    np.savez(Path(target).with_suffix(".npz"), x=inputs, y=np.asarray(run_keras(model, inputs)))
    print(
        json.dumps(
            {
                "seconds": statistics.median(seconds),
                "seconds_verified": verified,
                "peak": peak.bytes,
                "weights": weights,
                "operators": len(lite.graph.operations),
            }
        )
    )


def example(model: object, name: str) -> np.ndarray:
    """A seeded input of batch 1: pixels, tokens or a sequence."""
    random = np.random.default_rng(0)
    sizes = model.inputs[0].shape[1:]  # type: ignore[attr-defined]
    shape = (1, *(IMAGE if size is None else size for size in sizes))
    if name == "encoder":
        return random.integers(0, models.VOCABULARY, shape).astype("int32")
    if name in models.APPLICATIONS:
        return random.uniform(0, 255, shape).astype("float32")
    return random.standard_normal(shape).astype("float32")


if __name__ == "__main__":
    main()
