"""Operators that take a part of a tensor, or write one."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Dim, Size, ceil_div, maximum, minimum
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, Same, TypeRule, Types, activation, index, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import MOVED_WIDELY, WIDE, need, need_sizes, normalize_axis, sizes_of


@dataclass(frozen=True)
class Slice(Operator, builtin="SLICE"):
    """`size` elements from `begin` on, along each axis; a size of -1 takes the rest."""

    operands = (activation(), index("begin"), index("size"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        sizes = need_sizes(operands[2], "size")
        begins = sizes_of(operands[1]) or ()
        shape: list[Size] = []
        for axis, size in enumerate(sizes):
            if isinstance(size, Dim) or size != -1:
                shape.append(size)
            elif begins:
                shape.append(type.shape[axis] - begins[axis])
            else:
                raise TypeRule("operand 'begin' must be known where operand 'size' is -1")
        return (TensorType(type.dtype, tuple(shape), type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        type = required(operands[0], "input")
        if type.dtype in (DType.FLOAT16, DType.INT4, DType.UINT32):
            return version_by_dtype(type.dtype, FLOAT16=8, INT4=7, UINT32=6)
        return 5 if type.rank > 4 else version_by_dtype(type.dtype, INT8=2, STRING=3, INT16=4)


@dataclass(frozen=True)
class StridedSlice(Operator, builtin="STRIDED_SLICE"):
    """Elements from `begin` to `end` in steps of `strides`, along each axis, as Python slices.

    Bit i of a mask says about axis i: `begin_mask`/`end_mask` ignore the bound,
    `shrink_axis_mask` takes the element at `begin` and drops the axis.
    """

    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False
    operands = (activation(), index("begin"), index("end"), index("strides"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        if self.ellipsis_mask or self.new_axis_mask or self.offset:
            raise TypeRule("ellipsis, new axes and offsets are typed only as a file says")
        begins, ends = need_sizes(operands[1], "begin"), need_sizes(operands[2], "end")
        strides = need_sizes(operands[3], "strides")
        shape: list[Size] = []
        for axis, size in enumerate(type.shape):
            bit = 1 << axis
            if axis >= len(begins):
                shape.append(size)
            elif not self.shrink_axis_mask & bit:
                begin = None if self.begin_mask & bit else begins[axis]
                end = None if self.end_mask & bit else ends[axis]
                shape.append(slice_length(size, begin, end, int(strides[axis])))
        return (TensorType(type.dtype, tuple(shape), type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        type = required(operands[0], "input")
        if self.offset:
            return 8
        if type.dtype is DType.UINT32:
            return 7
        if self.ellipsis_mask or self.new_axis_mask:
            return 6
        if type.dtype is DType.STRING:
            return 5
        return 4 if type.rank > 4 else version_by_dtype(type.dtype, INT8=2, BOOL=3)


def slice_length(size: Size, begin: Size | None, end: Size | None, step: int) -> Size:
    """How many elements `[begin:end:step]` takes of `size`, as Python counts.

    A dynamic size is taken to be at least 1, and at least as long as what `[:-n]` cuts off.
    """
    if not any(isinstance(bound, Dim) for bound in (size, begin, end)):
        return len(range(int(size))[slice(begin, end, step)])
    if begin is None or end is None or isinstance(begin, Dim) or isinstance(end, Dim):
        return _dynamic_length(size, begin, end, step)
    from_one_side = (begin < 0) == (end < 0)
    if from_one_side:
        in_order = begin < end if step > 0 else begin > end
        return _dynamic_length(size, begin, end, step) if in_order else 0
    return maximum(_dynamic_length(size, begin, end, step), 0)


def _dynamic_length(size: Size, begin: Size | None, end: Size | None, step: int) -> Size:
    """What a slice takes whose end is not in front of where it begins."""
    if step < 0:
        if end is None and begin is not None and not isinstance(begin, Dim) and 0 <= begin < -step:
            return 1  # wherever it begins, the next place would be in front of the first
        highest = size - 1 if begin is None else _place(size, begin, size - 1, least=0)
        if end is not None and not isinstance(end, Dim) and end < 0:
            return ceil_div(highest - size + _smaller(-end, size + 1, least=2), -step)
        lowest = -1 if end is None else _place(size, end, size - 1, least=0)
        return ceil_div(highest - lowest, -step)
    last = size if end is None else _place(size, end, size, least=1)
    if begin is not None and not isinstance(begin, Dim) and begin < 0:
        return ceil_div(last - size + _smaller(-begin, size, least=1), step)
    return ceil_div(last - (0 if begin is None else _place(size, begin, size, least=1)), step)


def _place(size: Size, bound: Size, most: Size, least: int) -> Size:
    """A slice's bound counted from the front, `most` at most."""
    if not isinstance(bound, Dim) and bound < 0:
        return size + bound
    return _smaller(bound, most, least)


