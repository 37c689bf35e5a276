"""Operators that choose, search and order elements."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, Same, TypeRule, Types, activation, index, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import FLOAT, WIDE, broadcast_shapes, need, need_sizes, normalize_axis, same_dtype


@dataclass(frozen=True)
class SelectV2(Operator, builtin="SELECT_V2"):
    """The first of two where the condition holds, the second elsewhere; all three broadcast."""

    operands = (index("condition"), activation("then"), activation("otherwise"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        condition, then = need(operands[0], "condition"), need(operands[1], "then")
        otherwise = need(operands[2], "otherwise")
        if condition.dtype is not DType.BOOL:
            raise TypeRule(f"operand 'condition' is {condition.dtype}, not bool")
        shape = broadcast_shapes(condition.shape, then.shape, otherwise.shape)
        return (TensorType(same_dtype(then, otherwise), shape, then.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[1], "then").dtype, UINT32=2)


@dataclass(frozen=True)
class TopKV2(Operator, builtin="TOPK_V2"):
    """The k largest along the last axis, largest first, and where they stand; ties by place."""

    operands = (activation(), index("k"))
    scales = Same()
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.INT16}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        (k,) = need_sizes(operands[1], "k")
        shape = (*type.shape[:-1], k)
        return (TensorType(type.dtype, shape, type.quantization), TensorType(DType.INT32, shape))

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT16=3, INT8=2)


@dataclass(frozen=True)
class OneHot(Operator, builtin="ONE_HOT"):
    """`on` where the index is, `off` elsewhere, along a new axis of size `depth`."""

    axis: int = -1
    operands = (index("indices"), index("depth"), activation("on"), activation("off"))
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.BOOL}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        indices, on = need(operands[0], "indices"), need(operands[2], "on")
        (depth,) = need_sizes(operands[1], "depth")
        place = normalize_axis(self.axis, indices.rank + 1)
        return (TensorType(on.dtype, (*indices.shape[:place], depth, *indices.shape[place:])),)


@dataclass(frozen=True)
class Where(Operator, builtin="WHERE"):
    """The index tuples of the true elements; how many there are is known only at run time."""

    operands = (index("condition"),)

    def shapes(self, *operands: Value | None) -> tuple[tuple[Size | None, ...], ...]:
        return ((None, need(operands[0], "condition").rank),)

    def version(self, operands: Types, results: Types) -> int:
        return 1 if required(operands[0], "condition").dtype is DType.BOOL else 2


@dataclass(frozen=True)
class Unique(Operator, builtin="UNIQUE"):
    """The distinct elements of a vector in order of appearance, and where each element went."""

    idx_out_type: DType = DType.INT32
    operands = (activation(),)
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.INT16}

    def shapes(self, *operands: Value | None) -> tuple[tuple[Size | None, ...], ...]:
        return (None,), need(operands[0], "input").shape


@dataclass(frozen=True)
class Bucketize(Operator, builtin="BUCKETIZE"):
    """How many of the sorted boundaries are not above each element."""

    boundaries: tuple[float, ...] = ()
    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.INT32, need(operands[0], "input").shape),)


@dataclass(frozen=True)
class SegmentSum(Operator, builtin="SEGMENT_SUM"):
    """Sums of rows with equal, sorted ids. The ids must have no gaps."""

    operands = (activation(), index("ids"))

    def shapes(self, *operands: Value | None) -> tuple[tuple[Size | None, ...], ...]:
        return ((None, *need(operands[0], "input").shape[1:]),)


@dataclass(frozen=True)
class UnsortedSegment(Operator):
    """Rows with equal ids combined into one row each."""

    operands = (activation(), index("ids"), index("count"))
    kernel_dtypes = FLOAT | {DType.INT32}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type, ids = need(operands[0], "input"), need(operands[1], "ids")
        (count,) = need_sizes(operands[2], "count")
        return (TensorType(type.dtype, (count, *type.shape[ids.rank :])),)


@dataclass(frozen=True)
class UnsortedSegmentSum(UnsortedSegment, builtin="UNSORTED_SEGMENT_SUM"):
    """Their sum; 0 for an id that does not occur."""


@dataclass(frozen=True)
class UnsortedSegmentProd(UnsortedSegment, builtin="UNSORTED_SEGMENT_PROD"):
    """Their product; 1 for an id that does not occur."""


@dataclass(frozen=True)
class UnsortedSegmentMax(UnsortedSegment, builtin="UNSORTED_SEGMENT_MAX"):
    """Their maximum; the lowest number for an id that does not occur."""


@dataclass(frozen=True)
class UnsortedSegmentMin(UnsortedSegment, builtin="UNSORTED_SEGMENT_MIN"):
    """Their minimum; the highest number for an id that does not occur."""


@dataclass(frozen=True)
class MatrixDiag(Operator, builtin="MATRIX_DIAG"):
    """Square matrices with the last axis on their diagonal. The kernel gives garbage of types that it does not know."""

    operands = (activation(),)
    scales = Same()
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.INT16}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        return (TensorType(type.dtype, (*type.shape, type.shape[-1])),)


@dataclass(frozen=True)
class MatrixSetDiag(Operator, builtin="MATRIX_SET_DIAG"):
    """Matrices with another diagonal."""

    operands = (activation(), activation("diagonal"))
    scales = Same()
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.INT16}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        return (TensorType(type.dtype, type.shape),)
