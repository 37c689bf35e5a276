"""One conversion by TensorFlow's converter in a fresh process; same arguments and output as `convert_ours.py`."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import tensorflow as tf

import models
from memory import PeakMemory

RUNS = 3


def main() -> None:
    name, source, target = sys.argv[1:]
    model = keras.models.load_model(source, custom_objects=models.custom_objects(), compile=False)
    if name == "LSTM":
        # It has no builtin form for an LSTM of dynamic batch: give it the batch.
        static = models.lstm(batch=1)
        static.set_weights(model.get_weights())
        model = static
    convert(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))  # first use of everything
    with PeakMemory() as peak:
        start = time.perf_counter()
        content = convert(model)
        seconds = [time.perf_counter() - start]
    Path(target).write_bytes(content)
    for _ in range(RUNS - 1 if seconds[0] < 15 else 0):
        start = time.perf_counter()
        convert(model)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(seconds), "peak": peak.bytes}))


def convert(model: object) -> bytes:
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()


if __name__ == "__main__":
    main()
