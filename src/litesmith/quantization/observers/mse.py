"""The least mean squared error of values that are rounded within the range and cut off beyond."""

from __future__ import annotations

from litesmith.quantization.ranges import Histogram
from litesmith.quantization.scales import least_error_range


def mse(histogram: Histogram, symmetric: bool = False, bits: int = 8) -> tuple[float, float]:
    """The range whose steps stand for the values best; with more than 8 bits nothing is gained by cutting off.

    `symmetric`: with as many steps below 0 as above.
    """
    return least_error_range(histogram, symmetric) if bits <= 8 else (histogram.low, histogram.high)
