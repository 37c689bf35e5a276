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

    They are found as Babai's nearest plane finds them, which GPTQ is, as Chen et al. show ("The Geometry of LLM
    Quantization", 2025): with the Gram matrix' Cholesky factor L, the error of a channel is |e L|^2 for the errors e of
    its weights, whose last element only the last weight changes, and so on to the first. No inverse is needed.

    Args:
        by_weight: begin with the weights whose rows are largest, which have most others left to make up for them.
    """
    diagonal = np.diagonal(rounding.gram, axis1=1, axis2=2)
    order = np.argsort(diagonal if by_weight else 0 * diagonal, axis=1, kind="stable")
    gram = np.take_along_axis(rounding.gram, order[:, :, None], 1)
    factor = _lower_factor(np.take_along_axis(gram, order[:, None, :], 2))
    goal = np.take_along_axis(rounding.goal, order[:, None], 2)
    steps = np.take_along_axis(np.broadcast_to(rounding.steps, goal.shape), order[:, None], 2)
    found = _from_the_last(goal.swapaxes(1, 2), steps.swapaxes(1, 2), factor, rounding).swapaxes(1, 2)
    return np.take_along_axis(found, np.argsort(order, axis=1, kind="stable")[:, None], 2)


def _lower_factor(gram: Array, added: float = 0.0) -> Array:
    """The Cholesky factor; with more on the diagonal where rounding leaves a matrix that has none.

    `added`: of the mean of the diagonal. A matrix of zeros, of rows that were all 0, is taken to be the identity.
    """
    size = gram.shape[-1]
    means = np.trace(gram, axis1=1, axis2=2)[:, None, None] / size
    diagonal = np.where(means > 0, added * means, 1).astype(gram.dtype) * np.eye(size, dtype=gram.dtype)
    try:
        return np.asarray(np.linalg.cholesky(gram + diagonal if added or not means.all() else gram))
    except np.linalg.LinAlgError:
        return _lower_factor(gram, max(10 * added, 10 * float(np.finfo(gram.dtype).eps)))


def _from_the_last(goal: Array, steps: Array, factor: Array, rounding: Rounding) -> Array:
    """Integers of weights that are rounded from the last to the first: [groups, weights of a channel, channels]."""
    goal, steps = np.ascontiguousarray(goal), np.ascontiguousarray(steps)
    factor = factor / np.diagonal(factor, axis1=1, axis2=2)[:, None, :]
    errors, found = np.zeros_like(goal), np.empty_like(goal)
    size = goal.shape[1]
    for stop in range(size, 0, -BLOCK):
        start = max(stop - BLOCK, 0)
        behind = factor[:, stop:, start:stop].swapaxes(1, 2) @ errors[:, stop:]  # what is to be made up for
        for place in range(stop - 1, start - 1, -1):
            near = factor[:, place + 1 : stop, None, place].swapaxes(1, 2) @ errors[:, place + 1 : stop]
            wanted = goal[:, place] + behind[:, place - start] + near[:, 0]
            found[:, place] = np.clip(np.rint(wanted / steps[:, place]), rounding.least, rounding.most)
            errors[:, place] = goal[:, place] - found[:, place] * steps[:, place]
    return found
