"""The weights of the real model that rounded ones were made of."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Model, Operation
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.quantization.analysis.unrounding import RoundedConstant

Array = np.ndarray[Any, Any]
LIKE = 0.5
"""Of the norm of a weight: what differs by more is another weight. Rounding to 4 bits changes it by about 0.15."""
LIKE_SCALED = 0.3
"""The same where factors of channels were fitted, which make any two weights more alike."""
ROUNDS = 12
"""Of fitting the factors of outputs and of inputs to each other."""


class Looking(enum.Enum):
    """What is known of a model in which real weights are looked for.

    It has them right before they were rounded; or their channels may have been equalized; or what was is left out.
    """

    AS_ROUNDED = enum.auto()
    MAYBE_EQUALIZED = enum.auto()
    NOT_EQUALIZED = enum.auto()


@dataclass(frozen=True)
class _Match:
    """A real constant, the operation that reads it, and factors that its outputs were given."""

    operation: Operation
    constant: Constant
    factors: Array | None


def originals(
    rounded: tuple[RoundedConstant, ...], model: Model, looking: Looking
) -> Mapping[RoundedConstant, Constant]:
    """The real constant of each rounded one, by what it holds; those that are not found are left out.

    A weight is the nearest of its shape, with factors for its channels where these were equalized. A bias is that of
    the operation whose weight was found, since corrections may have moved it.
    """
    known = list(_real_constants(model))
    found: dict[RoundedConstant, Constant] = {}
    weights: dict[Operation, _Match] = {}
    for each in rounded:
        if each.role is not Role.BIAS and (match := _nearest(each, known, looking)) is not None:
            found[each] = match.constant
            if each.role is Role.WEIGHT:
                weights[each.operation] = match
    for each in rounded:
        if each.role is Role.BIAS and each.operation in weights:
            found[each] = _bias(weights[each.operation], each.rounded.array())
    return {each: constant for each, constant in found.items() if constant.type.shape == each.rounded.type.shape}


def _real_constants(model: Model) -> Iterator[tuple[Operation, Constant, Array]]:
    for graph in model.all_graphs():
        for operation in graph.operations:
            for operand in operation.operands:
                if operand is not None and operand.constant is not None and operand.type.dtype is DType.FLOAT32:
                    yield operation, operand.constant, operand.constant.array()


def _nearest(
    rounded: RoundedConstant, known: list[tuple[Operation, Constant, Array]], looking: Looking
) -> _Match | None:
    array, operator = rounded.rounded.array(), rounded.operator
    best, least = None, LIKE * float(np.linalg.norm(array)) or 1e-30
    alike = [each for each in known if each[2].shape == array.shape and each[0].operator.builtin == operator.builtin]
    for operation, constant, other in alike:
        if (distance := float(np.linalg.norm(other - array))) < least:
            best, least = _Match(operation, constant, None), distance
    if looking is Looking.AS_ROUNDED or rounded.role is not Role.WEIGHT or least <= 2 * _rounding(rounded):
        return best
    if looking is Looking.NOT_EQUALIZED:
        return None
    least = min(least, LIKE_SCALED * float(np.linalg.norm(array)))
    for operation, _, other in alike:
        axis = rounded.operation.operator.operand(rounded.place).channel_axis or 0
        scaled, factors = _with_factors(other, array, axis)
        if (distance := float(np.linalg.norm(scaled - array))) < least / 2:
            best, least = _Match(operation, Constant.of(scaled), factors), 2 * distance
    return best


def _rounding(rounded: RoundedConstant) -> float:
    """The norm of the error that rounding to the nearest numbers leaves at most: half a step for each."""
    quantization = rounded.type.quantization
    if quantization is None:
        return 2.0**-11 * float(np.linalg.norm(rounded.rounded.array()))
    size = int(np.prod(rounded.rounded.type.shape)) / max(len(quantization.scales), 1)
    return float(np.sqrt(size * np.square(np.array(quantization.scales) / 2).sum()))


def _with_factors(array: Array, target: Array, outputs: int) -> tuple[Array, Array]:
    """An array with factors along the axis of outputs, and of inputs, so that it is like another; those of outputs."""
    inputs = array.ndim - 1 if outputs == 0 else 0
    scaled, factors = array.astype(np.float64), np.ones(array.shape[outputs])
    for _ in range(ROUNDS):
        for axis in (outputs, inputs):
            others = tuple(place for place in range(array.ndim) if place != axis)
            fitted = (scaled * target).sum(others, keepdims=True) / np.maximum(
                (scaled**2).sum(others, keepdims=True), 1e-30
            )
            fitted = np.where(fitted > 0, fitted, 1.0)
            scaled = scaled * fitted
            if axis == outputs:
                factors = factors * fitted.reshape(-1)
    return scaled.astype(np.float32), factors


def _bias(match: _Match, rounded: Array) -> Constant:
    """The bias of the real operation, in the factors of its outputs; zeros where it has none.

    Factors of outputs and of inputs are known up to a number that goes from one to the other: it is the one with which
    the bias is most like the rounded one, since corrections move it little.
    """
    for place, operand in enumerate(match.operation.operands):
        if operand is not None and match.operation.operator.operand(place).role is Role.BIAS and operand.constant:
            bias, factors = operand.constant.array(), match.factors
            if factors is None or factors.shape != bias.shape:
                return operand.constant
            scaled = bias * factors
            number = float(scaled @ rounded) / max(float(scaled @ scaled), 1e-30)
            return Constant.of((scaled * (number if number > 0 else 1.0)).astype(np.float32))
    return Constant.of(np.zeros_like(rounded))
