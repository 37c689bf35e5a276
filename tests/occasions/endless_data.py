"""Calibration data that goes on and on (Q107)."""

from __future__ import annotations

import itertools

import numpy as np

import litesmith
from bad_files import dense_model
from occasions import occasion


@occasion("Q107")
def data_without_an_end(bench):
    rng = np.random.default_rng(0)
    batches = (rng.standard_normal((100, 4)).astype("float32") for _ in itertools.count())
    data = batches if bench.wrong else itertools.islice(batches, 10)
    litesmith.convert(dense_model(), verify=False, quantize="int8", calibration=data)
