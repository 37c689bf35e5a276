"""Numbers of eight bits, rounded to in float32: no kernel computes in float8."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, math
from litesmith.ops.array import cast
from litesmith.ops.indexing import select

FLOAT8 = (DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2)

FIRST_BIT_OF_THE_EXPONENT = 23


def rounded_to_float8(x: Value, dtype: DType) -> Value:
    """The nearest numbers that a float8 holds, in float32: exact, halves to even.

    What is too large becomes infinite; NaN in float8_e4m3fn, which has no infinity. The distance between
    numbers of float8 is their power of two, at least that of the smallest normal number, over the mantissa's places.
    """
    info: Any = ml_dtypes.finfo(dtype.numpy)  # type: ignore[no-untyped-call]
    single = cast(x, DType.FLOAT32)
    exponents = math.right_shift(bits.view(math.absolute(single), DType.INT32), FIRST_BIT_OF_THE_EXPONENT)
    powers = bits.view(math.multiply(exponents, 1 << FIRST_BIT_OF_THE_EXPONENT), DType.FLOAT32)
    step = math.multiply(math.maximum(powers, float(info.smallest_normal)), 2.0**-info.nmant)
    rounded = math.multiply(math.round_half_even(math.divide(single, step)), step)
    too_large = math.greater(math.absolute(single), _last_that_is_held(float(info.max), int(info.nmant)))
    beyond = (
        math.multiply(single, constant(np.float32(np.inf)))
        if dtype is DType.FLOAT8_E5M2
        else constant(np.float32(np.nan))
    )
    return select(too_large, beyond, rounded)


def _last_that_is_held(largest: float, places: int) -> float:
    """The largest float32 that is rounded to the largest number; the half above it is, where that is the even one."""
    step = 2.0 ** (np.floor(np.log2(largest)) - places)
    half = np.float32(largest + step / 2)
    is_even = (largest / step) % 2 == 0
    return float(half if is_even else np.nextafter(half, np.float32(0)))
