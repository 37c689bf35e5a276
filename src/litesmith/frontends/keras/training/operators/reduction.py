"""Many elements combined into one."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.operators.arithmetic import ratio
from litesmith.frontends.keras.training.registry import Call, evaluates, is_known, library
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
    """Of integers without their zero points, which are summed exactly and multiplied once."""
    steps, made = call.steps[0], call.made[0]
    if steps is None or made is None:
        return call.rounded(_reduced(call, call.real(0)))
    factor = ratio(steps.scale, 1.0, made.scale)
    if isinstance(call.operator, Mean):
        sizes = ops.shape(call.operands[0])
        factor = factor / math.prod(sizes[axis] for axis in _axes(call))
    return finished(call, ops.multiply(_reduced(call, steps.centered(call.operands[0]), "sum"), factor))


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
