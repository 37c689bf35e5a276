"""Which integers the weights of a product become: the problem that AdaRound and GPTQ solve, and its descent.

Results are rows times the transpose of weights, so the squared error of results is a quadratic form of the error of the
weights, whose matrix is the Gram matrix of the rows. The rows themselves are not needed, and what a step costs
does not depend on how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
LEAST_OWN = 0.01
"""Of the mean of a Gram matrix' diagonal: what a weight counts whose rows were never other than 0."""
DAMPING = 0.01
"""Of the mean of the Gram matrix' diagonal: how much a weight's own error counts beside what the rows say of it."""
BLOCK = 64
"""Columns whose errors are gathered before they are told to all others in one product of matrices."""
SWEEPS = 2
"""Behind GPTQ they lower the error by 0.6 %, and three more by 0.1 %."""


@dataclass(frozen=True)
class Rounding:
    """Integers are sought whose products with `steps` come close to `goal` as `gram` weighs it.

    Everything has the axes [groups, channels, weights of a channel]; `gram` [groups, weights, weights].

    Attributes:
        gram: how errors of two weights of a channel act together; positive definite.
        goal: the real numbers that would be the best.
        steps: what one integer is worth; broadcasts to `goal`.
        least, most: of the integers.
    """

    gram: Array
    goal: Array
    steps: Array
    least: int
    most: int

    def nearest(self, weights: Array) -> Array:
        """The integers next to some real numbers."""
        return np.asarray(np.clip(np.rint(weights / self.steps), self.least, self.most))

    def loss(self, integers: Array) -> Array:
        """The error of each channel: [groups, channels]."""
        error = integers * self.steps - self.goal
        return np.asarray(np.einsum("...d,...d->...", error @ self.gram, error, dtype=np.float64))


def problem(
    gram: Array,
    lag: Array | None,
    weights: Array,
    steps: Array,
    limits: tuple[int, int],
    damping: float = DAMPING,
    holding: float | None = None,
) -> Rounding:
    """The rounding of weights for rows of this Gram matrix, in floats of its type.

    Args:
        gram: of the rows that the weights will be multiplied by.
        lag: what the results lack that the real weights have of the rows of the real model, times the rows that they
            will be multiplied by: [groups, channels, weights]; None where both rows are the same.
        damping: how much each weight's own error counts beside how errors act together, as a share of the Gram matrix'
            diagonal. It stands for data that was not seen.
        holding: the same of the change that makes up for the difference of the rows.
    """
    own = np.maximum(np.diagonal(gram, axis1=1, axis2=2), 0)  # which rounding leaves below 0 where all rows are alike
    own = np.maximum(own, LEAST_OWN * own.mean(1, keepdims=True) + np.finfo(np.float32).tiny)
    goal = weights.astype(gram.dtype)
    if lag is not None and lag.any():
        held = _with_diagonal(gram, own * max(damping, holding or 0.0))
        goal += np.linalg.solve(held, lag.swapaxes(-1, -2)).swapaxes(-1, -2)
    return Rounding(_with_diagonal(gram, own * damping), goal, steps.astype(gram.dtype), *limits)


def shrinkage(gram: Array, count: float) -> float:
    """How much of a Gram matrix' diagonal is best added to it, if so many rows were drawn from a normal distribution.

    Chen et al., "Shrinkage Algorithms for MMSE Covariance Estimation" (2010), for rows of variance 1.
    """
    size = gram.shape[-1]
    own = np.maximum(np.sqrt(np.diagonal(gram, axis1=1, axis2=2)), 1e-30)
    correlations = gram / own[:, :, None] / own[:, None]
    squares = np.sum(correlations**2, (1, 2))
    share = ((1 - 2 / size) * squares + size**2) / ((count + 1 - 2 / size) * np.maximum(squares - size, 1e-9))
    share = np.clip(share, 0, 0.99)
    return float(np.mean(share / (1 - share)))


def _with_diagonal(gram: Array, added: Array) -> Array:
    """A Gram matrix with more on its diagonal."""
    found = gram.copy()
    places = np.arange(gram.shape[-1])
    found[:, places, places] += added
    return found


def descend(rounding: Rounding, integers: Array, sweeps: int = SWEEPS) -> Array:
    """Integers of which none can be changed alone to lower the error: coordinate descent from the given ones.

    The error of no channel is larger than that of the given integers.
    """
    gram, diagonal = rounding.gram, np.diagonal(rounding.gram, axis1=1, axis2=2)[..., None]
    goal, steps = (_by_weight(each, rounding) for each in (rounding.goal, rounding.steps))
    values = _by_weight(integers, rounding)
    slope = gram @ (goal - values * steps)
    for _ in range(sweeps):
        moved = False
        for start in range(0, values.shape[1], BLOCK):
            inside = slice(start, start + BLOCK)
            before, near = values[:, inside].copy(), slope[:, inside].copy()
            for place in range(start, min(start + BLOCK, values.shape[1])):
                step = steps[:, place]
                wanted = near[:, place - start] / diagonal[:, place] / step
                new = np.clip(np.rint(values[:, place] + wanted), rounding.least, rounding.most)
                change = new - values[:, place]
                if change.any():
                    values[:, place] = new
                    near -= gram[:, inside, place, None] * (change * step)[:, None]
            change = (values[:, inside] - before) * steps[:, inside]
            if change.any():
                moved = True
                slope -= gram[:, :, inside] @ change
                slope[:, inside] = near
        if not moved:
            break
    return values.swapaxes(1, 2)


def _by_weight(numbers: Array, rounding: Rounding) -> Array:
    """Numbers of all weights as [groups, weights of a channel, channels], which is how they are gone through."""
    whole = np.broadcast_to(numbers, rounding.goal.shape).swapaxes(1, 2)
    return np.array(whole, rounding.gram.dtype, order="C")


def fit_steps(rounding: Rounding, integers: Array, blocks: int = 1) -> Array:
    """The steps with which given integers come closest to the goal: [groups, channels, blocks].

    `blocks`: how many steps a channel has, each for as many of its weights that stand side by side.
    """
    groups, channels, size = integers.shape
    parts = integers.reshape(groups, channels, blocks, size // blocks)
    gram = rounding.gram.reshape(groups, blocks, size // blocks, blocks, size // blocks)
    together = np.einsum("gobi,gbicj,gocj->gobc", parts, gram, parts, optimize=True)
    slope = (rounding.goal @ rounding.gram).reshape(parts.shape)
    sought = np.einsum("gobi,gobi->gob", parts, slope)
    ridge = 1e-9 * np.trace(together, axis1=2, axis2=3)[..., None, None] + 1e-30
    return np.asarray(np.linalg.solve(together + ridge * np.eye(blocks), sought[..., None])[..., 0])
