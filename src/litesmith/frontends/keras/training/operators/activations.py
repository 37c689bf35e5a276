"""What operators apply to their result themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.registry import Call
from litesmith.frontends.keras.training.rounding import half_to_even, limited
from litesmith.opset.enums import Activation

BOUNDS = {
    Activation.NONE: (-np.inf, np.inf),
    Activation.RELU: (0.0, np.inf),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def bounds(call: Call) -> tuple[float, float]:
    """The limits that an operator's own activation sets to its result."""
    return BOUNDS[Activation(getattr(call.operator, "fused_activation_function", Activation.NONE))]


def activated(call: Call, real: Any) -> Any:
    """Real results within these limits."""
    low, high = bounds(call)
    if high < np.inf:
        return limited(real, low, high)
    return real if low == -np.inf else ops.maximum(real, low)


def finished(call: Call, counted: Any, nearest: Any = half_to_even) -> Any:
    """Results that are counted in steps as integers; real ones, where they are not counted, as they are."""
    steps = call.made[0]
    if steps is None:
        return activated(call, counted)
    low, high = bounds(call)
    least, most = (
        limit if np.isinf(bound) else limited(half_to_even(bound / steps.scale) + steps.zero, steps.least, steps.most)
        for bound, limit in ((low, steps.least), (high, steps.most))
    )
    return steps.integers(counted, (least, most), nearest)
