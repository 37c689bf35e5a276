"""Arithmetic of each element by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, bits, gamma, math, nn, special
from litesmith.ops import complex as complexes
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.opset.binary import Div, Mul
from litesmith.opset.elementwise import Neg

PLAIN: dict[str, Callable[..., Value]] = {
    "Neg": math.negative,
    "Abs": math.absolute,
    "Sign": math.sign,
    "Floor": math.floor,
    "Ceil": math.ceil,
    "Rint": math.round_half_even,
    "Sqrt": math.sqrt,
    "Rsqrt": math.rsqrt,
    "Square": math.square,
    "Reciprocal": math.reciprocal,
    "Inv": math.reciprocal,
    "Exp": math.exp,
    "Expm1": special.expm1,
    "Log": math.log,
    "Log1p": special.log1p,
    "Sigmoid": nn.sigmoid,
    "Tanh": nn.tanh,
    "Sin": math.sin,
    "Cos": math.cos,
    "Tan": special.tan,
    "Asin": special.arcsin,
    "Acos": special.arccos,
    "Atan": special.arctan,
    "Atan2": special.arctan2,
    "Sinh": special.sinh,
    "Cosh": special.cosh,
    "Asinh": special.arcsinh,
    "Acosh": special.arccosh,
    "Atanh": special.arctanh,
    "Erf": special.erf,
    "Erfinv": special.erfinv,
    "Lgamma": gamma.log_gamma,
    "Digamma": gamma.digamma,
    "Zeta": gamma.zeta,
    "Polygamma": gamma.polygamma,
    "NextAfter": bits.next_after,
    "IsNan": math.is_nan,
    "IsInf": math.is_infinite,
    "IsFinite": math.is_finite,
    "LogicalNot": math.logical_not,
    "LogicalAnd": math.logical_and,
    "LogicalOr": math.logical_or,
    "Add": math.add,
    "AddV2": math.add,
    "Sub": math.subtract,
    "Mul": math.multiply,
    "RealDiv": math.divide,
    "FloorDiv": math.floor_divide,
    "FloorMod": math.floor_mod,
    "TruncateMod": math.truncated_mod,
    "Mod": math.truncated_mod,
    "Maximum": math.maximum,
    "Minimum": math.minimum,
    "Pow": math.power,
    "SquaredDifference": math.squared_difference,
    "BitwiseAnd": bits.bitwise_and,
    "BitwiseOr": bits.bitwise_or,
    "BitwiseXor": bits.bitwise_xor,
    "LeftShift": bits.shift_left,
    "Relu": nn.relu,
    "Relu6": nn.relu6,
    "Elu": nn.elu,
    "Selu": nn.selu,
    "Softplus": special.softplus,
    "Softsign": nn.softsign,
    "Conj": complexes.conjugate,
}
"""Operations of one or two operands that have no attributes that matter."""


def _of_one(function: Callable[..., Value], x: Value) -> Value:
    return function(x)


def _of_two(function: Callable[..., Value], x: Value, y: Value) -> Value:
    return function(x, y)


def _operands(function: Callable[..., Value]) -> int:
    return sum(each.default is each.empty for each in inspect.signature(function).parameters.values())


for _name, _function in PLAIN.items():
    imports(_name)(partial(_of_one if _operands(_function) == 1 else _of_two, _function))


@imports("Real")
def real(x: Value) -> Value:
    return complexes.real(x)


@imports("Imag")
def imag(x: Value) -> Value:
    return complexes.imag(x)


@imports("Angle")
def angle(x: Value) -> Value:
    return complexes.angle(x)


@imports("Complex")
def complex_(x: Value, y: Value) -> Value:
    return complexes.combine(x, y)


@imports("ComplexAbs")
def complex_abs(x: Value) -> Value:
    return math.absolute(x)


@imports("AddN", "AccumulateNV2")
def add_all(*operands: Value) -> Value:
    total = operands[0]
    for operand in operands[1:]:
        total = math.add(total, operand)
    return total


@imports("Div")
def divide(x: Value, y: Value) -> Value:
    """Integers divide toward zero."""
    return truncated_divide(x, y) if x.type.dtype.is_integer else math.divide(x, y)


@imports("TruncateDiv")
def truncated_divide(x: Value, y: Value) -> Value:
    """Without a fraction, of floats as well."""
    if not x.type.dtype.is_integer:
        return math.truncate(math.divide(x, y))
    rest = math.truncated_mod(x, y)
    return math.floor_divide(math.subtract(x, rest), y)


@imports("DivNoNan")
def divide_no_nan(x: Value, y: Value) -> Value:
    """0 where the divisor is."""
    zero, one = (array.as_value(number, x.type.dtype) for number in (0, 1))
    is_zero = math.equal(y, zero)
    return select(is_zero, zero, math.divide(x, select(is_zero, one, y)))


@imports("MulNoNan")
def multiply_no_nan(x: Value, y: Value) -> Value:
    """0 where the second is."""
    zero = array.as_value(0, x.type.dtype)
    return select(math.equal(y, zero), zero, math.multiply(x, y))


@imports("Xlogy")
def x_log_y(x: Value, y: Value) -> Value:
    return _times_where_not_zero(x, y, math.log)


@imports("Xlog1py")
def x_log1p_y(x: Value, y: Value) -> Value:
    return _times_where_not_zero(x, y, special.log1p)


@imports("Xdivy")
def x_div_y(x: Value, y: Value) -> Value:
    return _times_where_not_zero(x, y, math.reciprocal)


def _times_where_not_zero(x: Value, y: Value, function: Callable[[Value], Value]) -> Value:
    zero = array.as_value(0, x.type.dtype)
    return select(math.equal(x, zero), zero, math.multiply(x, function(y)))


@imports("Round")
def round_(x: Value) -> Value:
    return math.round_half_even(x) if x.type.dtype.is_float else x


@imports("Cast")
def cast(x: Value, *, DstT: DType, Truncate: bool = False) -> Value:
    if Truncate and x.type.dtype.is_float and DstT.is_float:
        raise Unsupported("a cast of floats that cuts off bits; leave out Truncate=")
    if x.type.dtype is DstT:
        return x
    if DstT is DType.BOOL:
        return math.not_equal(x, array.as_value(0, x.type.dtype))
    if x.type.dtype is DType.COMPLEX64 and DstT is not DType.COMPLEX64:
        return array.cast(complexes.real(x), DstT)
    return array.cast(x, DstT)


@imports("Bitcast")
def bitcast(x: Value, *, type: DType) -> Value:
    return bits.view(x, type)


@imports("Erfc")
def erfc(x: Value) -> Value:
    """Of -y it is 1 + erf(y), as it stands in GELU."""
    positive = _negated(x)
    return special.erfc(x) if positive is None else math.add(special.erf(positive), 1.0)


def _negated(x: Value) -> Value | None:
    """What x is the negative of, where that is to be seen."""
    if x.producer is None:
        return None
    operator, operands = x.producer.operator, x.producer.operands
    if isinstance(operator, Neg):
        return operands[0]
    if isinstance(operator, (Mul, Div)) and operands[0] is not None and operands[1] is not None:
        first = _negated(operands[0])
        if first is not None:
            return math.multiply(first, operands[1]) if isinstance(operator, Mul) else math.divide(first, operands[1])
    return None


@imports("RightShift")
def shift_right(x: Value, places: Value) -> Value:
    return bits.shift_right(x, places, signed=not math.is_unsigned(x.type.dtype))


@imports("Invert")
def invert(x: Value) -> Value:
    """All bits turned around."""
    dtype = x.type.dtype
    ones = 2**dtype.bits - 1 if math.is_unsigned(dtype) else -1
    return math.subtract(array.as_value(ones, dtype), x)


@imports("LeakyRelu")
def leaky_relu(x: Value, *, alpha: float = 0.2) -> Value:
    return nn.leaky_relu(x, alpha)


@imports("ClipByValue")
def clip(x: Value, low: Value, high: Value) -> Value:
    return math.minimum(math.maximum(x, low), high)


@imports("BesselI0")
def bessel_i0(x: Value) -> Value:
    return special.i0(x)


@imports("Ndtri")
def inverse_of_normal_distribution(x: Value) -> Value:
    """The number that a normal one is below with a probability."""
    return math.multiply(special.erfinv(math.subtract(math.multiply(x, 2.0), 1.0)), 2.0**0.5)
