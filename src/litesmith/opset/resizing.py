"""Operators that resize images [batch, height, width, channels]."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, Same, Types, activation, index, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import FLOAT, need, need_sizes


@dataclass(frozen=True)
class Resize(Operator):
    """To [height, width], an int32 operand.

    `align_corners` makes the corner elements meet; `half_pixel_centers` compares the
    middles of elements. Not both.
    """

    align_corners: bool = False
    half_pixel_centers: bool = False
    operands = (activation(), index("size"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        height, width = need_sizes(operands[1], "size")
        return (TensorType(type.dtype, (type.shape[0], height, width, type.shape[3]), type.quantization),)


@dataclass(frozen=True)
class ResizeBilinear(Resize, builtin="RESIZE_BILINEAR"):
    """Between the four nearest elements."""

    kernel_dtypes = FLOAT

    def version(self, operands: Types, results: Types) -> int:
        dtype = required(operands[0], "input").dtype
        if dtype is DType.INT16:
            return 4
        return 3 if self.half_pixel_centers else version_by_dtype(dtype, INT8=2)


@dataclass(frozen=True)
class ResizeNearestNeighbor(Resize, builtin="RESIZE_NEAREST_NEIGHBOR"):
    """The nearest element."""

    kernel_dtypes = FLOAT | {DType.INT8, DType.UINT8, DType.INT16, DType.INT32}

    def version(self, operands: Types, results: Types) -> int:
        dtype = required(operands[0], "input").dtype
        if dtype is DType.INT16:
            return 4
        return 3 if self.half_pixel_centers or self.align_corners else version_by_dtype(dtype, INT8=2)
