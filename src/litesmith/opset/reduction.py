"""Operators that combine all elements along axes into one."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Independent, Operator, Same, Types, activation, index, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import FLOAT, WIDE, need, need_sizes, normalize_axis, reduced

ORDERED = WIDE | {DType.INT8, DType.UINT8, DType.INT16}


@dataclass(frozen=True)
class Reduction(Operator):
    """Combines the elements along `axes` (int32); the axes stay as size 1 with `keep_dims`."""

    keep_dims: bool = False
    operands = (activation(), index("axes"))
    kernel_dtypes = WIDE

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        axes = need_sizes(operands[1], "axes")
        return (TensorType(type.dtype, reduced(type.shape, axes, self.keep_dims)),)


@dataclass(frozen=True)
class Mean(Reduction, builtin="MEAN", options="Reducer"):
    """The mean; integers truncate."""

    scales = Independent()
    kernel_dtypes = FLOAT

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class Sum(Reduction, builtin="SUM", options="Reducer"):
    """The sum."""

    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2)


@dataclass(frozen=True)
class ReduceProd(Reduction, builtin="REDUCE_PROD", options="Reducer"):
    """The product."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=2)


@dataclass(frozen=True)
class ReduceMax(Reduction, builtin="REDUCE_MAX", options="Reducer"):
    """The largest."""

    scales = Same()
    kernel_dtypes = ORDERED

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class ReduceMin(Reduction, builtin="REDUCE_MIN", options="Reducer"):
    """The smallest."""

    scales = Same()
    kernel_dtypes = ORDERED

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class ReduceAny(Reduction, builtin="REDUCE_ANY", options="Reducer"):
    """Whether one boolean is true."""

    kernel_dtypes = frozenset({DType.BOOL})


@dataclass(frozen=True)
class ReduceAll(Reduction, builtin="REDUCE_ALL", options="Reducer"):
    """Whether all booleans are true."""

    kernel_dtypes = frozenset({DType.BOOL})


@dataclass(frozen=True)
class ArgExtremum(Operator):
    """Where along `axis` the extreme element stands; the axis is dropped."""

    output_type: DType = DType.INT32
    operands = (activation(), index("axis"))
    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})
    kernel_dtypes = FLOAT | {DType.INT8, DType.UINT8, DType.INT32, DType.BOOL}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        return (TensorType(self.output_type, reduced(type.shape, need_sizes(operands[1], "axis"), False)),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, BOOL=3)


@dataclass(frozen=True)
class ArgMax(ArgExtremum, builtin="ARG_MAX"):
    """The first place of the largest element."""


@dataclass(frozen=True)
class ArgMin(ArgExtremum, builtin="ARG_MIN"):
    """The first place of the smallest element."""


@dataclass(frozen=True)
class Cumsum(Operator, builtin="CUMSUM"):
    """Sums of the elements up to each place, without the place itself when `exclusive`."""

    exclusive: bool = False
    reverse: bool = False
    operands = (activation(), index("axis"))
    kernel_dtypes = WIDE

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        for axis in need_sizes(operands[1], "axis"):
            normalize_axis(int(axis), type.rank)
        return (TensorType(type.dtype, type.shape),)
