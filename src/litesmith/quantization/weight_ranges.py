"""Scales of weights: which range of a channel's weights the integers stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
SHARES = {127: np.linspace(0.7, 1.0, 13), 7: np.linspace(0.3, 1.0, 36), 1: np.linspace(0.1, 1.0, 46)}
"""Of the largest magnitude, by the largest integer: ranges that are tried."""


def least_error_steps(weights: Array, most: int, importance: Array | None = None) -> Array:
    """The step of each row of weights with which its integers of -most..most have the least mean squared error.

    A narrower range than that of the weights cuts off the largest and rounds all others finer. Steps are those of the
    largest magnitude where nothing else is better, and 0 for rows of zeros.

    Args:
        weights: [..., weights that share a step].
        importance: how much the error of each weight counts, in the same axes or what broadcasts to them.
    """
    largest = np.max(np.abs(weights), axis=-1, keepdims=True)
    best = largest / most
    least = np.full(largest.shape, np.inf)
    for share in SHARES[most][::-1]:
        steps = largest * (share / most)
        error = _error(weights, steps, most, importance)
        better = error < least
        least, best = np.where(better, error, least), np.where(better, steps, best)
    return np.asarray(best[..., 0])


def _error(weights: Array, steps: Array, most: int, importance: Array | None) -> Array:
    integers = np.clip(np.rint(weights / np.where(steps > 0, steps, 1)), -most, most)
    error = (integers * steps - weights) ** 2
    return np.asarray(np.sum(error if importance is None else error * importance, axis=-1, keepdims=True))
