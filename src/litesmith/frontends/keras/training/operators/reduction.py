"""Many elements combined into one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.operators.arithmetic import ratio
from litesmith.frontends.keras.training.registry import Call, evaluates, is_known, library
from litesmith.frontends.keras.training.rounding import half_away, half_to_even, through
from litesmith.opset.reduction import (
    ArgMax,
    ArgMin,
    Cumsum,
    Mean,
    ReduceAll,
    ReduceAny,
    ReduceMax,
    ReduceMin,
    ReduceProd,
    Sum,
)

MOST_OF_INT8 = 127

FUNCTIONS = {
    Mean: "mean",
    Sum: "sum",
    ReduceMax: "max",
    ReduceMin: "min",
    ReduceProd: "prod",
    ReduceAny: "any",
    ReduceAll: "all",
}


def _axes(call: Call) -> tuple[int, ...]:
    return tuple(int(axis) for axis in call.known(1).reshape(-1))


def _reduced(call: Call, operand: Any, name: str = "") -> Any:
    function = getattr(library(operand), name or FUNCTIONS[type(call.operator)])
    return function(operand, axis=_axes(call), keepdims=call.operator.keep_dims)


@evaluates(Mean, Sum)
def _sums(call: Call) -> Any:
    """Integers are summed exactly and multiplied once; XNNPACK takes all zero points into the one it adds behind.

    Source: `reshape_reduce_nd`.
    """
    steps, made = call.steps[0], call.made[0]
    if steps is None or made is None:
        return call.rounded(_reduced(call, call.real(0)))
    sizes = ops.shape(call.operands[0])
    size = math.prod(sizes[axis] for axis in _axes(call))
    count = np.float32(size) if isinstance(size, int) else ops.cast(size, "float32")
    factor = ratio(steps.scale, 1.0, made.scale)
    if isinstance(call.operator, Mean):
        factor = factor * (np.float32(1) / count)
    if made.most > MOST_OF_INT8:
        return finished(call, _in_two(_reduced(call, steps.centered(call.operands[0]), "sum"), factor, count))
    shift = np.float32(made.zero) - count * np.float32(steps.zero) * factor
    counted = ops.add(ops.multiply(_reduced(call, call.operands[0], "sum"), factor), shift)
    return finished(call, ops.subtract(through(half_to_even(counted), counted), np.float32(made.zero)))


def _in_two(total: Any, factor: Any, count: Any) -> Any:
    """A sum of 16 bits times a factor, rounded as LiteRT's own kernel does: once in finer steps, then in whole ones.

    Source: `QuantizedMeanOrSum`, `MultiplyByQuantizedMultiplier`.
    """
    counted = ops.multiply(total, factor)
    if not isinstance(count, np.floating):
        return counted
    _, exponent = np.frexp(factor * count)
    finer = np.float32(2.0 ** max(int(np.log2(count)) - int(exponent), 0))
    steps = ops.divide(half_away(ops.multiply(counted, finer)), finer)
    return through(half_away(steps), counted)


@evaluates(ReduceMax, ReduceMin)
def _extremes(call: Call) -> Any:
    return _reduced(call, call.operands[0])


@evaluates(ReduceProd, ReduceAny, ReduceAll)
def _products(call: Call) -> Any:
    return call.rounded(_reduced(call, call.real(0)))


@evaluates(ArgMax, ArgMin)
def _places(call: Call) -> Any:
    function = ops.argmax if isinstance(call.operator, ArgMax) else ops.argmin
    found = function(call.operands[0], axis=int(call.known(1).reshape(-1)[0]))
    return ops.cast(found, call.operator.output_type.value)


@evaluates(Cumsum)
def _cumulative(call: Call) -> Any:
    operand, axis = call.real(0), int(call.known(1).reshape(-1)[0])
    if is_known(operand):
        operand = ops.convert_to_tensor(operand)
    turned = ops.flip(operand, axis) if call.operator.reverse else operand
    sums = ops.cumsum(turned, axis)
    if call.operator.exclusive:
        sums = ops.subtract(sums, turned)
    return call.rounded(ops.flip(sums, axis) if call.operator.reverse else sums)
