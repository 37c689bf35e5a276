"""How far a model after a repair is from the one before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.verification.comparison import ATOL, RTOL, differences

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Change:
    """The largest difference of two models over some inputs.

    Attributes:
        max_abs: of an element of the outputs.
        max_rel: of it, divided by the largest magnitude of its output.
        same: whether it is rounding.
        samples: how many sets of inputs were tried.
    """

    max_abs: float
    max_rel: float
    same: bool
    samples: int


def change(before: Callable[[Any], list[Array]], after: Callable[[Any], list[Array]], inputs: Sequence[Any]) -> Change:
    """The difference of two functions from nested inputs to the leaves of their outputs."""
    max_abs, max_rel, same = 0.0, 0.0, True
    for each in inputs:
        pairs = list(zip(before(each), after(each), strict=True))
        for own, new in pairs:
            if own.shape != new.shape:
                return Change(np.inf, np.inf, False, len(inputs))
            distance, magnitude, kinds = differences(own, new)
            max_abs = max(max_abs, distance)
            max_rel = max(max_rel, distance / max(magnitude, 1e-30) if distance else 0.0)
            same = same and kinds is None and distance <= ATOL + RTOL * magnitude
    return Change(max_abs, max_rel, same, len(inputs))
