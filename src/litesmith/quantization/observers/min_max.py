"""All that was seen."""

from __future__ import annotations

from litesmith.quantization.ranges import Histogram


def min_max(histogram: Histogram) -> tuple[float, float]:
    """From the smallest value seen to the largest, with 0 within."""
    return histogram.low, histogram.high
