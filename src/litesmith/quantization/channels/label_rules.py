"""How operations that have no filter move labels of channels (`labelling`), operator by operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Operation
from litesmith.ir.operator import Operator
from litesmith.opset.binary import Add, Div, Maximum, Minimum, Mul, Sub
from litesmith.opset.elementwise import Abs, LeakyRelu, Neg, Prelu, Relu, Relu6
from litesmith.opset.joining import Concatenation, MirrorPad, Split, SplitV
from litesmith.opset.matmul import BatchMatmul
from litesmith.opset.pooling import Pool2D
from litesmith.opset.reduction import Mean, ReduceMax, ReduceMin, Reduction, Sum
from litesmith.opset.resizing import Resize
from litesmith.opset.rules import normalize_axis, sizes_of
from litesmith.opset.shaping import (
    BatchToSpaceNd,
    BlockShuffle,
    DepthToSpace,
    ExpandDims,
    Reshape,
    SpaceToBatchNd,
    SpaceToDepth,
    Squeeze,
    Transpose,
)
from litesmith.opset.slicing import Pad, Slice, StridedSlice
from litesmith.quantization.channels.ties import Labels, Rescaled, without_factors

if TYPE_CHECKING:
    from litesmith.quantization.channels.labelling import Channels

Array = np.ndarray[Any, Any]
Rule = Callable[["Channels", Operation], list[Labels] | None]
"""The labels of an operation's results; None where factors would change what it computes."""

_RULES: list[tuple[tuple[type[Operator], ...], Rule]] = []


def rule_of(operation: Operation) -> Rule | None:
    """How an operation moves labels; None for one that factors must not come to."""
    return next((rule for operators, rule in _RULES if isinstance(operation.operator, operators)), None)


def _moves(*operators: type[Operator]) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES.append((operators, rule))
        return rule

    return register


