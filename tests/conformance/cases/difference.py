"""How far results are from Keras'."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np


def difference(expected: list[Any], found: list[Any], of_each: bool) -> float:
    """The largest difference relative to the largest magnitude of its output, or to each element (or 1)."""
    if len(expected) != len(found):
        return float("inf")
    return max(
        (_difference(np.asarray(want), np.asarray(got), of_each) for want, got in zip(expected, found, strict=True)),
        default=0.0,
    )


def _difference(want: Any, got: Any, of_each: bool) -> float:
    other_float = want.dtype.name in ("float16", "bfloat16", "float64") and got.dtype == np.float32
    if want.shape != got.shape or not (got.dtype == want.dtype or other_float):
        return float("inf")
    if want.dtype.kind not in "fV":
        return 0.0 if np.array_equal(want, got) else float("inf")
    rounding = float(ml_dtypes.finfo(want.dtype).eps) if want.dtype.itemsize == 2 else 0.0
    want, got = want.astype(np.float64), got.astype(np.float64)
    same = (want == got) | (np.isnan(want) & np.isnan(got))
    finite = np.isfinite(want) & np.isfinite(got)
    if not (same | finite).all():
        return float("inf")
    if same.all():
        return 0.0
    magnitudes = np.abs(np.where(finite, want, 0.0))
    scale = np.maximum(magnitudes, 1.0) if of_each else max(float(magnitudes.max(initial=0.0)), 1e-30)
    errors = np.where(finite & ~same, np.abs(np.where(finite, want - got, 0.0)), 0.0) / scale
    return max(0.0, float(errors.max()) - rounding)
