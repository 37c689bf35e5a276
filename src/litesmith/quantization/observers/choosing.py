"""Ranges of activations by the name of a rule."""

from __future__ import annotations

from typing import Literal, get_args

from litesmith.quantization.observers.min_max import min_max
from litesmith.quantization.observers.moving_average import moving_average
from litesmith.quantization.observers.mse import mse
from litesmith.quantization.observers.percentile import percentile
from litesmith.quantization.ranges import Histogram
from litesmith.quantization.scales import Function

Observer = Literal["mse", "min_max", "moving_average", "percentile"]
OBSERVERS: tuple[Observer, ...] = get_args(Observer)


def range_of(
    histogram: Histogram,
    observer: str = "mse",
    symmetric: bool = False,
    bits: int = 8,
    read_as: Function | None = None,
) -> tuple[float, float]:
    """The range that the integers of an activation stand for; 0 is within.

    Args:
        observer: `"mse"`, the least mean squared error; `"min_max"`, all that was seen; `"moving_average"`, means of
            the ends of batches; `"percentile"`, all but 0.01 % of the values on each side.
        symmetric: whether there are as many integers below 0 as above, whatever the range.
        bits: of the integers.
        read_as: what is computed of each value where it is read, for `"mse"`.

    Raises:
        ValueError: for another observer.
    """
    if observer == "mse":
        return mse(histogram, symmetric, bits, read_as)
    rules = {"min_max": min_max, "moving_average": moving_average, "percentile": percentile}
    if observer not in rules:
        raise ValueError(f"an observer is one of {', '.join(OBSERVERS)}, not {observer!r}")
    return rules[observer](histogram)
