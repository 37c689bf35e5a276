"""Bias correction: what rounding moves the results of a layer by on average is taken from its bias.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019): empirical, by means that
were seen; analytic, by means that follow from a batch normalization.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from litesmith.opset.enums import Activation

Array = np.ndarray[Any, Any]
LIMITS = {
    Activation.NONE: (-np.inf, np.inf),
    Activation.RELU: (0.0, np.inf),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def corrected_bias(bias: Array, weights: Array, rounded: Array, real_means: Array, own_means: Array) -> Array:
    """The bias with which the results of rounded weights have the mean that those of the real weights have.

    Args:
        bias: of the real weights: [groups, channels].
        weights, rounded: [groups, channels, weights of a channel].
        real_means, own_means: of the rows that each of them is multiplied by: [groups, weights of a channel].
    """
    expected = np.einsum("god,gd->go", weights, real_means)
    return np.asarray(bias + expected - np.einsum("god,gd->go", rounded, own_means))


def means_behind(activation: Activation, means: Array, deviations: Array) -> Array:
    """Means of normally distributed channels behind an activation that cuts off.

    `means`, `deviations`: of each channel in front of it: the shift and the magnitude of the scale of a batch
    normalization.
    """
    low, high = LIMITS[activation]
    spread = np.maximum(np.abs(np.asarray(deviations, np.float64)), 1e-30)
    means = np.asarray(means, np.float64)
    below, above = (low - means) / spread, (high - means) / spread
    inside = _share(above) - _share(below)
    found = means * inside + spread * (_density(below) - _density(above))
    if np.isfinite(low):
        found += low * _share(below)
    if np.isfinite(high):
        found += high * (1 - _share(above))
    return np.asarray(found)


def _density(place: Array) -> Array:
    """Of the standard normal distribution."""
    return np.asarray(np.exp(-(place**2) / 2) / math.sqrt(2 * math.pi))


def _share(place: Array) -> Array:
    """Of the standard normal distribution that lies below."""
    return np.asarray(0.5 * (1 + np.vectorize(math.erf, otypes=[np.float64])(place / math.sqrt(2))))
