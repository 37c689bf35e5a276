"""Quantization without data (Q121-Q124)."""

from __future__ import annotations

import numpy as np

import litesmith
from bad_files import dense_model
from occasions import occasion


@occasion("Q121")
def ranges_that_nothing_but_a_guess_says(bench):
    real = np.random.default_rng(0).standard_normal((32, 4)).astype("float32")
    litesmith.convert(dense_model(), verify=False, quantize="int8", calibration="synthetic" if bench.wrong else real)
