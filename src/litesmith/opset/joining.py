"""Operators that put tensors together, take them apart, or repeat them."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, Same, TypeRule, Types, activation, index, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.enums import Activation, MirrorMode
from litesmith.opset.rules import broadcast_sizes, need, need_sizes, normalize_axis, same_dtype

MOVED = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32})
"""Types that every kernel which only moves elements takes."""


@dataclass(frozen=True)
class Concatenation(Operator, builtin="CONCATENATION"):
    """Tensors one after another along an axis."""

    axis: int = 0
    fused_activation_function: Activation = Activation.NONE
    operands = (activation(variadic=True),)
    scales = Same()
    kernel_dtypes = MOVED | {
        *(DType.FLOAT16, DType.BFLOAT16, DType.UINT32, DType.INT64, DType.BOOL, DType.INT4),
    }

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        types = [need(operand, f"input {i}") for i, operand in enumerate(operands)]
        dtype, rank = same_dtype(*types), types[0].rank
        if any(type.rank != rank for type in types):
            raise TypeRule("operands have different numbers of axes")
        place = normalize_axis(self.axis, rank)
        shape: list[Size] = list(types[0].shape)
        for type in types[1:]:
            for axis, size in enumerate(type.shape):
                shape[axis] = shape[axis] + size if axis == place else broadcast_sizes(shape[axis], size)
        return (TensorType(dtype, tuple(shape), types[0].quantization),)

    def version(self, operands: Types, results: Types) -> int:
        dtype = required(operands[0], "input").dtype
        return version_by_dtype(dtype, FLOAT16=6, INT4=5, UINT32=4, INT16=3, INT8=2)


@dataclass(frozen=True)
class Pack(Operator, builtin="PACK"):
    """Tensors of one shape stacked along a new axis."""

    values_count: int = 0
    axis: int = 0
    operands = (activation(variadic=True),)
    scales = Same()
    kernel_dtypes = MOVED | {DType.UINT32, DType.INT64}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        types = [need(operand, f"input {i}") for i, operand in enumerate(operands)]
        if self.values_count != len(types):
            raise TypeRule(f"values_count is {self.values_count} for {len(types)} operands")
        place = normalize_axis(self.axis, types[0].rank + 1)
        shape = (*types[0].shape[:place], len(types), *types[0].shape[place:])
        return (TensorType(same_dtype(*types), shape, types[0].quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, UINT32=4, INT16=3, INT8=2)


@dataclass(frozen=True)
class Unpack(Operator, builtin="UNPACK"):
    """The `num` slices along an axis, each without it."""

    num: int = 0
    axis: int = 0
    operands = (activation(),)
    scales = Same()
    kernel_dtypes = MOVED | {DType.FLOAT16, DType.BFLOAT16, DType.BOOL}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        place = normalize_axis(self.axis, type.rank)
        if type.shape[place] != self.num:
            raise TypeRule(f"axis {self.axis} has size {type.shape[place]}, not {self.num}")
        shape = (*type.shape[:place], *type.shape[place + 1 :])
        return (TensorType(type.dtype, shape, type.quantization),) * self.num

    def version(self, operands: Types, results: Types) -> int:
        dtype = required(operands[0], "input").dtype
        return version_by_dtype(dtype, FLOAT16=5, BFLOAT16=5, INT16=4, BOOL=3, INT8=2, UINT8=2)


@dataclass(frozen=True)
class Split(Operator, builtin="SPLIT"):
    """`num_splits` equal parts along an axis, which is the first operand."""

    num_splits: int = 0
    operands = (index("axis"), activation())
    scales = Same()
    kernel_dtypes = MOVED | {DType.INT64}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[1], "input")
        (axis,) = need_sizes(operands[0], "axis")
        place = normalize_axis(int(axis), type.rank)
        rest = type.shape[place] % self.num_splits
        if rest and not isinstance(rest, Dim):
            raise TypeRule(f"size {type.shape[place]} does not split into {self.num_splits}")
        shape = (*type.shape[:place], type.shape[place] // self.num_splits, *type.shape[place + 1 :])
        return (TensorType(type.dtype, shape, type.quantization),) * self.num_splits

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[1], "input").dtype, INT16=4, INT32=3, INT8=2)


@dataclass(frozen=True)
class SplitV(Operator, builtin="SPLIT_V"):
    """Parts of given sizes along an axis."""

    num_splits: int = 0
    operands = (activation(), index("sizes"), index("axis"))
    scales = Same()
    kernel_dtypes = MOVED | {DType.INT64}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        sizes = need_sizes(operands[1], "sizes")
        (axis,) = need_sizes(operands[2], "axis")
        place = normalize_axis(int(axis), type.rank)
        return tuple(
            TensorType(type.dtype, (*type.shape[:place], size, *type.shape[place + 1 :]), type.quantization)
            for size in sizes
        )

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2)


@dataclass(frozen=True)
class Tile(Operator, builtin="TILE"):
    """The tensor repeated `multiples` times along each axis."""

    operands = (activation(), index("multiples"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        times = need_sizes(operands[1], "multiples")
        shape = tuple(size * times[axis] for axis, size in enumerate(type.shape))
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=3, STRING=2)


@dataclass(frozen=True)
class MirrorPad(Operator, builtin="MIRROR_PAD"):
    """The tensor's own edge mirrored around it, without (REFLECT) or with the outermost element."""

    mode: MirrorMode = MirrorMode.REFLECT
    operands = (activation(), index("paddings"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        paddings = need_sizes(operands[1], "paddings")
        shape = tuple(size + paddings[2 * i] + paddings[2 * i + 1] for i, size in enumerate(type.shape))
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT16=3, INT8=2)


@dataclass(frozen=True)
class Fill(Operator, builtin="FILL"):
    """One value in every place of a shape."""

    operands = (index("shape"), activation("value"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        value = need(operands[1], "value")
        return (TensorType(value.dtype, need_sizes(operands[0], "shape"), value.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[1], "value").dtype, FLOAT16=4, INT8=3, INT16=3, BOOL=2, STRING=2)


@dataclass(frozen=True)
class Range(Operator, builtin="RANGE"):
    """start, start + delta, ... up to but without limit."""

    operands = (index("start"), index("limit"), index("delta"))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        types = [need(operand, name) for operand, name in zip(operands, ("start", "limit", "delta"), strict=True)]
        dtype = same_dtype(*types)
        bounds = [need_sizes(operand, "bound") for operand in operands]
        (start,), (limit,), (delta,) = bounds
        return (TensorType(dtype, (-(-(limit - start) // delta),)),)

    def version(self, operands: Types, results: Types) -> int:
        return 2 if required(operands[0], "start").dtype is DType.INT64 else 1


@dataclass(frozen=True)
class AddN(Operator, builtin="ADD_N"):
    """The sum of tensors of one shape."""

    operands = (activation(variadic=True),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        types = [need(operand, f"input {i}") for i, operand in enumerate(operands)]
        return (TensorType(same_dtype(*types), types[0].shape),)
