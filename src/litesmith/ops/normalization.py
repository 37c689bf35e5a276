"""Normalisation by statistics that are known, or computed from the tensor itself. All of it takes floats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Array, Constant
from litesmith.ir.dims import Size
from litesmith.ir.expectations import note_normalized
from litesmith.ir.graph import Value
from litesmith.ir.normalizations import note_normalization
from litesmith.ops import math
from litesmith.ops.array import axes_of, reshape


def batch_norm(
    x: Value, mean: Value, variance: Value, axis: int, offset: Value | None, scale: Value | None, epsilon: float
) -> Value:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, with one number of each for each index of `axis`.

    One MUL and one ADD, whose constants are computed when they are written, if the statistics are constants.
    """
    parts = [part for part in (mean, variance, offset, scale) if part is not None]
    if mean.constant is not None and variance.constant is not None:
        note_normalized(x, mean.constant, variance.constant, axis)
    if axis in (-1, x.type.rank - 1):
        note_normalization(x, mean, variance)
    if all(part.is_constant for part in parts):
        factors, shifts = _folded(mean, variance, offset, scale, epsilon)
    else:
        factors = math.rsqrt(math.add(variance, epsilon))
        factors = factors if scale is None else math.multiply(factors, scale)
        shifts = math.multiply(mean, factors)
        shifts = math.negative(shifts) if offset is None else math.subtract(offset, shifts)
    return math.add(math.multiply(x, _along(factors, x, [axis])), _along(shifts, x, [axis]))


def _folded(
    mean: Value, variance: Value, offset: Value | None, scale: Value | None, epsilon: float
) -> tuple[Value, Value]:
    """What to multiply with and what to add, from constant statistics; in float64 until it is rounded once."""

    def factors(variance: Array, scale: Array) -> Array:
        return np.asarray(scale / np.sqrt(variance + epsilon))

    def shifts(mean: Array, variance: Array, scale: Array, offset: Array) -> Array:
        return np.asarray(offset - mean * factors(variance, scale))

    scales = _filled_like(mean, 1.0) if scale is None else scale
    offsets = _filled_like(mean, 0.0) if offset is None else offset
    return (
        _combined(factors, ("batch_norm_factors", epsilon), variance, scales),
        _combined(shifts, ("batch_norm_shifts", epsilon), mean, variance, scales, offsets),
    )


def _filled_like(like: Value, number: float) -> Value:
    return constant_value(Constant.of(np.full(like.type.shape, number, like.type.dtype.numpy)))


def _combined(function: Callable[..., Array], key: object, *operands: Value) -> Value:
    """A constant that is a function of constants of one type, computed in float64 when it is written."""
    type = operands[0].type
    constants = [operand.constant for operand in operands if operand.constant is not None]

    def load() -> Array:
        result = function(*(constant.array().astype(np.float64) for constant in constants))
        return result.astype(type.dtype.numpy)

    return constant_value(Constant(type, load, (key, *(constant.key for constant in constants))))


def _along(part: Value, x: Value, axes: Sequence[int]) -> Value:
    """A tensor with the sizes of some of x's axes, shaped so that it broadcasts along them."""
    places = sorted(axes_of(axes, x.type.rank))
    if places == list(range(x.type.rank - len(places), x.type.rank)):
        return part
    sizes: list[Size] = [1] * x.type.rank
    for place, size in zip(places, part.type.shape, strict=True):
        sizes[place] = size
    return reshape(part, sizes[places[0] :])


def layer_norm(x: Value, scale: Value | None, offset: Value | None, axes: Sequence[int], epsilon: float) -> Value:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, with statistics over `axes`.

    Five operators on elements and four on statistics: what is shared, x - mean, is computed once.
    """
    centered = math.subtract(x, math.mean(x, axes, True))
    variance = math.mean(math.square(centered), axes, True)
    result = math.multiply(centered, math.rsqrt(math.add(variance, epsilon)))
    if scale is not None:
        result = math.multiply(result, _along(scale, x, axes))
    return result if offset is None else math.add(result, _along(offset, x, axes))


def variance_norm(x: Value, scale: Value | None, axes: Sequence[int], epsilon: float) -> Value:
    """The quotient x / sqrt(variance + epsilon), times scale, with the variance over `axes`."""
    result = math.multiply(x, math.rsqrt(math.add(math.variance(x, axes, True), epsilon)))
    return result if scale is None else math.multiply(result, _along(scale, x, axes))


def rms_norm(x: Value, scale: Value | None, axes: Sequence[int], epsilon: float) -> Value:
    """The quotient x / sqrt(mean(x ** 2) + epsilon) over `axes`, times scale, which broadcasts against x."""
    result = math.multiply(x, math.rsqrt(math.add(math.mean(math.square(x), axes, True), epsilon)))
    return result if scale is None else math.multiply(result, scale)
