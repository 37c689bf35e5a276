"""Arithmetic of each element by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import bits, floats, gamma, math, nn, special
from litesmith.ops import complex as complexes
from litesmith.ops.array import as_value, cast
from litesmith.ops.indexing import select

PLAIN: dict[str, Callable[..., Value]] = {
    "neg": math.negative,
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": math.absolute,
    "sign": math.sign,
    "sqrt": math.sqrt,
    "rsqrt": math.rsqrt,
    "cbrt": special.cube_root,
    "square": math.square,
    "exp": math.exp,
    "exp2": special.exp2,
    "expm1": special.expm1,
    "log": math.log,
    "log1p": special.log1p,
    "logistic": nn.sigmoid,
    "tanh": nn.tanh,
    "sin": math.sin,
    "cos": math.cos,
    "tan": special.tan,
    "asin": special.arcsin,
    "acos": special.arccos,
    "atan": special.arctan,
    "atan2": special.arctan2,
    "sinh": special.sinh,
    "cosh": special.cosh,
    "asinh": special.arcsinh,
    "acosh": special.arccosh,
    "atanh": special.arctanh,
    "erf": special.erf,
    "erfc": special.erfc,
    "erf_inv": special.erfinv,
    "lgamma": gamma.log_gamma,
    "digamma": gamma.digamma,
    "zeta": gamma.zeta,
    "polygamma": gamma.polygamma,
    "is_finite": math.is_finite,
    "nextafter": bits.next_after,
    "real": complexes.real,
    "imag": complexes.imag,
    "conj": complexes.conjugate,
    "complex": complexes.combine,
    "add": math.add,
    "add_any": math.add,
    "sub": math.subtract,
    "mul": math.multiply,
    "div": math.divide,
    "rem": math.truncated_mod,
    "max": math.maximum,
    "min": math.minimum,
}
"""Primitives of one or two operands that have no parameters that matter."""

OF_TRUTHS: dict[str, Callable[[Value, Value], Value]] = {
    "add": math.logical_or,
    "mul": math.logical_and,
    "max": math.logical_or,
    "min": math.logical_and,
}


def _plain(function: Callable[..., Value], of_truths: Callable[..., Value] | None, *operands: Value) -> Value:
    if of_truths is not None and operands[0].type.dtype is DType.BOOL:
        return of_truths(*operands)
    return function(*operands)


for _name, _function in PLAIN.items():
    imports(_name)(partial(_plain, _function, OF_TRUTHS.get(_name)))


@imports("pow")
def power(x: Value, y: Value) -> Value:
    """An exponent may be an integer where the base is none."""
    if x.type.dtype is y.type.dtype and x.type.dtype is not DType.COMPLEX64:
        return math.power(x, y)
    if x.type.dtype is DType.COMPLEX64:
        return math.exp(math.multiply(cast(y, DType.COMPLEX64), math.log(x)))
    return math.power(x, cast(y, x.type.dtype))


@imports("integer_pow")
def integer_pow(x: Value, *, y: int) -> Value:
    return floats.integer_power(x, y)


@imports("round")
def round_(x: Value, *, rounding_method: Any) -> Value:
    return floats.round_half_away(x) if int(rounding_method) == 0 else math.round_half_even(x)


@imports("clamp")
def clamp(low: Value, x: Value, high: Value) -> Value:
    return math.minimum(math.maximum(x, low), high)


@imports("select_n")
def select_n(which: Value, *cases: Value) -> Value:
    """The case with the number that `which` holds, a boolean or an integer."""
    if len(cases) == 1:
        return cases[0]
    if which.type.dtype is DType.BOOL:
        return select(which, cases[1], cases[0])
    result = cases[-1]
    for place in reversed(range(len(cases) - 1)):
        result = select(math.less_equal(which, place), cases[place], result)
    return result


@imports("convert_element_type")
def convert_element_type(x: Value, *, new_dtype: DType) -> Value:
    if new_dtype is DType.BOOL:
        return math.not_equal(x, 0) if x.type.dtype is not DType.BOOL else x
    if x.type.dtype is DType.COMPLEX64 and new_dtype is not DType.COMPLEX64:
        return cast(complexes.real(x), new_dtype)
    return cast(x, new_dtype)


@imports("reduce_precision")
def reduce_precision(x: Value, *, exponent_bits: int, mantissa_bits: int) -> Value:
    if exponent_bits >= 8 and mantissa_bits >= 23:
        return x
    return floats.with_fewer_bits(x, exponent_bits, mantissa_bits)


@imports("copy", "copy_p", "stop_gradient", "name", "device_put", "optimization_barrier", "sharding_constraint")
def unchanged(*operands: Value) -> Sequence[Value]:
    return operands


@imports("dim_as_value", "dimension_as_value")
def dim_as_value(*, dim: Any, types: Sequence[TensorType]) -> Value:
    return as_value(dim, types[0].dtype)
