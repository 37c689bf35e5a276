"""Milliseconds of a call in the LiteRT runtime, of two files in turn, so that both see the same machine."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

SECONDS = 2.0
ROUNDS = 15


def loaded(path: Path, inputs: np.ndarray[Any, Any], threads: int = 1) -> Interpreter:
    """An interpreter with its inputs set."""
    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    (detail,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(detail["index"], inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(detail["index"], inputs)
    interpreter.invoke()
    return interpreter


def output(interpreter: Interpreter) -> np.ndarray[Any, Any]:
    """The first output of the last call."""
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def milliseconds(first: Interpreter, second: Interpreter) -> tuple[float, float, float]:
    """(median of the first, median of the second, median ratio first / second), rounds in turn."""
    repeats = [max(1, int(SECONDS / ROUNDS / max(_timed(i, 1), 1e-6))) for i in (first, second)]
    times = [(_timed(first, repeats[0]), _timed(second, repeats[1])) for _ in range(ROUNDS)]
    medians = (statistics.median(a for a, _ in times), statistics.median(b for _, b in times))
    return 1e3 * medians[0], 1e3 * medians[1], statistics.median(a / b for a, b in times)


def _timed(interpreter: Interpreter, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        interpreter.invoke()
    return (time.perf_counter() - start) / repeats
