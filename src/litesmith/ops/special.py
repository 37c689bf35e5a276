"""Functions of one number that LiteRT has no operator for, made of those that it has.

All of them take floats. Errors are those measured in the runtime with XNNPACK, whose kernels
for EXP, LOG, SIN and COS are a little less precise than the C library's.
"""

from __future__ import annotations

import math as scalar
from collections.abc import Sequence

from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, broadcast_shape, broadcast_to, cast
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select
from litesmith.ops.widening import compute
from litesmith.opset.binary import Atan2
from litesmith.opset.elementwise import Elu, Logistic

ERF_NUMERATOR = (
    *(-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05),
    *(-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02),
)
ERF_DENOMINATOR = (
    *(-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03),
    *(-1.42647390514189e-02,),
)
"""Rational approximation of erf(x) / x in x squared for |x| <= 4, highest power first (Cephes; Eigen uses it)."""

ERFINV_CENTRAL = (
    *(2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 2.1858087e-04),
    *(-1.25372503e-03, -4.17768164e-03, 2.46640727e-01, 1.50140941),
)
ERFINV_TAIL = (
    *(-2.00214257e-04, 1.00950558e-04, 1.34934322e-03, -3.67342844e-03, 5.73950773e-03),
    *(-7.6224613e-03, 9.43887047e-03, 1.00167406, 2.83297682),
)
"""Approximations of erfinv(x) / x: in w - 2.5 for w = -log(1 - x ** 2) < 5, in sqrt(w) - 3 above (M. Giles, 2010)."""

I0_NEAR_0 = (
    *(1.42133745e-13, 5.22840279e-12, 6.596844e-10, 3.88687257e-08, 1.9324598e-06, 6.94297824e-05),
    *(1.73614811e-03, 2.77777265e-02, 2.50000034e-01, 0.999999992, 1.0),
)
I0_TAIL = (4.30052545e-01, -2.91086072e-02, 3.5834503e-02, 2.77745705e-02, 4.98728464e-02, 3.98942249e-01)
"""Least relative errors of i0(x): in (x / 2) ** 2 up to x = 8; of i0(x) sqrt(x) exp(-x) in 1 / x from 8 to 100."""


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """The polynomial with these coefficients, highest power first, by Horner's rule."""
    result = math.multiply(x, coefficients[0])
    for coefficient in coefficients[1:-1]:
        result = math.multiply(math.add(result, coefficient), x)
    return math.add(result, coefficients[-1])


@decomposition
def erf(x: Value) -> Value:
    """The error function, within 5e-7 of its value everywhere."""
    limited = math.clip(cast(x, DType.FLOAT32), -4.0, 4.0)
    squared = math.square(limited)
    numerator = math.multiply(limited, polynomial(squared, ERF_NUMERATOR))
    return cast(math.divide(numerator, polynomial(squared, ERF_DENOMINATOR)), x.type.dtype)


@decomposition
def erfc(x: Value) -> Value:
    """1 - erf(x), within 5e-7; small values, above x = 3, have no exact digits."""
    return math.subtract(1.0, erf(x))


@decomposition
def erfinv(x: Value) -> Value:
    """The inverse of erf, within 6e-7 of its value; infinite at -1 and 1, not a number beyond."""
    w = math.negative(math.log(math.multiply(math.subtract(1.0, x), math.add(x, 1.0))))
    central = polynomial(math.subtract(w, 2.5), ERFINV_CENTRAL)
    tail = polynomial(math.subtract(math.sqrt(w), 3.0), ERFINV_TAIL)
    found = math.multiply(x, select(math.less(w, 5.0), central, tail))
    magnitude = math.absolute(x)
    edge = math.multiply(x, scalar.inf)
    inside = select(math.less(magnitude, 1.0), found, edge)
    return select(math.greater(magnitude, 1.0), as_value(scalar.nan, x.type.dtype), inside)


@decomposition
def i0(x: Value) -> Value:
    """The modified Bessel function of the first kind, of order 0, infinite from 92 on.

    Within 1e-6 of its value up to 16, and 6e-6 at 91, as XNNPACK's EXP loses precision with the magnitude.
    """
    magnitude = math.absolute(x)
    near = polynomial(math.square(math.multiply(math.minimum(magnitude, 8.0), 0.5)), I0_NEAR_0)
    far = math.clip(magnitude, 8.0, 1e3)
    root = math.exp(math.multiply(far, 0.5))  # exp(x) itself overflows before i0(x) does
    part = math.divide(polynomial(math.reciprocal(far), I0_TAIL), math.sqrt(far))
    return select(math.less(magnitude, 8.0), near, math.multiply(math.multiply(root, part), root))


@decomposition
def expm1(x: Value) -> Value:
    """exp(x) - 1, within 1e-6 of its value also near 0.

    ELU is exp(x) - 1 below 0; above it, exp(x) - 1 = -(exp(-x) - 1) * exp(x).
    """
    below = compute(Elu(), math.minimum(x, 0.0))
    above = compute(Elu(), math.minimum(math.negative(x), 0.0))
    return math.subtract(below, math.multiply(above, math.exp(x)))


@decomposition
def log1p(x: Value) -> Value:
    """log(1 + x), within 1e-6 of its value also near 0.

    Near 0 it is 2 artanh(s) with s = x / (2 + x), by the series of artanh up to the seventh power.
    """
    s = math.divide(x, math.add(x, 2.0))
    series = math.multiply(s, polynomial(math.square(s), (2 / 7, 2 / 5, 2 / 3, 2.0)))
    return select(math.less(math.absolute(x), 0.2), series, math.log(math.add(x, 1.0)))


def log_of_base(x: Value, base: float) -> Value:
    """The logarithm to another base."""
    return math.multiply(math.log(x), 1.0 / scalar.log(base))


