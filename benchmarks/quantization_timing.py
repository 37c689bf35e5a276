"""Milliseconds of two files in turn, one thread: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from latency import loaded, milliseconds
from quantization_jobs import Job, Result, serve


def make(job: Job) -> Result:
    """`ms` of the first of `files`, `other_ms` of the second, and the median `ratio`."""
    image = np.load(job["data"])["x"][:1]
    first, second, ratio = milliseconds(*(loaded(Path(file), image) for file in job["files"]))
    return {"ms": first, "other_ms": second, "ratio": ratio}


if __name__ == "__main__":
    serve(make)
