"""What the weights and the bias of one layer become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from litesmith.ir.types import DType
from litesmith.quantization.algorithms.adaround import adaround
from litesmith.quantization.algorithms.bias_correction import corrected_bias
from litesmith.quantization.algorithms.gptq import gptq
from litesmith.quantization.algorithms.rounding import Rounding, descend, fit_steps, problem, shrinkage
from litesmith.quantization.refining.layers import Layer
from litesmith.quantization.refining.moments import Moments
from litesmith.quantization.weight_ranges import least_error_steps

Array = np.ndarray[Any, Any]
Rounder = Literal["nearest", "adaround", "gptq"]
ROUNDERS: tuple[Rounder, ...] = get_args(Rounder)
LEAST_DAMPING = 0.03
HOLDING = {DType.INT8: 10.0}
HOLDING_OF_FEW_BITS = 3.0
"""How much a change that makes up for other inputs is held back, for as many rows as weights."""
FITS = 3
"""How often steps and integers are fitted to each other in turns."""
LEAST_ROWS = {DType.INT8: 0.5}
"""For each weight of a channel: fewer say too little of it to gain what the time is worth, where rounding is fine."""
DEEPEST = 6144
"""More weights of a channel are left as they are: the Gram matrix is as large as its square."""


@dataclass(frozen=True)
class Method:
    """How layers are refined.

    Attributes:
        rounding: how integers of the weights are found; `"nearest"` leaves them.
        correct_bias: whether the bias makes up for what rounding changes on average.
        compensate: whether the weights make up, too, for what was rounded in front of the layer.
        fit_steps: whether scales of weights may change, where nothing else depends on them.
        damping: how much a weight's own error counts beside how errors act together, as a share of the squares of the
            rows; None for what the number of rows calls for.
    """

    rounding: Rounder = "gptq"
    correct_bias: bool = True
    compensate: bool = True
    fit_steps: bool = True
    damping: float | None = None

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDERS:
            raise ValueError(f"rounding is one of {', '.join(ROUNDERS)}, not {self.rounding!r}")

    def rounds(self, layer: Layer, weight: float) -> bool:
        """Whether integers of the weights are sought, for rows that are worth `weight` of samples of their own."""
        depth = layer.product.sizes[2]
        is_enough = weight >= LEAST_ROWS.get(layer.stored.type.dtype, 0.0) * depth
        return self.rounding != "nearest" and is_enough and depth <= DEEPEST


@dataclass(frozen=True)
class Solution:
    """What a layer becomes; None is for what stays.

    Attributes:
        integers: [groups, channels, weights of a channel].
        steps: [groups, channels, blocks].
        bias: [groups, channels].
        gain: by how many decibels the error of the weights fell, of what data shows of it.
    """

    integers: Array | None = None
    steps: Array | None = None
    bias: Array | None = None
    gain: float = 0.0

    def apply(self, layer: Layer) -> None:
        """Change the layer's weights and bias."""
        if self.steps is not None:
            layer.set_steps(self.steps)
        if self.integers is not None:
            layer.set_integers(self.integers)
        if self.bias is not None:
            layer.set_bias(self.bias)


def solve(layer: Layer, moments: Moments, method: Method) -> Solution:
    """The best integers and bias for the rows that were seen; no channel's error is larger than it was."""
    corrects = method.correct_bias and layer.can_have_bias
    integers, steps, solution = layer.integers, layer.steps, Solution()
    if not (np.isfinite(moments.own).all() and np.isfinite(moments.real).all()):
        return solution
    if moments.gram.size:
        gram, lag = moments.centred() if corrects else (moments.gram, moments.lag)
        damping = max(LEAST_DAMPING, shrinkage(gram, moments.weight)) if method.damping is None else method.damping
        held = HOLDING.get(layer.stored.type.dtype, HOLDING_OF_FEW_BITS)
        holding = max(damping, held * gram.shape[-1] / max(moments.weight, 1))
        rounding = problem(
            gram, lag if method.compensate else None, layer.weights, steps, layer.limits, damping, holding
        )
        new, new_steps = _rounded(layer, rounding, method)
        before, after = rounding.loss(integers), replace(rounding, steps=_spread(new_steps, integers)).loss(new)
        better = after < before
        gain = 10 * float(np.log10(max(before.sum(), 1e-300) / max(np.minimum(before, after).sum(), 1e-300)))
        integers = np.where(better[..., None], new, integers)
        kept = np.where(better[..., None], new_steps, steps[..., :: steps.shape[-1] // new_steps.shape[-1]])
        steps = _spread(kept, integers)
        solution = Solution(integers, kept if layer.can_fit_steps and method.fit_steps else None, gain=gain)
    if not corrects or not moments.count:
        return solution
    means = [sums / moments.count for sums in (moments.real, moments.own)]
    return replace(solution, bias=corrected_bias(layer.real_bias, layer.weights, integers * steps, *means))


def _rounded(layer: Layer, rounding: Rounding, method: Method) -> tuple[Array, Array]:
    """New integers, and their steps [groups, channels, blocks]."""
    blocks = layer.blocks
    shape = (*rounding.goal.shape[:2], blocks, rounding.goal.shape[2] // blocks)
    steps = rounding.steps[..., :: shape[3]]
    fits = method.fit_steps and layer.can_fit_steps
    if fits:
        weight = np.diagonal(rounding.gram, axis1=1, axis2=2).reshape(shape[0], 1, *shape[2:])
        found = least_error_steps(rounding.goal.reshape(shape), layer.limits[1], weight)
        steps = layer.stored_steps(np.where(found > 0, found, steps))
        rounding = replace(rounding, steps=_spread(steps, rounding.goal))
    start = adaround(rounding, layer.weights) if method.rounding == "adaround" else gptq(rounding)
    integers = descend(rounding, start)
    for _ in range(FITS if fits else 0):
        found = fit_steps(rounding, integers, blocks)
        steps = layer.stored_steps(np.where((found > steps / 2) & (found < steps * 2), found, steps))
        rounding = replace(rounding, steps=_spread(steps, rounding.goal))
        integers = descend(rounding, integers)
    return integers, steps


def _spread(steps: Array, integers: Array) -> Array:
    """A step for each weight, of one for each block."""
    return np.repeat(steps, integers.shape[-1] // steps.shape[-1], axis=-1)
