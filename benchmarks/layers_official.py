"""A layer by TensorFlow's converter: `python layers_official.py NAME OPEN|FIXED BUILTINS|SELECT out.tflite x.npy`.

Prints JSON: the milliseconds of a call in TensorFlow's interpreter, which holds its Select operators.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

from layer_models import LAYERS

ROUNDS = 15
SECONDS = 2.0


def main() -> None:
    name, sizes, operators, target, example = sys.argv[1:]
    is_fixed = sizes == "FIXED"
    model = LAYERS[name].build(batch=1 if is_fixed else None, fixed=is_fixed)
    weights = np.load(Path(example).with_suffix(".weights.npz"))
    model.set_weights([weights[key] for key in weights])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if operators == "SELECT":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
        converter._experimental_lower_tensor_list_ops = False
    Path(target).write_bytes(converter.convert())
    print(json.dumps({"ms": milliseconds(target, np.load(example))}))


def milliseconds(path: str, x: np.ndarray) -> float:
    """The median of a call on one thread."""
    interpreter = tf.lite.Interpreter(model_path=path, num_threads=1)
    (detail,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(detail["index"], x)
    start = time.perf_counter()
    interpreter.invoke()
    repeats = max(1, int(SECONDS / ROUNDS / (time.perf_counter() - start)))
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(repeats):
            interpreter.invoke()
        times.append((time.perf_counter() - start) / repeats)
    return 1e3 * statistics.median(times)


if __name__ == "__main__":
    main()
