"""Operators that give the same elements another shape or order."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.operator import (
    Independent,
    Operator,
    Same,
    TypeRule,
    Types,
    activation,
    index,
    required,
    version_by_dtype,
)
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import (
    MOVED_WIDELY,
    WIDE,
    agreed_size,
    broadcast_shapes,
    need,
    need_sizes,
    normalize_axis,
    sizes_of,
)


@dataclass(frozen=True)
class Reshape(Operator, builtin="RESHAPE"):
    """The same elements in another shape; one size may be -1, which stands for what is left.

    The shape is an operand; the option of the same meaning is left empty, as the kernel
    prefers the operand.
    """

    new_shape: tuple[int, ...] | None = None
    operands = (activation(), index("shape", optional=True))
    scales = Same()
    in_place = (0,)
    keeps_data = True

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        sizes: tuple[Size, ...] | None = sizes_of(operands[1]) if len(operands) > 1 else None
        if sizes is None:
            sizes = self.new_shape
        if sizes is None:
            raise TypeRule("operand 'shape' must be known to type the result")
        known = product(size for size in sizes if isinstance(size, Dim) or size != -1)
        total = type.elements
        shape = tuple(total // known if not isinstance(size, Dim) and size == -1 else size for size in sizes)
        try:
            agreed_size(product(shape), total)
        except TypeRule:
            raise TypeRule(f"{type} has {total} elements, shape {shape} has {product(shape)}") from None
        return (TensorType(type.dtype, shape, type.quantization),)


@dataclass(frozen=True)
class Squeeze(Operator, builtin="SQUEEZE"):
    """Without some axes of size 1."""

    squeeze_dims: tuple[int, ...] = ()
    operands = (activation(),)
    scales = Same()
    in_place = (0,)
    keeps_data = True

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        dropped = {normalize_axis(axis, type.rank) for axis in self.squeeze_dims}
        if not dropped:
            dropped = {axis for axis, size in enumerate(type.shape) if not isinstance(size, Dim) and size == 1}
        shape = tuple(size for axis, size in enumerate(type.shape) if axis not in dropped)
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, STRING=2)


@dataclass(frozen=True)
class ExpandDims(Operator, builtin="EXPAND_DIMS"):
    """With a new axis of size 1 in front of `axis`."""

    operands = (activation(), index("axis"))
    scales = Same()
    in_place = (0,)
    keeps_data = True

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        (axis,) = need_sizes(operands[1], "axis")
        place = normalize_axis(int(axis), type.rank + 1)
        shape = (*type.shape[:place], 1, *type.shape[place:])
        return (TensorType(type.dtype, shape, type.quantization),)


@dataclass(frozen=True)
class Transpose(Operator, builtin="TRANSPOSE"):
    """The axes in another order: axis i of the result is axis `permutation[i]` of the input."""

    operands = (activation(), index("permutation"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        axes = [int(axis) for axis in need_sizes(operands[1], "permutation")]
        if sorted(axes) != list(range(type.rank)):
            raise TypeRule(f"{axes} is not an order of {type.rank} axes")
        return (TensorType(type.dtype, tuple(type.shape[axis] for axis in axes), type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        type = required(operands[0], "input")
        if type.dtype is DType.FLOAT16:
            return 9
        if type.rank > 6 or type.dtype is DType.BFLOAT16:
            return 8
        if type.dtype is DType.INT4:
            return 7
        if type.rank > 5:
            return 6
        if type.dtype is DType.INT16:
            return 5
        return 4 if type.rank > 4 else version_by_dtype(type.dtype, INT8=2, BOOL=3)


@dataclass(frozen=True)
class BroadcastTo(Operator, builtin="BROADCAST_TO"):
    """Elements repeated along axes of size 1, to a given shape."""

    operands = (activation(), index("shape"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        shape = need_sizes(operands[1], "shape")
        if len(broadcast_shapes(type.shape, shape)) != len(shape):
            raise TypeRule(f"{type} does not broadcast to {shape}")
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return 3 if required(operands[0], "input").dtype in (DType.INT8, DType.INT16) else 2


@dataclass(frozen=True)
class BroadcastArgs(Operator, builtin="BROADCAST_ARGS", options=None):
    """The shape that two shapes broadcast to."""

    operands = (index("lhs"), index("rhs"))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        lhs, rhs = need(operands[0], "lhs"), need(operands[1], "rhs")
        longer = max(int(lhs.elements), int(rhs.elements))
        return (TensorType(lhs.dtype, (longer,)),)


@dataclass(frozen=True)
class ShapeOf(Operator, builtin="SHAPE", options="Shape"):
    """The sizes of a tensor, read when the model runs."""

    out_type: DType = DType.INT32
    operands = (activation(),)
    scales = Independent()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(self.out_type, (need(operands[0], "input").rank,)),)


@dataclass(frozen=True)
class Rank(Operator, builtin="RANK"):
    """The number of axes."""

    operands = (activation(),)
    scales = Independent()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        need(operands[0], "input")
        return (TensorType(DType.INT32, ()),)


@dataclass(frozen=True)
class ReverseV2(Operator, builtin="REVERSE_V2"):
    """The elements along `axes` in opposite order."""

    operands = (activation(), index("axes"))
    scales = Same()
    kernel_dtypes = MOVED_WIDELY - {DType.STRING}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        need(operands[1], "axes")
        return (TensorType(type.dtype, type.shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, BOOL=2, INT8=3)


@dataclass(frozen=True)
class ReverseSequence(Operator, builtin="REVERSE_SEQUENCE"):
    """The first `lengths[i]` elements along `seq_dim` in opposite order, for each i along `batch_dim`."""

    seq_dim: int = 0
    batch_dim: int = 0
    operands = (activation(), index("lengths"))
    scales = Same()
    kernel_dtypes = WIDE | {DType.UINT8, DType.INT16}

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        need(operands[1], "lengths")
        return (TensorType(type.dtype, type.shape, type.quantization),)


@dataclass(frozen=True)
class BlockShuffle(Operator):
    """Exchange of blocks of space and channels, [batch, height, width, channels]."""

    block_size: int = 1
    operands = (activation(),)
    scales = Same()
    quantized_dtypes = frozenset({DType.INT8})
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8}


@dataclass(frozen=True)
class DepthToSpace(BlockShuffle, builtin="DEPTH_TO_SPACE"):
    """Groups of block_size**2 channels become blocks of height and width."""

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        batch, height, width, channels = type.shape
        block = self.block_size
        return (TensorType(type.dtype, (batch, height * block, width * block, channels // block**2)),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2)


@dataclass(frozen=True)
class SpaceToDepth(BlockShuffle, builtin="SPACE_TO_DEPTH"):
    """Blocks of height and width become groups of block_size**2 channels."""

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        batch, height, width, channels = type.shape
        block = self.block_size
        return (TensorType(type.dtype, (batch, height // block, width // block, channels * block**2)),)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2)


@dataclass(frozen=True)
class SpaceToBatchNd(Operator, builtin="SPACE_TO_BATCH_ND", options="SpaceToBatchND"):
    """Blocks of space become the batch, after zero padding (pairs). Rank 3 or 4."""

    operands = (activation(), index("block_shape"), index("paddings"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        blocks, paddings = need_sizes(operands[1], "block_shape"), need_sizes(operands[2], "paddings")
        spatial = [
            (size + paddings[2 * i] + paddings[2 * i + 1]) // blocks[i]
            for i, size in enumerate(type.shape[1 : 1 + len(blocks)])
        ]
        shape = (type.shape[0] * product(blocks), *spatial, *type.shape[1 + len(blocks) :])
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return _block_version(operands)


@dataclass(frozen=True)
class BatchToSpaceNd(Operator, builtin="BATCH_TO_SPACE_ND", options="BatchToSpaceND"):
    """Parts of the batch become blocks of space, then the crops (pairs) are cut off. Rank 3 or 4."""

    operands = (activation(), index("block_shape"), index("crops"))
    scales = Same()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        blocks, crops = need_sizes(operands[1], "block_shape"), need_sizes(operands[2], "crops")
        spatial = [
            size * blocks[i] - crops[2 * i] - crops[2 * i + 1] for i, size in enumerate(type.shape[1 : 1 + len(blocks)])
        ]
        shape = (type.shape[0] // product(blocks), *spatial, *type.shape[1 + len(blocks) :])
        return (TensorType(type.dtype, shape, type.quantization),)

    def version(self, operands: Types, results: Types) -> int:
        return _block_version(operands)


def _block_version(operands: Types) -> int:
    type = required(operands[0], "input")
    if type.dtype is DType.INT16:
        return 4
    return 3 if type.rank != 4 else version_by_dtype(type.dtype, INT8=2)
