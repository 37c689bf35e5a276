"""Elementwise arithmetic and comparison of `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from litesmith.frontends.keras.lowerings.promotion import common_dtype, float_value, promote, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import integers, math, special
from litesmith.ops.array import as_value, cast, full
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select

Unary = Callable[[Value], Value]
Binary = Callable[[Value, Value], Value]

PROMOTING: dict[str, Binary] = {
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
    "ops.floor_divide": math.floor_divide,
    "ops.power": lambda x, y: _power(x, y),
    "ops.fmax": lambda x, y: _where_number(x, y, math.maximum(x, y)),
    "ops.fmin": lambda x, y: _where_number(x, y, math.minimum(x, y)),
}
"""Operations on two operands, which are promoted to one type."""

FLOATING: dict[str, Binary] = {
    "ops.divide": math.divide,
    "ops.true_divide": math.divide,
    "ops.arctan2": special.arctan2,
    "ops.logaddexp": special.log_add_exp,
    "ops.logaddexp2": special.log2_add_exp2,
}
"""Operations on two operands, which are promoted to one float type."""

FLOATING_UNARY: dict[str, Unary] = {
    "ops.exp": math.exp,
    "ops.exp2": special.exp2,
    "ops.expm1": special.expm1,
    "ops.log": math.log,
    "ops.log10": lambda x: special.log_of_base(x, 10.0),
    "ops.log1p": special.log1p,
    "ops.log2": lambda x: special.log_of_base(x, 2.0),
    "ops.sqrt": math.sqrt,
    "ops.rsqrt": math.rsqrt,
    "ops.sin": math.sin,
    "ops.cos": math.cos,
    "ops.tan": special.tan,
    "ops.sinh": special.sinh,
    "ops.cosh": special.cosh,
    "ops.arcsin": special.arcsin,
    "ops.arccos": special.arccos,
    "ops.arctan": special.arctan,
    "ops.arcsinh": special.arcsinh,
    "ops.arccosh": special.arccosh,
    "ops.arctanh": special.arctanh,
    "ops.floor": math.floor,
    "ops.ceil": math.ceil,
    "ops.erf": special.erf,
    "ops.erfc": special.erfc,
    "ops.erfinv": special.erfinv,
    "ops.i0": special.i0,
    "ops.fabs": math.absolute,
    "ops.cbrt": special.cube_root,
    "ops.deg2rad": lambda x: math.multiply(x, np.pi / 180),
    "ops.rad2deg": lambda x: math.multiply(x, 180 / np.pi),
    "ops.sinc": special.sinc,
}
"""Operations on one operand, which is taken as floats."""

UNARY: dict[str, Unary] = {
    "ops.negative": math.negative,
    "ops.absolute": math.absolute,
    "ops.abs": math.absolute,
    "ops.sign": math.sign,
    "ops.trunc": math.truncate,
    "ops.isnan": math.is_nan,
    "ops.isinf": math.is_infinite,
    "ops.isfinite": math.is_finite,
    "ops.isposinf": math.is_infinity,
    "ops.isneginf": lambda x: math.is_infinity(x, negative=True),
    "ops.logical_not": lambda x: math.logical_not(cast(x, DType.BOOL)),
}
"""Operations on one operand of any type."""

LOGICAL: dict[str, Binary] = {
    "ops.logical_and": math.logical_and,
    "ops.logical_or": math.logical_or,
    "ops.logical_xor": math.not_equal,
}
"""Operations on the truth of two operands."""


def _power(x: Value, y: Value) -> Value:
    """Powers; of integers that POW does not take, by squaring, unless it is a usual exponent."""
    usual = y.constant is not None and y.constant.type.elements == 1 and y.constant.array().item() in range(1, 5)
    if x.type.dtype in (DType.INT64, DType.UINT32) and not usual:
        return integers.power(x, y)
    return math.power(x, y)


def _where_number(x: Value, y: Value, both: Value) -> Value:
    """One of two where the other is not a number, elsewhere what was made of both."""
    if not x.type.dtype.is_float:
        return both
    return select(math.is_nan(x), y, select(math.is_nan(y), x, both))


def _register(name: str, function: Callable[..., Value], rule: Callable[..., list[Value]]) -> None:
    @lowers(name)
    def lower(x1: Any, x2: Any) -> Value:
        return function(*rule(x1, x2))


def _register_unary(name: str, function: Unary, rule: Callable[[Any], Value]) -> None:
    @lowers(name)
    def lower(x: Any) -> Value:
        return function(rule(x))


def _truths(*operands: Any) -> list[Value]:
    return [as_value(operand, DType.BOOL) for operand in operands]


for _name, _function in PROMOTING.items():
    _register(_name, _function, promote)
for _name, _function in FLOATING.items():
    _register(_name, _function, promote_float)
for _name, _function in LOGICAL.items():
    _register(_name, _function, _truths)
for _name, _unary in FLOATING_UNARY.items():
    _register_unary(_name, _unary, float_value)
for _name, _unary in UNARY.items():
    _register_unary(_name, _unary, as_value)


def _numbers(*operands: Any) -> list[Value]:
    """Operands of one type, which is not boolean: truth counts as 0 and 1."""
    dtype = common_dtype(*operands)
    return [as_value(operand, DType.INT32 if dtype is DType.BOOL else dtype) for operand in operands]


@lowers("ops.mod")
def mod(x1: Any, x2: Any) -> Value:
    return math.floor_mod(*_numbers(x1, x2))


@lowers("ops.fmod")
def fmod(x1: Any, x2: Any) -> Value:
    return math.truncated_mod(*_numbers(x1, x2))


@lowers("ops.square")
def square(x: Any) -> Value:
    (number,) = _numbers(x)
    return math.square(number)


@lowers("ops.reciprocal")
def reciprocal(x: Any) -> Value:
    value = as_value(x)
    if not value.type.dtype.is_float:
        raise Unsupported(f"the reciprocal of {value.type.dtype}, which Keras backends round each in their own way")
    return math.reciprocal(value)


@lowers("ops.divide_no_nan")
def divide_no_nan(x1: Any, x2: Any) -> Value:
    dividend, divisor = promote_float(x1, x2)
    quotient = math.divide(dividend, divisor)
    return select(math.equal(divisor, 0), as_value(0, quotient.type.dtype), quotient)


@lowers("ops.round")
def round(x: Any, decimals: int = 0) -> Value:
    value = as_value(x)
    if not value.type.dtype.is_float:
        if decimals < 0:
            raise Unsupported(f"integers rounded to {decimals} decimals")
        return value
    if not decimals:
        return math.round_half_even(value)
    factor = float(10**decimals)
    return math.divide(math.round_half_even(math.multiply(value, factor)), factor)


@lowers("ops.clip")
def clip(x: Any, x_min: Any, x_max: Any) -> Value:
    (value,) = _numbers(x)
    dtype = value.type.dtype
    bounds = [bound for bound in (x_min, x_max) if bound is not None]
    common = common_dtype(value, *bounds) if dtype.is_integer else dtype
    low, high = (None if bound is None else _bound(bound, common) for bound in (x_min, x_max))
    return cast(math.clip(cast(value, common), low, high), dtype)


def _bound(bound: Any, dtype: DType) -> Value:
    """A limit as a value of a type; infinities have no effect on integers."""
    if isinstance(bound, (int, float)) and dtype.is_integer:
        bound = int(np.clip(bound, np.iinfo(dtype.numpy).min, np.iinfo(dtype.numpy).max))
    return as_value(bound, dtype)


@lowers("ops.isclose")
def is_close(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Value:
    x, y = promote_float(x1, x2)
    limit = math.add(math.multiply(math.absolute(y), rtol), atol)
    near = math.less_equal(math.absolute(math.subtract(x, y)), limit)
    result = math.logical_or(math.equal(x, y), math.logical_and(near, math.is_finite(y)))
    return math.logical_or(result, math.logical_and(math.is_nan(x), math.is_nan(y))) if equal_nan else result


@lowers("ops.allclose")
def all_close(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Value:
    return math.all(is_close(x1, x2, rtol, atol, equal_nan))


@lowers("ops.nan_to_num")
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Value:
    value = as_value(x)
    dtype = value.type.dtype
    if not dtype.is_float:
        return value
    largest = math.LARGEST if dtype is DType.FLOAT64 else float(ml_dtypes.finfo(dtype.numpy).max)  # type: ignore[no-untyped-call]
    result = select(math.is_nan(value), as_value(nan, dtype), value)
    above = as_value(largest if posinf is None else posinf, dtype)
    below = as_value(-largest if neginf is None else neginf, dtype)
    result = select(math.is_infinity(value), above, result)
    return select(math.is_infinity(value, negative=True), below, result)


@lowers("ops.hypot")
def hypot(x1: Any, x2: Any) -> Value:
    return special.hypot(*promote_float(x1, x2))


@lowers("ops.heaviside")
def heaviside(x1: Any, x2: Any) -> Value:
    x, at_zero = promote_float(x1, x2)
    step = select(math.is_nan(x), x, cast(math.greater(x, 0), x.type.dtype))
    return select(math.equal(x, 0), at_zero, step)


@lowers("ops.bitwise_not", "ops.bitwise_invert")
def bitwise_not(x: Any) -> Value:
    value = as_value(x)
    if value.type.dtype is DType.BOOL:
        return math.logical_not(value)
    ones = -1 if not math.is_unsigned(value.type.dtype) else np.iinfo(value.type.dtype.numpy).max
    return math.subtract(ones, value)


@lowers("ops.right_shift", "ops.bitwise_right_shift")
def right_shift(x: Any, y: Any) -> Value:
    return math.right_shift(*promote(x, y))


@lowers("ops.left_shift", "ops.bitwise_left_shift")
def left_shift(x: Any, y: Any) -> Value:
    value, places = promote(x, y)
    return math.multiply(value, math.power(full((), 2, value.type.dtype), places))
