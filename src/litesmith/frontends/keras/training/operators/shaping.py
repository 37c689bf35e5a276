"""The same elements in another shape or order."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.registry import Call, evaluates, library
from litesmith.opset.shaping import (
    BatchToSpaceNd,
    BroadcastArgs,
    BroadcastTo,
    DepthToSpace,
    ExpandDims,
    Rank,
    Reshape,
    ReverseSequence,
    ReverseV2,
    ShapeOf,
    SpaceToBatchNd,
    SpaceToDepth,
    Squeeze,
    Transpose,
)


@evaluates(Reshape)
def _reshaped(call: Call) -> Any:
    operand = call.operands[0]
    shape = tuple(call.operator.new_shape if call.given(1) is None else call.known(1).tolist())
    return library(operand, sizes=shape).reshape(operand, shape)


@evaluates(Squeeze)
def _squeezed(call: Call) -> Any:
    operand = call.operands[0]
    axes = call.operator.squeeze_dims or [axis for axis, size in enumerate(operand.shape) if size == 1]
    return library(operand).squeeze(operand, tuple(axes))


@evaluates(ExpandDims)
def _expanded(call: Call) -> Any:
    return library(call.operands[0]).expand_dims(call.operands[0], int(call.known(1).reshape(-1)[0]))


@evaluates(Transpose)
def _transposed(call: Call) -> Any:
    return library(call.operands[0]).transpose(call.operands[0], [int(axis) for axis in call.known(1)])


@evaluates(BroadcastTo)
def _broadcast(call: Call) -> Any:
    shape = tuple(call.known(1).tolist())
    return library(call.operands[0], sizes=shape).broadcast_to(call.operands[0], shape)


@evaluates(BroadcastArgs)
def _broadcast_sizes(call: Call) -> Any:
    left, right = call.known(0), call.known(1)
    rank = max(len(left), len(right))
    left, right = (np.concatenate([np.ones(rank - len(each), each.dtype), each]) for each in (left, right))
    return np.array([b if isinstance(a, (int, np.integer)) and a == 1 else a for a, b in zip(left, right, strict=True)])


@evaluates(ShapeOf)
def _shape(call: Call) -> Any:
    """The sizes; those that only the run shows are tensors."""
    sizes = list(ops.shape(call.operands[0]))
    if all(isinstance(size, (int, np.integer)) for size in sizes):
        return np.array(sizes, call.operator.out_type.numpy)
    found = np.empty(len(sizes), object)
    for place, size in enumerate(sizes):  # one by one: an array is not made of tensors that only the run knows
        found[place] = size
    return found


@evaluates(Rank)
def _rank(call: Call) -> Any:
    return np.array(len(call.operands[0].shape), np.int32)


@evaluates(ReverseV2)
def _reversed(call: Call) -> Any:
    return library(call.operands[0]).flip(call.operands[0], tuple(int(axis) for axis in call.known(1).reshape(-1)))


@evaluates(ReverseSequence)
def _reversed_by_length(call: Call) -> Any:
    """Each row takes element `length - 1 - i` in place i, as far as its length goes."""
    operand, lengths = call.operands
    axis, batch, rank = call.operator.seq_dim, call.operator.batch_dim, len(operand.shape)
    places = ops.reshape(ops.arange(operand.shape[axis], dtype="int32"), _along(axis, rank))
    ends = ops.reshape(ops.cast(lengths, "int32"), _along(batch, rank))
    found = ops.where(places < ends, ends - 1 - places, places)
    return ops.take_along_axis(operand, ops.broadcast_to(found, ops.shape(operand)), axis)


def _along(axis: int, rank: int) -> tuple[int, ...]:
    return tuple(-1 if place == axis else 1 for place in range(rank))


@evaluates(DepthToSpace)
def _depth_to_space(call: Call) -> Any:
    block, (_, height, width, channels) = call.operator.block_size, call.operands[0].shape
    parted = ops.reshape(call.operands[0], (-1, height, width, block, block, channels // block**2))
    moved = ops.transpose(parted, (0, 1, 3, 2, 4, 5))
    return ops.reshape(moved, (-1, height * block, width * block, channels // block**2))


@evaluates(SpaceToDepth)
def _space_to_depth(call: Call) -> Any:
    block, (_, height, width, channels) = call.operator.block_size, call.operands[0].shape
    parted = ops.reshape(call.operands[0], (-1, height // block, block, width // block, block, channels))
    moved = ops.transpose(parted, (0, 1, 3, 2, 4, 5))
    return ops.reshape(moved, (-1, height // block, width // block, channels * block**2))


@evaluates(SpaceToBatchNd)
def _space_to_batch(call: Call) -> Any:
    blocks = [int(block) for block in call.known(1)]
    edges = [(int(before), int(behind)) for before, behind in call.known(2)]
    rest = len(call.operands[0].shape) - 1 - len(blocks)
    zero = 0 if call.steps[0] is None else call.steps[0].zero
    image = ops.pad(call.operands[0], [(0, 0), *edges, *[(0, 0)] * rest], constant_values=zero)
    batch, *sizes = ops.shape(image)
    parts: list[Any] = [batch]
    for size, block in zip(sizes, blocks, strict=False):
        parts += [size // block, block]
    count = len(blocks)
    spaces, inner = [1 + 2 * place for place in range(count)], [2 + 2 * place for place in range(count)]
    moved = ops.transpose(
        ops.reshape(image, (*parts, *sizes[count:])), (*inner, 0, *spaces, *range(1 + 2 * count, 1 + 2 * count + rest))
    )
    outer = [size // block for size, block in zip(sizes, blocks, strict=False)]
    return ops.reshape(moved, (batch * int(np.prod(blocks)), *outer, *sizes[count:]))


@evaluates(BatchToSpaceNd)
def _batch_to_space(call: Call) -> Any:
    blocks = [int(block) for block in call.known(1)]
    batch, *sizes = ops.shape(call.operands[0])
    count, rest = len(blocks), len(sizes) - len(blocks)
    outer = batch // int(np.prod(blocks))
    parted = ops.reshape(call.operands[0], (*blocks, outer, *sizes))
    order = [count]
    for place in range(count):
        order += [count + 1 + place, place]
    moved = ops.transpose(parted, (*order, *range(2 * count + 1, 2 * count + 1 + rest)))
    joined = ops.reshape(
        moved, (outer, *(size * block for size, block in zip(sizes, blocks, strict=False)), *sizes[count:])
    )
    for axis, (before, behind) in enumerate(call.known(2), start=1):
        size = joined.shape[axis]
        joined = joined[(slice(None),) * axis + (slice(int(before), size - int(behind)),)]
    return joined
