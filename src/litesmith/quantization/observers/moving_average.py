"""Running means of the ends of each batch."""

from __future__ import annotations

from litesmith.quantization.ranges import Histogram

KEPT = 0.9
"""Of the mean so far, when another batch is added."""


def moving_average(histogram: Histogram) -> tuple[float, float]:
    """Means of the batches' smallest and of their largest values, of which later batches count more; 0 is within."""
    if not histogram.batches:
        return histogram.low, histogram.high
    low, high = histogram.batches[0]
    for least, most in histogram.batches[1:]:
        low, high = KEPT * low + (1 - KEPT) * least, KEPT * high + (1 - KEPT) * most
    return min(low, 0.0), max(high, 0.0)
