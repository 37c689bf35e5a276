"""Rounds nets to fewer bits and trains them so, on the Keras backend that is set: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

import litesmith
from quantization_jobs import Job, Result, serve
from quantization_training import fit

STEP = 1e-4
"""What Adam begins with."""


def make(job: Job) -> Result:
    """Files of `net` in `mode` into `targets`: of the nearest integers, or of those that the calibration images say and
    those of training; for `int8` how close the file comes to what was simulated.
    """
    warnings.simplefilter("ignore")
    keras.utils.set_random_seed(0)
    model = keras.models.load_model(job["net"], compile=False)
    images = np.load(job["data"])["x"]
    if job["way"] == "int8":
        return within_one_step(litesmith.qat(model, "int8", calibration=images), np.load(job["digits"])["xv"])
    if job["way"] == "rounded":
        return kept(litesmith.convert(model, quantize=job["mode"], verify=False), job["targets"]["rounded"])
    simulated = litesmith.qat(model, job["mode"], calibration=images)
    kept(litesmith.convert(simulated), job["targets"]["refined"])
    data = np.load(job["digits"])
    fit(simulated, data["xt"], data["yt"], job["epochs"], STEP)
    return kept(litesmith.convert(simulated), job["targets"]["trained"])


def kept(lite: litesmith.LiteModel, target: str) -> Result:
    """Saves a file."""
    lite.save(target)
    return {"bytes": len(bytes(lite))}


def within_one_step(model: Any, images: Any) -> Result:
    """The share of outputs on which the file and the simulation are one step apart at most, in which all are `exact`."""
    lite = litesmith.convert(model)
    (step,) = lite.graph.outputs[0].producer.operands[0].type.quantization.scales
    apart = np.rint(np.abs(lite.run(images) - model.predict(images, verbose=0)) / step)
    return {"within": float(np.mean(apart <= 1)), "exact": float(np.mean(apart == 0))}


if __name__ == "__main__":
    serve(make)
