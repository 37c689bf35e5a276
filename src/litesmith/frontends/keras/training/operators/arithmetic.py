"""Operators of two operands, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.registry import Call, computes, evaluates, library
from litesmith.frontends.keras.training.rounding import half_up, through
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

MULTIPLIER_BITS = 20
LEAST_RATIO, MOST_RATIO = 2.0**-10, 2.0**8
"""Of steps that are summed to those of the sum, where XNNPACK computes it."""
MOST_OF_INT8 = 127

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
    made, steps = call.made[0], call.steps[:2]
    if made is None or None in steps:
        return call.rounded(finished(call, _applied(call, call.real(0), call.real(1))))
    ratios = [np.float32(each.scale) / np.float32(made.scale) for each in steps if each is not None]
    parts = [each.centered(operand) for each, operand in zip(steps, call.operands, strict=False) if each is not None]
    counted = _applied(call, *(ops.multiply(part, by) for part, by in zip(parts, ratios, strict=True)))
    if made.most > MOST_OF_INT8 or not all(LEAST_RATIO <= by < MOST_RATIO for by in ratios):
        return finished(call, counted, half_up)
    return finished(call, through(_fixed_point(parts, ratios, isinstance(call.operator, Sub)), counted))


def _fixed_point(parts: list[Any], ratios: list[Any], is_difference: bool) -> Any:
    """A sum as XNNPACK computes it in int32: by multipliers of 21 bits, which are shifted out at the end.

    Source: `xnn_init_qs8_add_minmax_scalar_params`.
    """
    shift = MULTIPLIER_BITS - int(np.floor(np.log2(max(ratios))))
    first, second = (np.int32(np.rint(np.ldexp(by, shift))) for by in ratios)
    products = [ops.multiply(ops.cast(part, "int32"), by) for part, by in zip(parts, (first, second), strict=True)]
    total = (ops.subtract if is_difference else ops.add)(*products)
    return ops.cast(ops.right_shift(ops.add(total, np.int32(1 << (shift - 1))), np.int32(shift)), "float32")


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
