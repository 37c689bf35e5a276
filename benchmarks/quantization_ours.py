"""Files by Litesmith: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

import warnings
from pathlib import Path

import keras
import numpy as np

import litesmith
import models
from litesmith.diagnostics.base import FindingWarning
from quantization_jobs import Job, Result, serve, timed

WITHOUT_DATA = ("float32", "float16", "dynamic_int8")


def make(job: Job) -> Result:
    """Converts `net` in `mode` with the images `data` into `target`, or says whether they are fit (`check`); `codes`: what was found."""
    model = keras.models.load_model(job["net"], custom_objects=models.custom_objects(), compile=False)
    if job["mode"] == "check":
        with timed() as taken:
            report = litesmith.check_calibration(model, np.load(job["data"])["x"])
        return {**taken, "codes": sorted({finding.code for finding in report.findings}), "passed": bool(report)}
    images = None if job["mode"] in WITHOUT_DATA else np.load(job["data"])["x"]
    mode = None if job["mode"] == "float32" else job["mode"]
    with warnings.catch_warnings(record=True) as caught, timed() as taken:
        warnings.simplefilter("always")
        try:
            lite = litesmith.convert(model, quantize=mode, calibration=images, verify=False)
        except litesmith.LitesmithError as error:
            return {"error": str(error)[:300], "codes": sorted({finding.code for finding in error.diagnostics})}
    codes = sorted({w.message.finding.code for w in caught if isinstance(w.message, FindingWarning)})
    lite.save(Path(job["target"]))
    return {**taken, "bytes": len(bytes(lite)), "codes": codes}


if __name__ == "__main__":
    serve(make)
