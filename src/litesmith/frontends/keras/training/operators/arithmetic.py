"""Operators of two operands, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.registry import Call, computes, evaluates, library
from litesmith.frontends.keras.training.rounding import half_up
from litesmith.opset.binary import (
    Add,
    Atan2,
    Div,
    Equal,
    FloorDiv,
    FloorMod,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    LogicalAnd,
    LogicalOr,
    Maximum,
    Minimum,
    Mul,
    NotEqual,
    Pow,
    SquaredDifference,
    Sub,
)
from litesmith.opset.joining import AddN

FUNCTIONS = {
    Add: "add",
    Sub: "subtract",
    Mul: "multiply",
    Div: "divide",
    Pow: "power",
    FloorDiv: "floor_divide",
    FloorMod: "mod",
    Equal: "equal",
    NotEqual: "not_equal",
    Less: "less",
    LessEqual: "less_equal",
    Greater: "greater",
    GreaterEqual: "greater_equal",
    LogicalAnd: "logical_and",
    LogicalOr: "logical_or",
    Maximum: "maximum",
    Minimum: "minimum",
}


def _applied(call: Call, *operands: Any) -> Any:
    return getattr(library(*operands), FUNCTIONS[type(call.operator)])(*operands)


@evaluates(Add, Sub)
def _sums(call: Call) -> Any:
    """XNNPACK multiplies both by the ratio of their steps to the result's, and rounds halves up."""
    steps = call.made[0]
    if steps is None:
        return finished(call, _applied(call, call.real(0), call.real(1)))
    return finished(call, _applied(call, *(ops.divide(call.real(place), steps.scale) for place in (0, 1))), half_up)


@evaluates(Mul)
def _products(call: Call) -> Any:
    steps, (left, right) = call.made[0], call.steps[:2]
    if steps is None or left is None or right is None:
        return finished(call, _applied(call, call.real(0), call.real(1)))
    product = ops.multiply(left.centered(call.operands[0]), right.centered(call.operands[1]))
    return finished(call, ops.multiply(product, ratio(left.scale, right.scale, steps.scale)))


def ratio(left: Any, right: Any, result: Any) -> Any:
    """What products of two scales are multiplied by to count the steps of a third, in float32 as kernels compute it."""
    numbers = [np.float32(scale) if isinstance(scale, float) else scale for scale in (left, right, result)]
    return numbers[0] * numbers[1] / numbers[2]


@evaluates(Div)
def _quotients(call: Call) -> Any:
    steps, left, right = call.made[0], call.real(0), call.real(1)
    if steps is None and call.operation.result.type.dtype.is_integer:
        return ops.cast(ops.trunc(ops.divide(left, right)), call.operation.result.type.dtype.value)
    quotient = _applied(call, left, right)
    return finished(call, quotient if steps is None else steps.count(quotient))


@evaluates(Maximum, Minimum)
def _extrema(call: Call) -> Any:
    return _applied(call, *call.operands)


@computes(SquaredDifference)
def _squared_difference(_: Any, left: Any, right: Any) -> Any:
    return library(left, right).square(library(left, right).subtract(left, right))


@evaluates(Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, LogicalAnd, LogicalOr)
def _comparisons(call: Call) -> Any:
    return _applied(call, call.real(0), call.real(1))


@evaluates(Pow, FloorDiv, FloorMod)
def _others(call: Call) -> Any:
    return call.rounded(_applied(call, call.real(0), call.real(1)))


@computes(Atan2)
def _angle(_: Any, left: Any, right: Any) -> Any:
    return ops.arctan2(left, right)


@computes(AddN)
def _sum(_: Any, *operands: Any) -> Any:
    return sum(operands[1:], operands[0])
