"""Slices in steps of 1 by kernels that copy rows rather than elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, is_static
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops.array import reshape
from litesmith.ops.sizes import int32
from litesmith.opset.slicing import Gather, Slice, StridedSlice
from litesmith.passes.base import Rewrite

FEWEST = 64
"""Elements of a result below which the kernels take the same time."""

SLICED = {DType.FLOAT32, DType.INT32, DType.INT64, DType.INT8, DType.UINT8, DType.INT16, DType.BOOL}
"""What SLICE and GATHER of every runtime take."""


@dataclass(frozen=True)
class ReplaceStridedSlices(Rewrite):
    """Take what STRIDED_SLICE takes in steps of 1 by SLICE, and drop axes of size 1 afterwards.

    XNNPACK takes no STRIDED_SLICE that drops axes, nor one of other elements than floats; the plain kernel
    goes from element to element, which takes up to 50 times as long as SLICE. Where the rest has several
    sizes that only the running model knows, which RESHAPE would have to be told, GATHER drops the axis.

    Before:
        graph main(%x: float32[batch, 2, 8, 16], %y: float32[batch, time, 2, 16]) {
          %1 = strided_slice(begin_mask=13, end_mask=13, shrink_axis_mask=2) %x, const int32[4] [0, 1, 0, 0], \
const int32[4] [0, 2, 0, 0], const int32[4] [1, 1, 1, 1] : float32[batch, 8, 16]
          %2 = strided_slice(begin_mask=11, end_mask=11, shrink_axis_mask=4) %y, const int32[4] [0, 0, 1, 0], \
const int32[4] [0, 0, 2, 0], const int32[4] [1, 1, 1, 1] : float32[batch, time, 16]
          return %1, %2
        }

    After:
        graph main(%x: float32[batch, 2, 8, 16], %y: float32[batch, time, 2, 16]) {
          %1 = slice %x, const int32[4] [0, 1, 0, 0], const int32[4] [-1, 1, 8, 16] : float32[batch, 1, 8, 16]
          %2 = reshape %1, const int32[3] [-1, 8, 16] : float32[batch, 8, 16]
          %3 = gather(axis=2) %y, const int32[] 1 : float32[batch, time, 16]
          return %2, %3
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (StridedSlice,)

    def rewrite(self, operation: Operation) -> Value | None:
        operator, x, result = operation.operator, operation.operands[0], operation.result.type
        assert isinstance(operator, StridedSlice)
        if x is None or x.type.dtype not in SLICED or (is_static(result.shape) and result.elements < FEWEST):
            return None
        if not operator.shrink_axis_mask and x.type.dtype is DType.FLOAT32:
            return None
        taken = _taken(operation)
        if taken is None:
            return None
        begins, sizes = taken
        if sum(isinstance(size, Dim) for size in result.shape) <= 1:
            return reshape(emit(Slice(), x, int32(begins), int32(sizes)), result.shape)
        dropped = [axis for axis in range(x.type.rank) if operator.shrink_axis_mask >> axis & 1]
        whole = all(size == -1 or size == x.type.shape[axis] for axis, size in enumerate(sizes) if axis not in dropped)
        if len(dropped) != 1 or not whole:
            return None
        return emit(Gather(axis=dropped[0]), x, constant(begins[dropped[0]], DType.INT32))


def _taken(operation: Operation) -> tuple[list[int], list[int]] | None:
    """Where a slice in steps of 1 begins along each axis and how many it takes, -1 for all of a dynamic size."""
    operator, (x, *bounds) = operation.operator, operation.operands
    assert isinstance(operator, StridedSlice)
    known = [bound.constant.array() for bound in bounds if bound is not None and bound.constant is not None]
    if x is None or len(known) < 3 or operator.ellipsis_mask or operator.new_axis_mask or operator.offset:
        return None
    if any(step != 1 for step in known[2]) or operator.begin_mask & operator.shrink_axis_mask:
        return None
    begins, sizes = [], []
    for axis, size in enumerate(x.type.shape):
        given = axis < len(known[0])
        begin = int(known[0][axis]) if given and not operator.begin_mask >> axis & 1 else 0
        end = int(known[1][axis]) if given and not operator.end_mask >> axis & 1 else None
        drops = bool(operator.shrink_axis_mask >> axis & 1)
        if isinstance(size, Dim):
            if begin != 0 or (end is not None and not drops):
                return None
            begins.append(0)
            sizes.append(1 if drops else -1)
            continue
        first, last, _ = slice(begin, None if drops else end).indices(size)
        begins.append(first)
        sizes.append(1 if drops else last - first)
        if not -size <= begin or first + sizes[-1] > size or sizes[-1] < 1:
            return None
    return begins, sizes
