"""Comparisons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import cast

COMPARISONS: dict[str, Callable[[Value, Value], Value]] = {
    "lt": math.less,
    "le": math.less_equal,
    "gt": math.greater,
    "ge": math.greater_equal,
}


def _ordered(function: Callable[[Value, Value], Value], x: Value, y: Value) -> Value:
    """Of booleans, false is less than true."""
    if x.type.dtype is DType.BOOL:
        return function(cast(x, DType.INT32), cast(y, DType.INT32))
    return function(x, y)


for _name, _function in COMPARISONS.items():
    imports(_name)(partial(_ordered, _function))


@imports("eq")
def equal(x: Value, y: Value) -> Value:
    """Of floats, at once not less and not greater: to the kernel of EQUAL, infinity is not itself."""
    if _may_both_be_infinite(x, y):
        return math.logical_and(math.less_equal(x, y), math.greater_equal(x, y))
    return math.equal(x, y)


@imports("ne")
def not_equal(x: Value, y: Value) -> Value:
    if _may_both_be_infinite(x, y):
        return math.logical_not(equal(x, y))
    return math.not_equal(x, y)


def _may_both_be_infinite(x: Value, y: Value) -> bool:
    """Whether floats may be infinite on both sides; of x and itself, only what is no number differs."""
    return x.type.dtype.is_float and x is not y and not (_is_finite_constant(x) or _is_finite_constant(y))


def _is_finite_constant(x: Value) -> bool:
    return x.constant is not None and bool(np.isfinite(x.constant.array().astype("float64")).all())
