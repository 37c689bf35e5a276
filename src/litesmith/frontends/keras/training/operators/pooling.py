"""Windows over images."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.registry import Call, evaluates
from litesmith.frontends.keras.training.rounding import half_away, through
from litesmith.opset.pooling import AveragePool2D, L2Pool2D, MaxPool2D


def _window(operator: Any) -> dict[str, Any]:
    return {
        "pool_size": (operator.filter_height, operator.filter_width),
        "strides": (operator.stride_h, operator.stride_w),
        "padding": operator.padding.name.lower(),
        "data_format": "channels_last",
    }


@evaluates(MaxPool2D)
def _largest(call: Call) -> Any:
    return _pooled(call, ops.max_pool(call.operands[0], **_window(call.operator)))


@evaluates(AveragePool2D)
def _mean(call: Call) -> Any:
    return _pooled(call, ops.average_pool(call.operands[0], **_window(call.operator)))


def _pooled(call: Call, found: Any) -> Any:
    """Integers have the steps of the operand; their mean is rounded with halves away from 0."""
    steps = call.made[0]
    if steps is None:
        return finished(call, found)
    return finished(call, ops.subtract(through(half_away(found), found), np.float32(steps.zero)))


@evaluates(L2Pool2D)
def _root_mean_square(call: Call) -> Any:
    squares = ops.average_pool(ops.square(call.real(0)), **_window(call.operator))
    return finished(call, ops.sqrt(ops.maximum(squares, 1e-12)))
