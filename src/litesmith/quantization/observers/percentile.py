"""All but a small share of the values."""

from __future__ import annotations

import numpy as np

from litesmith.quantization.ranges import Histogram

PERCENT = 99.99


def percentile(histogram: Histogram, percent: float = PERCENT) -> tuple[float, float]:
    """The range that holds all but (100 - percent) % of the values on each side, with 0 within; a bin is its edge."""
    total = histogram.counts.sum()
    if histogram.high <= histogram.low or not total:
        return histogram.low, histogram.high
    edges = np.linspace(histogram.low, histogram.high, len(histogram.counts) + 1)
    share = np.concatenate([[0.0], np.cumsum(histogram.counts) / total])
    low = edges[np.searchsorted(share, 1 - percent / 100, side="right") - 1]
    high = edges[np.searchsorted(share, percent / 100, side="left")]
    return min(float(low), 0.0), max(float(high), 0.0)
