"""How good a quantized model is: by the user's own function, or against the outputs of the real one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantization_search import MetricFailed
from litesmith.diagnostics.quoting import named
from litesmith.ir.types import TensorType
from litesmith.lite_model import LiteModel

Array = np.ndarray[Any, Any]
Evaluate = Callable[[LiteModel], float]
AGREEMENT = "top-1 agreement"
DECIBELS = "output SQNR"
NO_NOISE = 200.0
"""Decibels of an output that is the same: float32 tells no more apart."""


@dataclass(frozen=True)
class Measure:
    """What is measured of a model, higher for better.

    Attributes:
        name: what it is called in reports.
        evaluate: the function that measures.
    """

    name: str
    evaluate: Evaluate

    def __call__(self, lite: LiteModel) -> float:
        """The number that a model is given.

        Raises:
            LitesmithError: Q142 where the function fails, or gives none.
        """
        try:
            found = float(self.evaluate(lite))
        except LitesmithError:
            raise
        except Exception as error:
            raise LitesmithError(MetricFailed(self.name, named(error))) from error
        if math.isnan(found):
            raise LitesmithError(MetricFailed(self.name, "it gives NaN"))
        return found


def measure_of(evaluate: Evaluate | Measure) -> Measure:
    """The user's function as a measure, under its own name."""
    if isinstance(evaluate, Measure):
        return evaluate
    if not callable(evaluate):
        raise TypeError(f"what judges a model is a function of it, not a {type(evaluate).__name__}")
    return Measure(getattr(evaluate, "__name__", "evaluate"), evaluate)


def decibels(signal: Array, found: Array) -> float:
    """Power of a signal over that of its noise, in decibels; `NO_NOISE` where there is none."""
    exact, other = signal.astype(np.float64), found.astype(np.float64)
    power, noise = float(np.sum(exact**2)), float(np.sum((exact - other) ** 2))
    return min(10 * math.log10(max(power, 1e-30) / noise), NO_NOISE) if noise else NO_NOISE


def agreement(signal: Array, found: Array) -> float:
    """How often the largest element along the last axis is the same."""
    return float(np.mean(_rows(signal).argmax(1) == _rows(found).argmax(1)))


def is_classification(outputs: list[Array]) -> bool:
    """Whether the largest element of the first output may be what the model says."""
    return bool(outputs) and outputs[0].ndim > 1 and outputs[0].shape[-1] > 1


def _rows(array: Array) -> Array:
    return np.reshape(array, (-1, array.shape[-1]))


def real_outputs(lite: LiteModel, arrays: list[Array]) -> list[Array]:
    """The outputs of a model for real inputs, as real numbers, whatever its callers give and take."""
    graph = lite.graph
    given = [_as_given(array, value.type) for array, value in zip(arrays, graph.inputs, strict=True)]
    return [_as_real(array, value.type) for array, value in zip(lite.run_arrays(given), graph.outputs, strict=True)]


def _as_given(array: Array, type: TensorType) -> Array:
    if type.quantization is None:
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    limits = np.iinfo(type.dtype.numpy)
    return np.asarray(np.clip(np.rint(array / scale) + zero, limits.min, limits.max), type.dtype.numpy)


def _as_real(array: Array, type: TensorType) -> Array:
    if type.quantization is None:
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    return np.asarray((array.astype(np.float32) - zero) * np.float32(scale))
