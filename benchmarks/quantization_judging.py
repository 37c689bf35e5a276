"""What files compute in the LiteRT runtime beside what Keras computes: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from quantization_jobs import Job, Result, serve

Array = np.ndarray[Any, Any]


def make(job: Job) -> Result:
    """Of the logits of `file` on the images held out: `decibels` of signal above noise, `accuracy` and `cross_entropy`."""
    data, expected = np.load(job["digits"]), np.load(job["logits"])["logits"]
    found = logits(job["file"], data["xv"])
    agreement = float(np.mean(found.argmax(-1) == data["yv"]))
    own = {"accuracy": agreement, "cross_entropy": cross_entropy(found, data["yv"])}
    return {"decibels": decibels(expected, found), **own}


def cross_entropy(found: Array, labels: Array) -> float:
    """Of logits, in nats: what training lowers, which tells nets apart that differ in no image."""
    shifted = found.astype("float64") - found.max(-1, keepdims=True)
    right = np.take_along_axis(shifted, labels.astype(np.intp)[:, None], -1)[:, 0]
    return float(np.mean(np.log(np.exp(shifted).sum(-1)) - right))


def logits(path: str, images: Array) -> Array:
    """The first output as real numbers, in as many calls as the file's batch asks for; of integers by their scales."""
    interpreter = Interpreter(path, num_threads=1)
    (given,), made = interpreter.get_input_details(), interpreter.get_output_details()[0]
    size = 1 if given["shape_signature"][0] == 1 else len(images)
    interpreter.resize_tensor_input(given["index"], (size, *images.shape[1:]))
    interpreter.allocate_tensors()
    parts = []
    for start in range(0, len(images), size):
        interpreter.set_tensor(given["index"], as_stored(images[start : start + size], given))
        interpreter.invoke()
        parts.append(as_real(interpreter.get_tensor(made["index"]), made))
    return np.concatenate(parts)


def as_stored(real: Array, detail: dict[str, Any]) -> Array:
    """Numbers as a tensor of the file holds them."""
    dtype = np.dtype(detail["dtype"])
    if dtype.kind == "f":
        return real.astype(dtype)
    scale, zero_point = detail["quantization"]
    return np.clip(np.round(real / scale) + zero_point, np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)


def as_real(stored: Array, detail: dict[str, Any]) -> Array:
    """The numbers that a tensor of the file stands for."""
    if stored.dtype.kind == "f":
        return stored.copy()
    scale, zero_point = detail["quantization"]
    return scale * (stored.astype("float64") - zero_point)


def decibels(expected: Array, found: Array) -> float:
    """The power of what is expected over that of the differences."""
    noise = np.sum((expected.astype("float64") - found) ** 2)
    return float(10 * np.log10(np.sum(expected.astype("float64") ** 2) / max(noise, 1e-30)))


if __name__ == "__main__":
    serve(make)
