"""The gamma function and its kin, in LiteRT operators; all take floats and compute in float32.

Where x is below 1/2, they follow from their values at 1 - x (reflection). Results near zeros have no exact digits:
errors count relative to the largest of result and 1.
"""

from __future__ import annotations

import math as scalar

from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select

LANCZOS = (
    *(676.520368121885098567009190444019, -1259.13921672240287047156078755283, 771.3234287776530788486528258894),
    *(-176.61502916214059906584551354, 12.507343278686904814458936853, -0.13857109526572011689554707),
    *(9.984369578019570859563e-6, 1.50563273514931155834e-7),
)
"""Lanczos' approximation for g = 7 and n = 9, without its first coefficient, which is 1 within 1e-12."""

G = 7.0


@decomposition
def log_gamma(x: Value) -> Value:
    """The logarithm of the magnitude of gamma(x), within 2e-6; infinite at 0 and the negative integers."""
    value = cast(x, DType.FLOAT32)
    reflected = math.less(value, 0.5)
    z = select(reflected, math.negative(value), math.subtract(value, 1.0))
    series = as_value(1.0, DType.FLOAT32)
    for place, coefficient in enumerate(LANCZOS, 1):
        series = math.add(math.divide(coefficient, math.add(z, float(place))), series)
    t = math.add(z, G + 0.5)
    # (z + 1/2) log t - t, written so that the large terms do not cancel
    log_t = math.log(t)
    power = math.multiply(math.subtract(math.add(z, 0.5), math.divide(t, log_t)), log_t)
    direct = math.add(math.add(power, scalar.log(2 * scalar.pi) / 2), math.log(series))
    result = select(reflected, math.subtract(_log_of_reflection(value), direct), direct)
    return cast(select(math.is_infinite(value), as_value(scalar.inf, DType.FLOAT32), result), x.type.dtype)


def _log_of_reflection(x: Value) -> Value:
    """log(pi / |sin(pi x)|), infinite at integers."""
    sine = math.sin(math.multiply(_distance_to_integer(x), scalar.pi))
    return math.subtract(scalar.log(scalar.pi), math.log(sine))


def _distance_to_integer(x: Value) -> Value:
    """How far x is from the nearest integer, 0 to 1/2: exact."""
    fraction = math.subtract(x, math.floor(x))
    return math.minimum(fraction, math.subtract(1.0, fraction))


@decomposition
def digamma(x: Value) -> Value:
    """The derivative of `log_gamma`, within 3e-6; not a number at 0 and the negative integers."""
    value = cast(x, DType.FLOAT32)
    reflected = math.less(value, 0.5)
    z = select(reflected, math.negative(value), math.subtract(value, 1.0))
    series, slope = as_value(1.0, DType.FLOAT32), as_value(0.0, DType.FLOAT32)
    for place, coefficient in enumerate(LANCZOS, 1):
        term = math.divide(coefficient, math.add(z, float(place)))
        series, slope = math.add(series, term), math.subtract(slope, math.divide(term, math.add(z, float(place))))
    t = math.add(z, G + 0.5)
    direct = math.subtract(math.add(math.log(t), math.divide(slope, series)), math.divide(G, t))
    angle = math.multiply(math.subtract(value, math.round_half_even(value)), scalar.pi)
    turned = math.divide(math.multiply(math.cos(angle), scalar.pi), math.sin(angle))
    result = select(reflected, math.subtract(direct, turned), direct)
    pole = math.logical_and(math.less_equal(value, 0.0), math.equal(value, math.floor(value)))
    return cast(select(pole, as_value(scalar.nan, DType.FLOAT32), result), x.type.dtype)


TERMS = 9
"""How many terms of the series of `zeta` are summed one by one."""

EULER_MACLAURIN = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160)
"""Bernoulli's numbers of even index 2j over (2j)!, for the rest of the series."""


@decomposition
def zeta(s: Value, q: Value) -> Value:
    """Hurwitz' zeta, the sum of (q + k) ** -s for k = 0, 1, ..., for s > 1 and q > 0; within 5e-6 of its value."""
    power = math.negative(s)
    total = math.power(q, power)
    for term in range(1, TERMS):
        total = math.add(total, math.power(math.add(q, float(term)), power))
    edge = math.add(q, float(TERMS))
    last = math.power(edge, power)
    total = math.add(total, math.add(math.divide(math.multiply(last, edge), math.subtract(s, 1.0)), _half(last)))
    factor = math.divide(math.multiply(s, last), edge)
    squared = math.square(edge)
    for place, coefficient in enumerate(EULER_MACLAURIN):
        total = math.add(total, math.multiply(factor, coefficient))
        rising = math.multiply(math.add(s, 2.0 * place + 1.0), math.add(s, 2.0 * place + 2.0))
        factor = math.divide(math.multiply(factor, rising), squared)
    return total


def _half(x: Value) -> Value:
    return math.multiply(x, 0.5)


@decomposition
def polygamma(order: Value, x: Value) -> Value:
    """The derivative of `digamma` of an order of 1 or more (0: itself) for x > 0; within 1e-5 of its value."""
    above = math.add(order, 1.0)
    size = math.multiply(math.exp(log_gamma(above)), zeta(math.maximum(above, 1.5), x))
    is_even = math.equal(math.floor_mod(order, 2.0), 0.0)
    return select(math.equal(order, 0.0), digamma(x), select(is_even, math.negative(size), size))
