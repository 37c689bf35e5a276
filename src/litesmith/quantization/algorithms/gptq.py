"""GPTQ: weights are rounded one after the other, and those that are left make up for the error of each.

Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers" (2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.quantization.algorithms.rounding import BLOCK, Rounding

Array = np.ndarray[Any, Any]


def gptq(rounding: Rounding, by_weight: bool = True) -> Array:
    """The integers of all channels.

    Args:
        by_weight: begin with the weights whose rows are largest, which have most others left to make up for them.
    """
    diagonal = np.diagonal(rounding.gram, axis1=1, axis2=2)
    order = np.argsort(-diagonal, axis=1, kind="stable") if by_weight else np.argsort(0 * diagonal, 1, kind="stable")
    gram = np.take_along_axis(rounding.gram, order[:, :, None], 1)
    gram = np.take_along_axis(gram, order[:, None, :], 2)
    left = np.take_along_axis(rounding.goal, order[:, None], 2)
    steps = np.take_along_axis(np.broadcast_to(rounding.steps, left.shape), order[:, None], 2)
    found = _in_order(left, steps, _upper_factor(gram), rounding)
    back = np.argsort(order, axis=1, kind="stable")
    return np.take_along_axis(found, back[:, None], 2)


def _upper_factor(gram: Array) -> Array:
    """The upper triangular U with U^T U = the inverse of the Gram matrix, each row divided by its diagonal."""
    lower = _lower_factor(gram[:, ::-1, ::-1])[:, ::-1, ::-1]  # upper triangular L with L L^T = gram
    factor = np.linalg.inv(lower)
    return np.asarray(factor / np.diagonal(factor, axis1=1, axis2=2)[:, :, None])


def _lower_factor(gram: Array, added: float = 0.0) -> Array:
    """The Cholesky factor; with more on the diagonal where rounding leaves a matrix that has none.

    `added`: of the mean of the diagonal.
    """
    size = gram.shape[-1]
    diagonal = added * np.trace(gram, axis1=1, axis2=2)[:, None, None] / size * np.eye(size)
    try:
        return np.asarray(np.linalg.cholesky(gram + diagonal))
    except np.linalg.LinAlgError:
        return _lower_factor(gram, max(10 * added, 1e-12))


def _in_order(left: Array, steps: Array, factor: Array, rounding: Rounding) -> Array:
    left, found = left.copy(), np.empty_like(left)
    size = left.shape[-1]
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        errors = np.empty_like(left[..., start:stop])
        for column in range(start, stop):
            step = steps[..., column]
            whole = np.clip(np.rint(left[..., column] / step), rounding.least, rounding.most)
            error = left[..., column] - whole * step
            found[..., column] = whole
            errors[..., column - start] = error
            left[..., column:stop] -= error[..., None] * factor[:, None, column, column:stop]
        left[..., stop:] -= errors @ factor[:, start:stop, stop:]
    return found