@_moves(Relu, LeakyRelu, Abs, Neg)
def _as_it_is(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels = channels.of(operation.operands[0])
    return None if labels is None else [labels]


@_moves(Prelu)
def _slopes(channels: Channels, operation: Operation) -> list[Labels] | None:
    constant = operation.operands[1]
    return _as_it_is(channels, operation) if constant is not None and constant.constant is not None else None


@_moves(Relu6)
def _limited(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels = channels.of(operation.operands[0])
    return None if labels is None else [channels.limited(operation.result, labels)]


@_moves(Pool2D, Resize)
def _windows(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels = channels.of(operation.operands[0])
    return None if labels is None else [channels.collapsed(labels, 1, 2)]


@_moves(Mean, Sum, ReduceMax, ReduceMin)
def _reduced(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels, axes = channels.of(operation.operands[0]), sizes_of(operation.operands[1])
    if labels is None or axes is None:
        return None
    places = [normalize_axis(int(axis), labels.ndim) for axis in axes]
    labels = channels.collapsed(labels, *places)
    assert isinstance(operation.operator, Reduction)
    return [labels if operation.operator.keep_dims else labels.squeeze(tuple(places))]


@_moves(Add, Sub, Maximum, Minimum)
def _together(channels: Channels, operation: Operation) -> list[Labels] | None:
    """All operands have the same factors; a constant takes them over."""
    rank = operation.result.type.rank
    left, right = (channels.of(value) for value in operation.operands)
    if left is None or right is None:
        return _with_constant(channels, operation, 0 if left is None else 1)
    left, right = _of_rank(left, rank), _of_rank(right, rank)
    channels.ties.tie(left, right)
    return [np.broadcast_arrays(left, right)[0]]


def _with_constant(channels: Channels, operation: Operation, place: int) -> list[Labels] | None:
    constant, labels = operation.operands[place], channels.of(operation.operands[1 - place])
    if labels is None or constant is None or constant.constant is None:
        return None
    labels = _of_rank(labels, operation.result.type.rank)
    if not np.any(constant.constant.array()):
        return [labels]
    shape = (1,) * (labels.ndim - constant.type.rank) + constant.type.shape
    labels = channels.collapsed(labels, *(axis for axis, size in enumerate(shape) if size == 1))
    channels.rescaled.append(
        Rescaled(operation, place, labels.reshape(labels.shape[labels.ndim - constant.type.rank :]))
    )
    return [labels]


@_moves(Mul, Div)
def _multiplied(channels: Channels, operation: Operation) -> list[Labels] | None:
    """One operand passes its factors, the other has none; a constant for each channel takes in any."""
    rank = operation.result.type.rank
    left, right = (channels.of(value) for value in operation.operands)
    if right is None:
        return _by_constant(channels, operation, 1)
    if left is None:
        return None if isinstance(operation.operator, Div) else _by_constant(channels, operation, 0)
    left, right = _of_rank(left, rank), _of_rank(right, rank)
    if isinstance(operation.operator, Mul):
        ties = channels.ties
        if ties.are_fixed(left) or (not ties.are_fixed(right) and left.size < right.size):
            left, right = right, left
    channels.ties.fix(right)
    return [left]


def _by_constant(channels: Channels, operation: Operation, place: int) -> list[Labels] | None:
    constant, labels = operation.operands[place], channels.of(operation.operands[1 - place])
    if labels is None or constant is None or constant.constant is None:
        return None
    rank, shape = operation.result.type.rank, operation.result.type.shape
    labels = _of_rank(labels, rank)
    size = shape[-1] if rank else 1
    if isinstance(size, Dim) or constant.type.shape[-1:] != (size,) or constant.type.elements != size:
        return [labels]
    labels = channels.collapsed(labels, *range(rank - 1))
    out = channels.ties.new(size)
    into = np.broadcast_to(labels.reshape(-1), (size,))
    shape = constant.type.shape
    up, down = (into, out) if isinstance(operation.operator, Div) else (out, into)
    channels.rescaled.append(Rescaled(operation, place, up.reshape(shape), down.reshape(shape)))
    return [out.reshape((1,) * (rank - 1) + (-1,))]


@_moves(BatchMatmul)
def _matrices(channels: Channels, operation: Operation) -> list[Labels] | None:
    """What is summed up has factors that undo each other, or one of both has none at all."""
    left, right = (channels.of(value) for value in operation.operands)
    if left is None or right is None:
        return None
    rank, ties = operation.result.type.rank, channels.ties
    left, right = _of_rank(left, rank), _of_rank(right, rank)
    assert isinstance(operation.operator, BatchMatmul)
    if operation.operator.adj_x:
        left = left.swapaxes(-1, -2)
    if operation.operator.adj_y:
        right = right.swapaxes(-1, -2)
    if ties.are_fixed(left):
        return [channels.collapsed(right, rank - 2)]
    if ties.are_fixed(right):
        return [channels.collapsed(left, rank - 1)]
    ties.tie(channels.collapsed(left, rank - 2).swapaxes(-1, -2), -channels.collapsed(right, rank - 1))
    return [np.zeros((1,) * rank, np.int64)]


@_moves(Transpose)
def _transposed(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels, axes = channels.of(operation.operands[0]), sizes_of(operation.operands[1])
    return None if labels is None or axes is None else [labels.transpose([int(axis) for axis in axes])]


@_moves(Reshape, Squeeze, ExpandDims)
def _reshaped(channels: Channels, operation: Operation) -> list[Labels] | None:
    value = operation.operands[0]
    labels = channels.of(value)
    if value is None or labels is None:
        return None
    made = reshaped_labels(labels, value.type.shape, operation.result.type.shape)
    return None if made is None else [made]


def reshaped_labels(labels: Labels, old: Sequence[Size], new: Sequence[Size]) -> Labels | None:
    """Labels of the same elements in another shape; None where that depends on sizes that are not known."""
    full: list[int] = []
    sizes: list[int] = []
    for (begin, start), (end, stop) in pairwise(_common_ends(old, new)):
        own, made = old[begin:end], new[start:stop]
        if all(size == 1 for size in labels.shape[begin:end]):
            full, sizes = [*full, *([1] * len(own))], [*sizes, *([1] * len(made))]
        elif any(isinstance(size, Dim) for size in (*own, *made)):
            return None
        else:
            full, sizes = [*full, *own], [*sizes, *made]
    return np.broadcast_to(labels, full).reshape(sizes)


def _common_ends(old: Sequence[Size], new: Sequence[Size]) -> list[tuple[int, int]]:
    """Axes of two shapes of the same elements behind which equally many lie, as far as that is known."""
    own, other = _ends(old), _ends(new)
    common = sorted((product for product in own if product in other), reverse=True)
    found = [(own[product], other[product]) for product in common]
    return found if found[0] == (0, 0) else [(0, 0), *found]


def _ends(shape: Sequence[Size]) -> dict[int, int]:
    """The last axis from which on there are so many elements of each of those before."""
    product, found = 1, {1: len(shape)}
    for axis in range(len(shape) - 1, -1, -1):
        size = shape[axis]
        if isinstance(size, Dim):
            break
        product *= size
        found.setdefault(product, axis)
    return found


@_moves(Concatenation)
def _joined(channels: Channels, operation: Operation) -> list[Labels] | None:
    """Channels next to each other keep their factors; what is joined along another axis has the same."""
    rank = operation.result.type.rank
    assert isinstance(operation.operator, Concatenation)
    axis = normalize_axis(operation.operator.axis, rank)
    sizes = [value.type.shape[axis] for value in operation.operands if value is not None]
    parts = [
        without_factors(value) if value.constant else channels.labels[value] for value in operation.operands if value
    ]
    if axis == rank - 1 and not any(isinstance(size, Dim) for size in sizes):
        leading = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return [
            np.concatenate(
                [np.broadcast_to(part, (*leading, size)) for part, size in zip(parts, sizes, strict=True)], -1
            )
        ]
    parts = [channels.collapsed(part, axis) for part in parts]
    for part in parts[1:]:
        channels.ties.tie(parts[0], part)
    return [np.broadcast_arrays(*parts)[0]]


@_moves(Pad, MirrorPad, SpaceToBatchNd, BatchToSpaceNd)
def _around(channels: Channels, operation: Operation) -> list[Labels] | None:
    """Zeros have any factor; channels must not be moved."""
    value = operation.operands[0]
    labels = channels.of(value)
    if value is None or labels is None:
        return None
    if value.type.shape[-1] != operation.result.type.shape[-1]:
        return None
    return [channels.collapsed(labels, *range(labels.ndim - 1))]


@_moves(Slice, StridedSlice)
def _sliced(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels = channels.of(operation.operands[0])
    parts = _slices(operation)
    if labels is None or parts is None:
        return None
    for axis, part in enumerate(parts):
        if labels.shape[axis] == 1:
            parts[axis] = 0 if isinstance(part, int) else slice(None)
        elif part is None:
            labels = channels.collapsed(labels, axis)
            parts[axis] = slice(None)
    return [labels[tuple(parts)]]


def _slices(operation: Operation) -> list[Any] | None:
    """What is taken along each axis: a slice or an index; None where that is not known, and for an axis too."""
    operator, value, result = operation.operator, operation.operands[0], operation.result
    begins = sizes_of(operation.operands[1])
    if value is None or begins is None:
        return None
    shape = value.type.shape
    if isinstance(operator, Slice):
        return [
            None if isinstance(begin, Dim) or isinstance(size, Dim) else slice(begin, begin + size)
            for begin, size in zip(begins, result.type.shape, strict=True)
        ]
    assert isinstance(operator, StridedSlice)
    ends, steps = sizes_of(operation.operands[2]), sizes_of(operation.operands[3])
    if operator.ellipsis_mask or operator.new_axis_mask or operator.offset or ends is None or steps is None:
        return None
    found: list[Any] = []
    for axis, size in enumerate(shape):
        if axis >= len(begins):
            found.append(slice(None))
            continue
        begin = None if operator.begin_mask >> axis & 1 else begins[axis]
        end = None if operator.end_mask >> axis & 1 else ends[axis]
        if operator.shrink_axis_mask >> axis & 1:
            found.append(int(begins[axis]))
        elif any(isinstance(each, Dim) for each in (begin, end, steps[axis], size)):
            found.append(None)
        else:
            found.append(slice(begin, end, steps[axis]))
    return found


@_moves(Split, SplitV)
def _split(channels: Channels, operation: Operation) -> list[Labels] | None:
    place, of_axis = (1, 0) if isinstance(operation.operator, Split) else (0, 2)
    labels, known = channels.of(operation.operands[place]), sizes_of(operation.operands[of_axis])
    if labels is None or known is None:
        return None
    axis = normalize_axis(int(known[0]), labels.ndim)
    if labels.shape[axis] == 1:
        return [labels] * len(operation.results)
    ends = np.cumsum([int(result.type.shape[axis]) for result in operation.results])
    return np.split(labels, ends[:-1], axis)


@_moves(DepthToSpace, SpaceToDepth)
def _shuffled(channels: Channels, operation: Operation) -> list[Labels] | None:
    labels = channels.of(operation.operands[0])
    if labels is None:
        return None
    labels = channels.collapsed(labels, 0, 1, 2)
    assert isinstance(operation.operator, BlockShuffle)
    blocks = operation.operator.block_size**2
    if isinstance(operation.operator, SpaceToDepth):
        value = operation.operands[0]
        assert value is not None
        return [np.tile(np.broadcast_to(labels, (1, 1, 1, int(value.type.shape[-1]))), blocks)]
    if labels.shape[-1] == 1:
        return [labels]
    return [channels.collapsed(labels.reshape(1, 1, blocks, -1), 2)]


def _of_rank(labels: Labels, rank: int) -> Labels:
    """Labels with axes of size 1 in front, as many as there are in all."""
    return labels.reshape((1,) * (rank - labels.ndim) + labels.shape)