def _smaller(bound: Size, most: Size, least: int) -> Size:
    """The smaller of a bound and of `most`, which is known to be `least` or more."""
    difference = most - bound
    if not isinstance(difference, Dim):
        return bound if difference >= 0 else most
    return bound if isinstance(bound, Dim) or bound <= least else minimum(bound, most)


@dataclass(frozen=True)
class DynamicUpdateSlice(Operator, builtin="DYNAMIC_UPDATE_SLICE"):
    """`operand` with `update` written at `start`, which is moved so that the update fits."""

    operands = (activation("operand"), activation("update"), index("start"))
    scales = Same()
    in_place = (0,)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "operand")
        update = need(operands[1], "update")
        if update.rank != type.rank or update.dtype is not type.dtype:
            raise TypeRule(f"update {update} does not fit into {type}")
        return (type,)

    def version(self, operands: Types, results: Types) -> int:
        dtype = required(operands[0], "operand").dtype
        listed = version_by_dtype(dtype, BFLOAT16=6, INT4=5, INT16=4, FLOAT16=3)
        int64_start = required(operands[2], "start").dtype is DType.INT64
        return max(listed, 2) if int64_start else listed


@dataclass(frozen=True)
class Gather(Operator, builtin="GATHER"):
    """Slices along `axis` picked by integer indices; negative or too large ones are an error."""

    axis: int = 0
    batch_dims: int = 0
    operands = (activation(), index("indices"))
    scales = Same()
    kernel_dtypes = MOVED_WIDELY | {DType.INT4}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type, indices = need(operands[0], "input"), need(operands[1], "indices")
        axis = normalize_axis(self.axis, type.rank)
        shape = (*type.shape[:axis], *indices.shape[self.batch_dims :], *type.shape[axis + 1 :])
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        type, indices = required(operands[0], "input"), required(operands[1], "indices")
        if type.dtype is DType.INT4:
            return 7
        if indices.dtype is DType.INT16:
            return 6
        if self.batch_dims:
            return 5
        return version_by_dtype(type.dtype, INT16=4, BOOL=3, INT8=2)


@dataclass(frozen=True)
class GatherNd(Operator, builtin="GATHER_ND"):
    """Slices picked by index tuples in the last axis of `indices`."""

    operands = (activation(), index("indices"))
    scales = Same()
    kernel_dtypes = MOVED_WIDELY

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type, indices = need(operands[0], "input"), need(operands[1], "indices")
        depth = int(indices.shape[-1])
        return (TensorType(type.dtype, (*indices.shape[:-1], *type.shape[depth:]), type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        if required(operands[1], "indices").dtype is DType.INT16:
            return 4
        return version_by_dtype(required(operands[0], "input").dtype, BOOL=5, INT16=3, STRING=2)


@dataclass(frozen=True)
class ScatterNd(Operator, builtin="SCATTER_ND"):
    """Zeros of a shape, with `updates` added at index tuples (last axis of `indices`)."""

    operands = (index("indices"), activation("updates"), index("shape"))
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.BOOL}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        updates = need(operands[1], "updates")
        return (TensorType(updates.dtype, need_sizes(operands[2], "shape")),)


@dataclass(frozen=True)
class SparseToDense(Operator, builtin="SPARSE_TO_DENSE"):
    """A default value everywhere, with `values` written at `indices`. Rank at most 4."""

    validate_indices: bool = False
    operands = (index("indices"), index("shape"), activation("values"), activation("default"))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        values = need(operands[2], "values")
        return (TensorType(values.dtype, need_sizes(operands[1], "shape")),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[2], "values").dtype, INT8=3, UINT8=3, INT64=2)


PADDED = WIDE | {DType.INT8, DType.UINT8, DType.INT16}
"""What PAD takes in old runtimes too; booleans only since version 5."""


@dataclass(frozen=True)
class Pad(Operator, builtin="PAD"):
    """Zeros around a tensor: `paddings` is [rank, 2], before and after each axis."""

    operands = (activation(), index("paddings"))
    scales = Same()
    kernel_dtypes = PADDED

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (_padded(operands),)

    def version(self, operands: Types, results: Types) -> int:
        return _pad_version(operands)


@dataclass(frozen=True)
class PadV2(Operator, builtin="PADV2"):
    """A value around a tensor: `paddings` is [rank, 2], before and after each axis."""

    operands = (activation(), index("paddings"), activation("value"))
    scales = Same()
    kernel_dtypes = PADDED

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        need(operands[2], "value")
        return (_padded(operands),)

    def version(self, operands: Types, results: Types) -> int:
        return _pad_version(operands)


def _padded(operands: tuple[Value | None, ...]) -> TensorType:
    type = need(operands[0], "input")
    paddings = need_sizes(operands[1], "paddings")
    shape = tuple(size + paddings[2 * axis] + paddings[2 * axis + 1] for axis, size in enumerate(type.shape))
    return TensorType(type.dtype, shape, type.quantization)


def _pad_version(operands: Types) -> int:
    type = required(operands[0], "input")
    if type.dtype is DType.BOOL:
        return 5
    return 4 if type.rank > 4 else version_by_dtype(type.dtype, INT16=3, INT8=2)
