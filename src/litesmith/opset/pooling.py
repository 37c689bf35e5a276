"""Pooling: a window moved over the spatial axes of a channels-last tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.graph import Value
from litesmith.ir.operator import (
    Never,
    Operator,
    Same,
    ScalePolicy,
    TypeRule,
    Types,
    activation,
    required,
    version_by_dtype,
)
from litesmith.ir.types import TensorType
from litesmith.opset.enums import Activation, Padding
from litesmith.opset.rules import FLOAT, need, window_size


@dataclass(frozen=True)
class Pool2D(Operator):
    """A window over the height and width of [batch, height, width, channels]."""

    padding: Padding = Padding.VALID
    stride_w: int = 1
    stride_h: int = 1
    filter_width: int = 1
    filter_height: int = 1
    fused_activation_function: Activation = Activation.NONE
    operands = (activation(),)
    scales: ClassVar[ScalePolicy] = Same()
    kernel_dtypes = FLOAT

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        image = need(operands[0], "input")
        if image.rank != 4:
            raise TypeRule(f"operand 'input' has {image.rank} axes, not 4")
        batch, height, width, channels = image.shape
        padded = self.padding is Padding.SAME
        return (
            TensorType(
                image.dtype,
                (
                    batch,
                    window_size(height, self.filter_height, self.stride_h, 1, padded),
                    window_size(width, self.filter_width, self.stride_w, 1, padded),
                    channels,
                ),
            ),
        )

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class MaxPool2D(Pool2D, builtin="MAX_POOL_2D", options="Pool2D"):
    """The largest element of each window."""


@dataclass(frozen=True)
class AveragePool2D(Pool2D, builtin="AVERAGE_POOL_2D", options="Pool2D"):
    """The mean of each window; places outside of the input are not counted."""


@dataclass(frozen=True)
class L2Pool2D(Pool2D, builtin="L2_POOL_2D", options="Pool2D"):
    """The root of the mean square of each window. float32 only."""

    scales = Never()
