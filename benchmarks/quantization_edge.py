"""Files by ai-edge-quantizer with its own recipes, of float files: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe

from quantization_jobs import Job, Result, serve, timed

RECIPES = {
    "int8": recipe.static_wi8_ai8,
    "int16x8": recipe.static_wi8_ai16,
    "dynamic_int8": recipe.dynamic_wi8_afp32,
    "weights_int4": recipe.weight_only_wi4_afp32,
    "dynamic_int4": recipe.dynamic_wi4_afp32,
}


def make(job: Job) -> Result:
    """Quantizes the float file `source` in `mode` with the images `data` into `target`."""
    with timed() as taken:
        made = quantizer.Quantizer(job["source"])
        if job["mode"] == "float16":
            casting = quantizer.AlgorithmName.FLOAT_CASTING
            made.add_weight_only_config(
                ".*", quantizer.qtyping.TFLOperationName.ALL_SUPPORTED, 16, algorithm_key=casting
            )
        else:
            made.load_quantization_recipe(RECIPES[job["mode"]]())
        calibration = made.calibrate(samples(job)) if made.need_calibration else None
        content = made.quantize(calibration, enable_progress_report=False).quantized_model
    Path(job["target"]).write_bytes(content)
    return {**taken, "bytes": len(content)}


def samples(job: Job) -> dict[str, list[dict[str, Any]]]:
    """The images one by one, under the names of the file's signature and its input."""
    ((signature, names),) = Interpreter(job["source"]).get_signature_list().items()
    (name,) = names["inputs"]
    return {signature: [{name: image[None]} for image in np.load(job["data"])["x"]]}


if __name__ == "__main__":
    serve(make)
