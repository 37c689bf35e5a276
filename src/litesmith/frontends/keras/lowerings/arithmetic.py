"""Elementwise arithmetic of `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litesmith.frontends.keras.lowerings.promotion import promote, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import math

PROMOTING: dict[str, Callable[[Any, Any], Value]] = {
    "ops.add": math.add,
    "ops.subtract": math.subtract,
    "ops.multiply": math.multiply,
    "ops.maximum": math.maximum,
    "ops.minimum": math.minimum,
    "ops.equal": math.equal,
    "ops.not_equal": math.not_equal,
    "ops.less": math.less,
    "ops.less_equal": math.less_equal,
    "ops.greater": math.greater,
    "ops.greater_equal": math.greater_equal,
}
"""Operations on two operands, which are promoted to one type."""

FLOATING: dict[str, Callable[[Any, Any], Value]] = {
    "ops.divide": math.divide,
    "ops.true_divide": math.divide,
}
"""Operations on two operands, which are promoted to one float type."""


def _register(name: str, function: Callable[[Any, Any], Value], rule: Callable[..., list[Value]]) -> None:
    @lowers(name)
    def lower(x1: Any, x2: Any) -> Value:
        return function(*rule(x1, x2))


for _name, _function in PROMOTING.items():
    _register(_name, _function, promote)
for _name, _function in FLOATING.items():
    _register(_name, _function, promote_float)