def exp2(x: Value) -> Value:
    """2 to the power of x."""
    return math.exp(math.multiply(x, scalar.log(2.0)))


@decomposition
def softplus(x: Value) -> Value:
    """log(1 + exp(x)), without overflow; within 6e-7, so that it has no exact digits below x = -14."""
    return math.subtract(math.clip(x, 0.0, None), _log_sigmoid_of_magnitude(x))


@decomposition
def log_sigmoid(x: Value) -> Value:
    """log(1 / (1 + exp(-x))), without overflow; within 6e-7."""
    return math.add(math.minimum(x, 0.0), _log_sigmoid_of_magnitude(x))


def _log_sigmoid_of_magnitude(x: Value) -> Value:
    return math.log(compute(Logistic(), math.absolute(x)))


@decomposition
def log_add_exp(x: Value, y: Value) -> Value:
    """log(exp(x) + exp(y)), without overflow; within 6e-7 of its value or of 1."""
    difference = math.subtract(x, y)
    return math.subtract(math.maximum(x, y), _log_sigmoid_of_magnitude(difference))


def log2_add_exp2(x: Value, y: Value) -> Value:
    """log2(2 ** x + 2 ** y), without overflow."""
    base = scalar.log(2.0)
    return math.multiply(log_add_exp(math.multiply(x, base), math.multiply(y, base)), 1 / base)


def cube_root(x: Value) -> Value:
    """The real cube root."""
    return math.multiply(math.sign(x), math.power(math.absolute(x), 1 / 3))


def sinc(x: Value) -> Value:
    """sin(pi x) / (pi x), and 1 for x = 0; as precise as `sin`."""
    angle = math.multiply(x, scalar.pi)
    return select(math.equal(x, 0.0), as_value(1.0, x.type.dtype), math.divide(math.sin(angle), angle))


def tan(x: Value) -> Value:
    """The tangent of radians, as sin / cos: its zeros other than 0 are as far off as those of `sin`."""
    return math.divide(math.sin(x), math.cos(x))


def sinh(x: Value) -> Value:
    """The hyperbolic sine: for a = |x|, -(exp(-a) - 1) * (exp(a) + 1) / 2, which is precise near 0."""
    magnitude = math.absolute(x)
    shrunk = compute(Elu(), math.negative(magnitude))
    grown = math.add(math.multiply(math.exp(magnitude), -0.5), -0.5)
    return math.multiply(math.sign(x), math.multiply(shrunk, grown))


def cosh(x: Value) -> Value:
    """The hyperbolic cosine."""
    grown = math.exp(math.absolute(x))
    return math.multiply(math.add(grown, math.reciprocal(grown)), 0.5)


def arctan2(y: Value, x: Value) -> Value:
    """The angle of the point (x, y), in radians; ATAN2 does not broadcast by itself."""
    shape = broadcast_shape(y, x)
    dtype = y.type.dtype
    y, x = (broadcast_to(cast(part, DType.FLOAT32), shape) for part in (y, x))
    return cast(compute(Atan2(), y, x), dtype)


def arctan(x: Value) -> Value:
    """The angle whose tangent is x, in radians."""
    return arctan2(x, as_value(1.0, x.type.dtype))


def arcsin(x: Value) -> Value:
    """The angle whose sine is x, in radians."""
    return arctan2(x, _other_leg(x))


def arccos(x: Value) -> Value:
    """The angle whose cosine is x, in radians."""
    return arctan2(_other_leg(x), x)


def _other_leg(x: Value) -> Value:
    """sqrt(1 - x ** 2), factored so that it is precise near 1."""
    return math.sqrt(math.multiply(math.subtract(1.0, x), math.add(x, 1.0)))


def arcsinh(x: Value) -> Value:
    """The inverse of sinh: log1p(a + a ** 2 / (1 + sqrt(a ** 2 + 1))) for a = |x|; the quotient is a for large a."""
    magnitude = math.absolute(x)
    squared = math.square(magnitude)
    root = math.sqrt(math.add(squared, 1.0))
    quotient = select(math.less(magnitude, 1e9), math.divide(squared, math.add(root, 1.0)), magnitude)
    return math.multiply(math.sign(x), log1p(math.add(magnitude, quotient)))


def arccosh(x: Value) -> Value:
    """The inverse of cosh, for x of at least 1: log1p(x - 1 + sqrt((x - 1) * (x + 1))); the root is x for large x."""
    above = math.subtract(x, 1.0)
    root = select(math.less(x, 1e9), math.sqrt(math.multiply(above, math.add(x, 1.0))), x)
    return log1p(math.add(above, root))


def hypot(x: Value, y: Value) -> Value:
    """The root of x ** 2 + y ** 2, whose squares neither overflow nor vanish for magnitudes from 1e-27 to 1e38."""
    plain = math.add(math.square(x), math.square(y))
    scale = select(math.greater(plain, 1e20), as_value(2.0**-70, x.type.dtype), as_value(2.0**30, x.type.dtype))
    scaled = math.add(math.square(math.multiply(x, scale)), math.square(math.multiply(y, scale)))
    return math.divide(math.sqrt(scaled), scale)


def arctanh(x: Value) -> Value:
    """The inverse of tanh, infinite at 1: (log(1 + x) - log(1 - x)) / 2; near 0 its series up to the ninth power."""
    series = math.multiply(x, polynomial(math.square(x), (1 / 9, 1 / 7, 1 / 5, 1 / 3, 1.0)))
    difference = math.subtract(math.log(math.add(x, 1.0)), math.log(math.subtract(1.0, x)))
    return select(math.less(math.absolute(x), 0.2), series, math.multiply(difference, 0.5))
