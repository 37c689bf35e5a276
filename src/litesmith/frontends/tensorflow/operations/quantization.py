"""Numbers rounded to the levels that a quantized model has, in float32, as TensorFlow does it step by step.

The kernel of FAKE_QUANT rounds otherwise in the last digit, and takes no `narrow_range`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value
from litesmith.ops.errors import Unsupported
from litesmith.ops.image_warping import rounded
from litesmith.ops.indexing import select

MOST_BITS = 16
"""That TensorFlow rounds to."""


@dataclass(frozen=True)
class Levels:
    """The integers that numbers are rounded to."""

    lowest: int
    highest: int

    @staticmethod
    def of(bits: int, narrow: bool) -> Levels:
        if not 2 <= bits <= MOST_BITS:
            raise Unsupported(f"numbers rounded to {bits} bits")
        return Levels(int(narrow), 2**bits - 1)


@imports("FakeQuantWithMinMaxArgs")
def fake_quant_args(
    x: Value, *, min: float = -6.0, max: float = 6.0, num_bits: int = 8, narrow_range: bool = False
) -> Value:
    low, high = as_value(min, DType.FLOAT32), as_value(max, DType.FLOAT32)
    return _fake_quant(x, low, high, Levels.of(num_bits, narrow_range))


@imports("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def fake_quant(x: Value, low: Value, high: Value, *, num_bits: int = 8, narrow_range: bool = False) -> Value:
    """Bounds for all, or for each place of the last axis; 0 where both are 0."""
    return _fake_quant(x, low, high, Levels.of(num_bits, narrow_range), may_be_nothing=True)


def _fake_quant(x: Value, low: Value, high: Value, levels: Levels, may_be_nothing: bool = False) -> Value:
    """The bounds are moved so that 0 is a level."""
    span = math.subtract(high, low)
    is_nothing = math.logical_and(math.equal(low, 0.0), math.equal(high, 0.0))
    if may_be_nothing:
        span = select(is_nothing, as_value(1.0), span)
    scale = math.divide(span, float(levels.highest - levels.lowest))
    zero = rounded(math.subtract(float(levels.lowest), math.divide(low, scale)), "away")
    zero = math.clip(zero, float(levels.lowest), float(levels.highest))
    first = math.multiply(math.subtract(float(levels.lowest), zero), scale)
    last = math.multiply(math.subtract(float(levels.highest), zero), scale)
    inverse = math.divide(1.0, scale)
    start = math.floor(math.add(math.multiply(math.negative(first), inverse), 0.5))
    moved = math.subtract(math.maximum(math.minimum(x, last), first), first)
    level = math.floor(math.add(math.subtract(math.multiply(moved, inverse), start), 0.5))
    result = math.multiply(level, scale)
    return select(is_nothing, as_value(0.0), result) if may_be_nothing else result


@imports("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4")
def quantize_and_dequantize(
    x: Value,
    low: Value,
    high: Value,
    *,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    narrow_range: bool = False,
    axis: int = -1,
) -> Value:
    """Scaled so that the bound that needs more levels is met; the other one is moved. Bounds that are given cut off."""
    if not 1 + (signed_input and narrow_range) <= num_bits <= 32:
        raise Unsupported(f"numbers rounded to {num_bits} bits")
    if axis != -1:
        raise Unsupported("scales of their own along an axis; take fake_quant_with_min_max_vars_per_channel")
    if not range_given:
        low, high = math.min(x), math.max(x)
    lowest = -(2 ** (num_bits - 1)) + int(narrow_range) if signed_input else 0
    highest = 2 ** (num_bits - 1) - 1 if signed_input else 2**num_bits - 1
    scale = math.minimum(_scale(lowest, low), _scale(highest, high))
    inverse = math.divide(1.0, scale)
    first = math.multiply(float(lowest), inverse) if lowest else as_value(0.0)
    last = math.multiply(float(highest), inverse)
    inside = math.maximum(math.minimum(x, last), first) if range_given else x
    if round_mode not in ("HALF_TO_EVEN", "HALF_UP"):
        raise Unsupported(f"quantization with round_mode {round_mode!r}")
    scaled = math.multiply(inside, scale)
    level = math.round_half_even(scaled) if round_mode == "HALF_TO_EVEN" else math.floor(math.add(scaled, 0.5))
    return math.multiply(level, inverse)


LARGEST = float(np.finfo(np.float32).max)


def _scale(level: int, bound: Value) -> Value:
    """Levels for each 1, or the largest number where the bound is not on the level's side of 0."""
    far = as_value(LARGEST, DType.FLOAT32)
    if not level:
        return far
    fits = math.greater(math.multiply(bound, float(level)), 0.0)
    return select(fits, math.divide(float(level), select(fits, bound, as_value(1.0))), far)


@imports("QuantizeAndDequantizeV3")
def quantize_and_dequantize_v3(
    x: Value,
    low: Value,
    high: Value,
    bits: Value,
    *,
    signed_input: bool = True,
    range_given: bool = True,
    narrow_range: bool = False,
    axis: int = -1,
) -> Value:
    if bits.constant is None:
        raise Unsupported("a number of bits that the model computes; make it a number")
    return quantize_and_dequantize(
        x,
        low,
        high,
        signed_input=signed_input,
        num_bits=int(bits.constant.array()),
        range_given=range_given,
        narrow_range=narrow_range,
        axis=axis,
    )
