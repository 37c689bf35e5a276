"""The least mean squared error of values that are rounded within the range and cut off beyond."""

from __future__ import annotations

from litesmith.quantization.ranges import Histogram
from litesmith.quantization.scales import Function, least_error_range


def mse(
    histogram: Histogram, symmetric: bool = False, bits: int = 8, read_as: Function | None = None
) -> tuple[float, float]:
    """The range whose steps stand for the values best; with more than 8 bits nothing is gained by cutting off.

    Args:
        symmetric: with as many steps below 0 as above.
        bits: of the integers.
        read_as: what is computed of each value where it is read, whose error counts (`quantization.readers`).
    """
    return least_error_range(histogram, symmetric, read_as) if bits <= 8 else (histogram.low, histogram.high)
