"""AdaRound: whether each weight is rounded up or down is learned from what the rows of a layer say of it.

Nagel et al., "Up or Down? Adaptive Rounding for Post-Training Quantization" (2020). The relaxation is theirs: a
rectified sigmoid for each weight, pulled towards 0 or 1 ever harder, by Adam. The loss is a quadratic form of the Gram
matrix, so gradients are products of matrices that do not grow with the number of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.quantization.algorithms.rounding import Rounding

Array = np.ndarray[Any, Any]
ITERATIONS = 300
STRETCH = (-0.1, 1.1)
"""What the sigmoid is stretched to before it is cut off at 0 and 1, so that both are reached."""
WARM = 0.2
"""Of the iterations, in which nothing is pulled."""
EXPONENTS = (20.0, 2.0)
RATE = 0.05
PULL = 1.0


def adaround(rounding: Rounding, weights: Array, iterations: int = ITERATIONS) -> Array:
    """The integers of all channels, each next to its weight on one side or the other."""
    steps = np.broadcast_to(rounding.steps, rounding.goal.shape)
    floor = np.floor(weights / steps)
    share = np.clip(weights / steps - floor, 0.01, 0.99)
    low, high = STRETCH
    gate = -np.log((high - low) / (share - low) - 1)
    first, second = np.zeros_like(gate), np.zeros_like(gate)
    unit = np.maximum(np.mean(np.diagonal(rounding.gram, axis1=1, axis2=2), axis=1)[:, None, None] * steps**2, 1e-300)
    for iteration in range(iterations):
        sigmoid = 1 / (1 + np.exp(-gate))
        open = np.clip(sigmoid * (high - low) + low, 0, 1)
        error = (floor + open) * steps - rounding.goal
        slope = 2 * (error @ rounding.gram) * steps / unit
        slope += _pull(open, iteration / iterations)
        slope *= sigmoid * (1 - sigmoid) * (high - low) * ((open > 0) & (open < 1))
        first += 0.1 * (slope - first)
        second += 0.001 * (slope**2 - second)
        sizes = np.sqrt(second / (1 - 0.999 ** (iteration + 1))) + 1e-12
        gate -= RATE * first / (1 - 0.9 ** (iteration + 1)) / sizes
    chosen = floor + (open >= 0.5)
    return np.asarray(np.clip(chosen, rounding.least, rounding.most))


def _pull(open: Array, progress: float) -> Array:
    """The gradient of what keeps each from staying between 0 and 1: 1 - |2 open - 1| ** exponent."""
    if progress < WARM:
        return np.zeros_like(open)
    start, end = EXPONENTS
    left = 1 - (progress - WARM) / (1 - WARM)
    exponent = end + (start - end) * left
    away = 2 * open - 1
    return np.asarray(-PULL * 2 * exponent * np.sign(away) * np.abs(away) ** (exponent - 1))
