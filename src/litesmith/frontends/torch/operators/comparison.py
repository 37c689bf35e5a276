"""Comparisons, logic and bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from litesmith.frontends.torch.promotion import as_one_type
from litesmith.frontends.torch.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, math
from litesmith.ops.array import cast
from litesmith.ops.integers import greatest_common_divisor, least_common_multiple

ORDERS: dict[tuple[str, str], Callable[[Value, Value], Value]] = {
    ("lt", "less"): math.less,
    ("le", "less_equal"): math.less_equal,
    ("gt", "greater"): math.greater,
    ("ge", "greater_equal"): math.greater_equal,
}


def _ordered(function: Callable[[Value, Value], Value], x: Value, other: Any) -> Value:
    """Of booleans, false is less than true."""
    left, right = as_one_type(x, other)
    if left.type.dtype is DType.BOOL:
        left, right = cast(left, DType.INT32), cast(right, DType.INT32)
    return function(left, right)


for _names, _function in ORDERS.items():
    imports(*_names)(partial(_ordered, _function))


@imports("eq")
def eq(x: Value, other: Any) -> Value:
    """Of floats, at once not less and not greater: to the kernel of EQUAL, infinity is not itself."""
    left, right = as_one_type(x, other)
    if _may_both_be_infinite(left, right):
        return math.logical_and(math.less_equal(left, right), math.greater_equal(left, right))
    return math.equal(left, right)


@imports("ne", "not_equal")
def ne(x: Value, other: Any) -> Value:
    left, right = as_one_type(x, other)
    if _may_both_be_infinite(left, right):
        return math.logical_not(eq(left, right))
    return math.not_equal(left, right)


def _may_both_be_infinite(x: Value, y: Value) -> bool:
    return x.type.dtype.is_float and x is not y and not (_is_finite(x) or _is_finite(y))


def _is_finite(x: Value) -> bool:
    return x.constant is not None and bool(np.isfinite(x.constant.array().astype("float64")).all())


def _truth(x: Value) -> Value:
    return x if x.type.dtype is DType.BOOL else math.not_equal(x, 0)


def _logical(function: Callable[[Value, Value], Value], x: Value, other: Value) -> Value:
    return function(_truth(x), _truth(other))


for _name, _function in {
    "logical_and": math.logical_and,
    "logical_or": math.logical_or,
    "logical_xor": math.not_equal,
}.items():
    imports(_name)(partial(_logical, _function))


@imports("logical_not")
def logical_not(x: Value) -> Value:
    return math.logical_not(_truth(x))


BITS: dict[str, tuple[Callable[[Value, Value], Value], Callable[[Value, Value], Value]]] = {
    "bitwise_and": (bits.bitwise_and, math.logical_and),
    "bitwise_or": (bits.bitwise_or, math.logical_or),
    "bitwise_xor": (bits.bitwise_xor, math.not_equal),
}


def _of_bits(
    function: Callable[[Value, Value], Value], of_truths: Callable[[Value, Value], Value], x: Any, other: Any
) -> Value:
    left, right = as_one_type(x, other)
    return (of_truths if left.type.dtype is DType.BOOL else function)(left, right)


for _name, _functions in BITS.items():
    imports(_name, f"__{_name.removeprefix('bitwise_')}__")(partial(_of_bits, *_functions))


@imports("bitwise_not")
def bitwise_not(x: Value) -> Value:
    if x.type.dtype is DType.BOOL:
        return math.logical_not(x)
    return math.subtract(255 if math.is_unsigned(x.type.dtype) else -1, x)


@imports("bitwise_left_shift", "__lshift__")
def shift_left(x: Any, other: Any) -> Value:
    return bits.shift_left(*as_one_type(x, other))


@imports("bitwise_right_shift", "__rshift__")
def shift_right(x: Any, other: Any) -> Value:
    left, right = as_one_type(x, other)
    return bits.shift_right(left, right, signed=not math.is_unsigned(left.type.dtype))


@imports("isclose")
def isclose(x: Value, other: Value, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Value:
    distance = math.absolute(math.subtract(x, other))
    near = math.less_equal(distance, math.add(math.multiply(math.absolute(other), rtol), atol))
    found = math.logical_or(eq(x, other), math.logical_and(near, math.is_finite(other)))
    if equal_nan:
        found = math.logical_or(found, math.logical_and(math.is_nan(x), math.is_nan(other)))
    return found


@imports("gcd")
def gcd(x: Value, other: Value) -> Value:
    return greatest_common_divisor(*as_one_type(x, other))


@imports("lcm")
def lcm(x: Value, other: Value) -> Value:
    return least_common_multiple(*as_one_type(x, other))
