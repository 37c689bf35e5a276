"""Shaping, joining and taking apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.graph import Program
from litesmith.frontends.tensorflow.registry import Int, Ints, Item, Sizes, as_known, as_value, imports, modest
from litesmith.frontends.tensorflow.spreading import Spread
from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ops import array, padding, rearranging
from litesmith.ops.creation import keep_band
from litesmith.ops.errors import Unsupported
from litesmith.ops.scattering import scatter


@imports("Reshape")
def reshape(x: Value, shape: Sizes) -> Value:
    return array.reshape(x, shape)


@imports("ExpandDims")
def expand_dims(x: Value, axis: Int, *, program: Program) -> Value:
    place = array.axis_of(axis, x.type.rank + 1)
    result, spread = array.expand_dims(x, place), program.spreads.of(x)
    if spread is None or not 0 < place <= len(spread.blocks) + 1:
        return result
    blocks = (*spread.blocks[: place - 1], 1, *spread.blocks[place - 1 :])
    return program.spreads.remember(result, Spread(lambda: array.expand_dims(spread.whole(), place), blocks))


@imports("Squeeze")
def squeeze(x: Value, *, program: Program, squeeze_dims: tuple[int, ...] = ()) -> Value:
    result, spread = array.squeeze(x, squeeze_dims or None), program.spreads.of(x)
    places = {array.axis_of(axis, x.type.rank) for axis in squeeze_dims}
    if spread is None or not places or not all(0 < place <= len(spread.blocks) for place in places):
        return result
    blocks = tuple(block for place, block in enumerate(spread.blocks, 1) if place not in places)
    return program.spreads.remember(result, Spread(lambda: array.squeeze(spread.whole(), squeeze_dims), blocks))


@imports("Transpose", "ConjugateTranspose")
def transpose(x: Value, order: Ints) -> Value:
    return array.transpose(x, order)


@imports("Tile")
def tile(x: Value, times: Sizes) -> Value:
    modest((*x.type.shape, *times))
    return array.tile(x, times)


@imports("BroadcastTo")
def broadcast_to(x: Value, shape: Sizes) -> Value:
    modest(shape)
    return array.broadcast_to(x, shape)


@imports("Pack")
def pack(*operands: Value, axis: int = 0) -> Value:
    return array.stack(operands, axis)


@imports("Unpack")
def unpack(x: Value, *, num: int, axis: int = 0) -> list[Value]:
    return array.unstack(x, axis)


@imports("ConcatV2")
def concatenate(*operands: Item) -> Value:
    return _joined(operands[:-1], operands[-1])


@imports("Concat")
def concatenate_first(*operands: Item) -> Value:
    return _joined(operands[1:], operands[0])


def _joined(operands: Any, axis: Any) -> Value:
    values = [as_value(operand) for operand in operands]
    filled = [value for value in values if not _is_nothing(value)] or values[:1]
    return array.concatenate(filled, int(as_known(axis).array.item()))


def _is_nothing(value: Value) -> bool:
    """Whether a tensor has no elements, which there is nothing to join of."""
    size = value.type.elements
    return not isinstance(size, Dim) and size == 0 and value.type.rank == 1


@imports("Split")
def split(axis: Int, x: Value, *, num_split: int) -> list[Value]:
    return array.split(x, num_split, int(axis))


@imports("SplitV")
def split_parts(x: Value, sizes: Sizes, axis: Int, *, num_split: int) -> list[Value]:
    """One size may be -1: what is left."""
    parts: list[Size] = list(sizes)
    unknown = [place for place, size in enumerate(parts) if not isinstance(size, Dim) and size == -1]
    if unknown:
        known = sum((size for place, size in enumerate(parts) if place != unknown[0]), 0)
        parts[unknown[0]] = x.type.shape[array.axis_of(axis, x.type.rank)] - known
    return array.split(x, parts, int(axis))


@imports("Reverse")
def reverse_where(x: Value, is_reversed: Ints) -> Value:
    return array.flip(x, [axis for axis, turned in enumerate(is_reversed) if turned])


@imports("ReverseV2")
def reverse(x: Value, axes: Ints) -> Value:
    return array.flip(x, axes) if axes else x


@imports("Pad")
def pad(x: Value, amounts: Sizes) -> Value:
    return padding.pad(x, _pairs(amounts))


@imports("PadV2")
def pad_with(x: Value, amounts: Sizes, fill: Value) -> Value:
    return padding.pad(x, _pairs(amounts), fill)


@imports("MirrorPad")
def mirror_pad(x: Value, amounts: Sizes, *, mode: str) -> Value:
    return padding.pad_with_copies(x, _pairs(amounts), "symmetric" if mode == "SYMMETRIC" else "reflect")


def _pairs(amounts: Sizes) -> list[tuple[Size, Size]]:
    return list(zip(amounts[::2], amounts[1::2], strict=True))


@imports("SpaceToBatchND")
def space_to_batch(x: Value, block: Ints, amounts: Sizes, *, program: Program) -> Value:
    """Blocks of the axes behind the first go into the batch."""
    axes, rest = len(block), x.type.rank - 1 - len(block)
    padded = padding.pad(x, [(0, 0), *_pairs(amounts), *[(0, 0)] * rest])
    batch, *sizes = padded.type.shape
    inner: list[Size] = [batch]
    for size, step in zip(sizes[:axes], block, strict=True):
        inner += [size // step, step]
    split_up = array.reshape(padded, (*inner, *sizes[axes:]))
    places = list(range(1, 1 + 2 * axes, 2))
    order = [*(place + 1 for place in places), 0, *places, *range(1 + 2 * axes, split_up.type.rank)]
    outer = [size // step for size, step in zip(sizes[:axes], block, strict=True)]
    moved = array.transpose(split_up, order)
    result = array.reshape(moved, (batch * product(block), *outer, *sizes[axes:]))
    return program.spreads.remember(result, Spread(lambda: padded, tuple(block)))


@imports("BatchToSpaceND")
def batch_to_space(x: Value, block: Ints, cuts: Sizes, *, program: Program) -> Value:
    """The inverse of SpaceToBatchND; what comes out of it without having been spread is taken as it is."""
    spread = program.spreads.of(x)
    if spread is not None and spread.blocks == tuple(block):
        return _cut(spread.whole(), cuts)
    axes = len(block)
    batch, *sizes = x.type.shape
    each = batch // int(np.prod(block))
    split_up = array.reshape(x, (*block, each, *sizes))
    order = [axes]
    for place in range(axes):
        order += [axes + 1 + place, place]
    moved = array.transpose(split_up, [*order, *range(2 * axes + 1, split_up.type.rank)])
    whole = [size * step for size, step in zip(sizes[:axes], block, strict=True)]
    return _cut(array.reshape(moved, (each, *whole, *sizes[axes:])), cuts)


def _cut(x: Value, cuts: Sizes) -> Value:
    """Without so many elements at both ends of the axes behind the first."""
    sizes = x.type.shape[1:]
    kept = [slice(before, size - behind) for (before, behind), size in zip(_pairs(cuts), sizes, strict=False)]
    return array.strided_slice(x, [slice(None), *kept])


@imports("SpaceToBatch")
def space_to_batch_of_images(x: Value, amounts: Sizes, *, block_size: int, program: Program) -> Value:
    return space_to_batch(x, Ints((block_size, block_size)), amounts, program=program)


@imports("BatchToSpace")
def batch_to_space_of_images(x: Value, cuts: Sizes, *, block_size: int, program: Program) -> Value:
    return batch_to_space(x, Ints((block_size, block_size)), cuts, program=program)


@imports("MatrixBandPart", "BatchMatrixBandPart")
def matrix_band_part(x: Value, lower: Int, upper: Int) -> Value:
    """The elements within so many places of the diagonal; a negative number is no bound."""
    below, above = int(lower), int(upper)
    return keep_band(x, None if below < 0 else -below, None if above < 0 else above)


@imports("Roll")
def roll(x: Value, shift: Ints, axis: Ints) -> Value:
    for places, along in zip(shift, axis, strict=True):
        x = rearranging.roll(x, places, along)
    return x


@imports("InvertPermutation")
def invert_permutation(x: Value) -> Value:
    count = x.type.shape[0]
    if isinstance(count, Dim):
        raise Unsupported("the inverse of a permutation of open length")
    return scatter(array.expand_dims(x, 1), constant(np.arange(count), x.type.dtype), (count,))
