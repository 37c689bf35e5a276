"""Activation functions."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.promotion import float_value
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import nn
from litesmith.ops.array import as_value


@lowers("ops.relu")
def relu(x: Any) -> Value:
    return nn.relu(as_value(x))


@lowers("ops.sigmoid")
def sigmoid(x: Any) -> Value:
    return nn.sigmoid(float_value(x))


@lowers("ops.tanh")
def tanh(x: Any) -> Value:
    return nn.tanh(float_value(x))


@lowers("ops.softmax")
def softmax(x: Any, axis: int = -1) -> Value:
    return nn.softmax(float_value(x), axis)
