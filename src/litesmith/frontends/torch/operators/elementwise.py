"""Functions of each element by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from litesmith.frontends.torch.promotion import as_floats, as_one_type
from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, gamma, math, nn, special
from litesmith.ops import complex as complexes
from litesmith.ops.array import as_value, broadcast_to, cast, full
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select

OF_REALS: dict[str, Callable[..., Value]] = {
    "sqrt": math.sqrt,
    "rsqrt": math.rsqrt,
    "reciprocal": math.reciprocal,
    "exp": math.exp,
    "exp2": special.exp2,
    "expm1": special.expm1,
    "special_expm1": special.expm1,
    "log": math.log,
    "log1p": special.log1p,
    "log2": partial(special.log_of_base, base=2.0),
    "log10": partial(special.log_of_base, base=10.0),
    "sin": math.sin,
    "cos": math.cos,
    "tan": special.tan,
    "asin": special.arcsin,
    "acos": special.arccos,
    "atan": special.arctan,
    "sinh": special.sinh,
    "cosh": special.cosh,
    "tanh": nn.tanh,
    "asinh": special.arcsinh,
    "acosh": special.arccosh,
    "atanh": special.arctanh,
    "sigmoid": nn.sigmoid,
    "special_expit": nn.sigmoid,
    "erf": special.erf,
    "special_erf": special.erf,
    "erfc": special.erfc,
    "special_erfc": special.erfc,
    "erfinv": special.erfinv,
    "special_erfinv": special.erfinv,
    "lgamma": gamma.log_gamma,
    "special_gammaln": gamma.log_gamma,
    "digamma": gamma.digamma,
    "special_digamma": gamma.digamma,
    "i0": special.i0,
    "special_i0": special.i0,
    "sinc": special.sinc,
    "special_sinc": special.sinc,
}
"""Functions of reals: integers become float32 first."""


def _of_reals(function: Callable[..., Value], x: Value) -> Value:
    (number,) = as_floats(x)
    return function(number)


for _name, _function in OF_REALS.items():
    imports(_name)(partial(_of_reals, _function))


ROUNDING: dict[str, Callable[[Value], Value]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.truncate,
    "fix": math.truncate,
}


def _rounded(function: Callable[[Value], Value], x: Value) -> Value:
    return function(x) if x.type.dtype.is_float else x


for _name, _function in ROUNDING.items():
    imports(_name)(partial(_rounded, _function))


@imports("round")
def round_(x: Value, decimals: int = 0) -> Value:
    """To the nearest, halves to the even one."""
    if not x.type.dtype.is_float:
        return x
    if not decimals:
        return math.round_half_even(x)
    scale = 10.0 ** abs(decimals)
    if decimals > 0:
        return math.divide(math.round_half_even(math.multiply(x, scale)), scale)
    return math.multiply(math.round_half_even(math.divide(x, scale)), scale)


@imports("frac")
def frac(x: Value) -> Value:
    return math.subtract(x, math.truncate(x))


@imports("neg", "negative")
def neg(x: Value) -> Value:
    return math.negative(x)


@imports("abs", "absolute")
def abs_(x: Value) -> Value:
    return math.absolute(x)


@imports("sign", "sgn")
def sign(x: Value) -> Value:
    """Of what is not a number, 0, as torch has it."""
    if x.type.dtype is DType.BOOL:
        return x
    if not x.type.dtype.is_float:
        return math.sign(x)
    dtype = x.type.dtype
    return math.subtract(cast(math.greater(x, 0.0), dtype), cast(math.less(x, 0.0), dtype))


@imports("square")
def square(x: Value) -> Value:
    return math.square(x)


@imports("signbit")
def signbit(x: Value) -> Value:
    if math.is_unsigned(x.type.dtype):
        return full(x.type.shape, False, DType.BOOL)
    return bits.sign_bit(x)


@imports("logit", "special_logit")
def logit(x: Value, eps: float | None = None) -> Value:
    (number,) = as_floats(x)
    if eps is not None:
        number = math.clip(number, eps, 1.0 - eps)
    return math.log(math.divide(number, math.subtract(1.0, number)))


@imports("polygamma", "special_polygamma")
def polygamma(n: int, x: Value) -> Value:
    (number,) = as_floats(x)
    return gamma.polygamma(constant(float(n), number.type.dtype), number)


@imports("special_zeta")
def zeta(x: Any, other: Any) -> Value:
    return gamma.zeta(*as_floats(x, other))


@imports("ldexp.Tensor")
def ldexp(x: Value, other: Value) -> Value:
    (number,) = as_floats(x)
    return bits.scaled_by_power(number, cast(other, DType.INT32))


@imports("deg2rad")
def deg2rad(x: Value) -> Value:
    (number,) = as_floats(x)
    return math.multiply(number, 3.141592653589793 / 180)


@imports("rad2deg")
def rad2deg(x: Value) -> Value:
    (number,) = as_floats(x)
    return math.multiply(number, 180 / 3.141592653589793)


@imports("clamp", "clip")
def clamp(x: Value, min: Any = None, max: Any = None) -> Value:
    bounds = [bound for bound in (min, max) if bound is not None]
    number, *_ = as_one_type(x, *bounds)
    low, high = (None if bound is None else _limit(bound, number.type.dtype) for bound in (min, max))
    return math.clip(number, low, high)


def _limit(bound: Any, dtype: DType) -> Any:
    return cast(bound, dtype) if isinstance(bound, Value) else bound


@imports("clamp_min")
def clamp_min(x: Value, min: Any) -> Value:
    return clamp(x, min)


@imports("clamp_max")
def clamp_max(x: Value, max: Any) -> Value:
    return clamp(x, None, max)


@imports("isnan")
def isnan(x: Value) -> Value:
    return math.is_nan(x)


@imports("isinf")
def isinf(x: Value) -> Value:
    return math.is_infinite(x)


@imports("isfinite")
def isfinite(x: Value) -> Value:
    return math.is_finite(x)


@imports("isposinf")
def isposinf(x: Value) -> Value:
    return math.is_infinity(x)


@imports("isneginf")
def isneginf(x: Value) -> Value:
    return math.is_infinity(x, negative=True)


@imports("nan_to_num")
def nan_to_num(x: Value, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Value:
    if not x.type.dtype.is_float:
        return x
    dtype = x.type.dtype

    def number(given: float | None, otherwise: float) -> Value:
        return constant(otherwise if given is None else given, dtype)

    found = select(math.is_nan(x), number(nan, 0.0), x)
    found = select(math.is_infinity(x), number(posinf, math.LARGEST), found)
    return select(math.is_infinity(x, negative=True), number(neginf, -math.LARGEST), found)


@imports("where.self", "where.ScalarOther", "where.ScalarSelf", "where.Scalar")
def where(condition: Value, x: Any, other: Any) -> Value:
    then, otherwise = as_one_type(x, other)
    return select(condition, then, otherwise)


@imports("masked_fill")
def masked_fill(x: Value, mask: Value, value: Any) -> Value:
    return broadcast_to_both(select(mask, as_value(value, x.type.dtype), x), x)


def broadcast_to_both(result: Value, x: Value) -> Value:
    """A selection as it is; the mask may have made it larger than x."""
    return result if result.type.rank >= x.type.rank else broadcast_to(result, x.type.shape)


@imports("to", "_to_copy", "type_as")
def to(x: Value, dtypes: Sequence[DType], other: Value | None = None) -> Value:
    """Another element type: what is not 0 is true."""
    return converted(x, dtypes[0])


def converted(x: Value, dtype: DType) -> Value:
    """The elements as another type: of booleans, whether they are not 0."""
    if dtype is DType.BOOL and x.type.dtype is not DType.BOOL:
        return math.not_equal(x, 0)
    if x.type.dtype is DType.COMPLEX64 and dtype is not DType.COMPLEX64:
        return cast(complexes.real(x), dtype)
    return cast(x, dtype)


@imports("view.dtype")
def view_as_type(x: Value, dtype: DType) -> Value:
    return bits.view(x, dtype)


@imports(
    *("clone", "alias", "contiguous", "detach", "lift_fresh_copy", "lift_fresh", "lift", "positive", "detach_copy"),
    *("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "resolve_conj", "resolve_neg"),
)
def unchanged(x: Value, p: float = 0.0, train: bool = False) -> Value:
    """The same elements; dropout in training has no form."""
    if train and p > 0:
        raise Unsupported("dropout in training; call eval() on the module, or leave training=True out")
    return x


@imports("native_dropout")
def native_dropout(x: Value, p: float, train: bool | None) -> Sequence[Value]:
    if train and p > 0:
        raise Unsupported("dropout in training; call eval() on the module, or leave training=True out")
    return [x, full(x.type.shape, True, DType.BOOL)]


@imports("copy")
def copy(x: Value, src: Value) -> Value:
    """The elements of another tensor, in the shape and type of this one."""
    return broadcast_to(converted(src, x.type.dtype), x.type.shape)


@imports("fill")
def fill(x: Value, value: Any) -> Value:
    return broadcast_to(as_value(value, x.type.dtype), x.type.shape)


@imports("zero")
def zero(x: Value) -> Value:
    return full(x.type.shape, 0, x.type.dtype)
