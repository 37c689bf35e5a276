"""Files by TensorFlow's converter, each mode as its documentation writes it: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import models
from quantization_jobs import Job, Result, serve, timed


def make(job: Job) -> Result:
    """Converts `net` in `mode` with the images `data` into `target`; a recurrent one for a batch of 1, as it needs."""
    model = keras.models.load_model(job["net"], custom_objects=models.custom_objects(), compile=False)
    if job.get("batch"):
        fixed = keras.Input(batch_shape=(job["batch"], *model.inputs[0].shape[1:]))
        model = keras.Model(fixed, model(fixed))
    with timed() as taken:
        content = converter(model, job["mode"], job.get("data")).convert()
    Path(job["target"]).write_bytes(content)
    return {**taken, "bytes": len(content)}


def converter(model: Any, mode: str, data: str | None) -> Any:
    """A converter whose options are those of a mode."""
    made = tf.lite.TFLiteConverter.from_keras_model(model)
    if mode == "float32":
        return made
    made.optimizations = [tf.lite.Optimize.DEFAULT]
    if mode == "float16":
        made.target_spec.supported_types = [tf.float16]
    if mode in ("int8", "int16x8"):
        images = np.load(str(data))["x"]

        def dataset() -> Iterator[list[Any]]:
            for image in images:
                yield [image[None]]

        made.representative_dataset = dataset
    if mode == "int16x8":
        sets = tf.lite.OpsSet
        made.target_spec.supported_ops = [
            sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            sets.TFLITE_BUILTINS,
        ]
    return made


if __name__ == "__main__":
    serve(make)
