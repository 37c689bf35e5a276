"""Trains nets with the roundings of fewer bits, on the Keras backend that is set: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

import keras
import numpy as np

import litesmith
from quantization_jobs import Job, Result, serve
from quantization_training import fit

STEP = 1e-3


def make(job: Job) -> Result:
    """Trains `net` for `epochs` as what `mode` makes of it, and converts it into `target`."""
    keras.utils.set_random_seed(0)
    data = np.load(job["digits"])
    model = litesmith.qat(keras.models.load_model(job["net"], compile=False), job["mode"])
    fit(model, data["xt"], data["yt"], job["epochs"], STEP)
    lite = litesmith.convert(model)
    lite.save(job["target"])
    return {"bytes": len(bytes(lite))}


if __name__ == "__main__":
    serve(make)
