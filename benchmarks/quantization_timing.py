"""Milliseconds of two files in turn, one thread: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from latency import loaded, milliseconds
from quantization_jobs import Job, Result, serve

ROUNDS = 60


def make(job: Job) -> Result:
    """`ms` of the first of `files`, `other_ms` of the second, the median `ratio`, and that of `cpu`, which others do not disturb."""
    image = np.load(job["data"])["x"][:1]
    interpreters = [loaded(Path(file), image) for file in job["files"]]
    processors = [[processor_seconds(each) for each in interpreters] for _ in range(ROUNDS)]
    first, second, ratio = milliseconds(*interpreters)
    return {"ms": first, "other_ms": second, "ratio": ratio, "cpu": statistics.median(a / b for a, b in processors)}


def processor_seconds(interpreter: Interpreter) -> float:
    """What a call takes of the processor."""
    start = time.process_time()
    interpreter.invoke()
    return time.process_time() - start


if __name__ == "__main__":
    serve(make)
