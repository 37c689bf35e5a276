"""Giving operators as many axes as their kernels take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from litesmith.ir.builder import constant, emit, emit_many
from litesmith.ir.dims import Size, product, same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ops.array import reshape, transpose
from litesmith.ops.sizes import int32
from litesmith.opset.elementwise import L2Normalization, Softmax
from litesmith.opset.joining import Concatenation, MirrorPad, Split, Tile
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.opset.reduction import Cumsum, Mean, ReduceMax, ReduceMin, Reduction, Sum
from litesmith.opset.rules import sizes_of
from litesmith.opset.shaping import ReverseV2, Transpose
from litesmith.opset.slicing import Pad, PadV2, Slice, StridedSlice
from litesmith.passes.base import Decline, Rewrite

Results = Value | Sequence[Value] | Decline | None

MOST_AXES: dict[type[Operator], int] = {
    Softmax: 6,
    FullyConnected: 6,
    Concatenation: 6,
    Split: 6,
    Sum: 6,
    Mean: 6,
    ReduceMax: 6,
    ReduceMin: 6,
    BatchMatmul: 5,
    Pad: 5,
    PadV2: 5,
}
"""Measured: XNNPACK refuses the first eight over six axes, the plain kernels the others over five."""
NEEDS_AN_AXIS = (Softmax, L2Normalization, Cumsum)
NOTHING_ON_SCALARS = (Reduction, Slice, StridedSlice, Pad, PadV2, MirrorPad, Transpose, Tile, ReverseV2)


@dataclass(frozen=True)
class LegalizeRanks(Rewrite):
    """Merge axes for operators that refuse so many, and give scalars an axis where one is needed.

    Before:
        graph main(%x: float32[1, 2, 1, 2, 1, 2, 3], %y: float32[]) {
          %1 = softmax(beta=1.0) %x : float32[1, 2, 1, 2, 1, 2, 3]
          %2 = sum %y, const int32[0] [] : float32[]
          return %1, %2
        }

    After:
        graph main(%x: float32[1, 2, 1, 2, 1, 2, 3], %y: float32[]) {
          %1 = reshape %x, const int32[2] [8, 3] : float32[8, 3]
          %2 = softmax(beta=1.0) %1 : float32[8, 3]
          %3 = reshape %2, const int32[7] [1, 2, 1, 2, 1, 2, 3] : float32[1, 2, 1, 2, 1, 2, 3]
          return %3, %y
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (*MOST_AXES, *NEEDS_AN_AXIS, *NOTHING_ON_SCALARS)

    def rewrite(self, operation: Operation) -> Results:
        x = operation.operands[-1] if isinstance(operation.operator, Split) else operation.operands[0]
        if x is None:
            return None
        most = MOST_AXES.get(type(operation.operator))
        try:
            if most is not None and x.type.rank > most:
                return MERGING[type(operation.operator)](operation, x)
            return None if x.type.rank else _on_scalar(operation, x)
        except LookupError as unknown:
            return Decline(f"the merged size is not known where the operation stands: {unknown}")


def _on_scalar(operation: Operation, x: Value) -> Results:
    if isinstance(operation.operator, NOTHING_ON_SCALARS):
        return x if x.type.matches(operation.result.type) else None
    if isinstance(operation.operator, NEEDS_AN_AXIS):
        return reshape(emit(operation.operator, reshape(x, (1,)), *operation.operands[1:]), ())
    return None


def _merged(x: Value, runs: Sequence[Sequence[int]]) -> Value:
    """The tensor with each run of neighbouring axes merged into one."""
    return reshape(x, [product(x.type.shape[axis] for axis in run) for run in runs])


def _around(axis: int, rank: int) -> list[range]:
    """The axes in front of one, itself, and those behind."""
    return [range(axis), range(axis, axis + 1), range(axis + 1, rank)]


def _runs(kinds: Sequence[Any]) -> list[list[int]]:
    """Neighbouring axes of the same kind."""
    runs: list[list[int]] = []
    for axis, kind in enumerate(kinds):
        if runs and kinds[runs[-1][-1]] == kind:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    return runs


def _rows(operation: Operation, x: Value) -> Value:
    """An operator that works along the last axis alone."""
    rank = x.type.rank
    rows = emit(operation.operator, _merged(x, [range(rank - 1), range(rank - 1, rank)]))
    return reshape(rows, operation.result.type.shape)


def _fully_connected(operation: Operation, x: Value) -> Value:
    assert isinstance(operation.operator, FullyConnected)
    rank = x.type.rank
    operator = replace(operation.operator, keep_num_dims=False)
    rows = emit(operator, _merged(x, [range(rank - 1), range(rank - 1, rank)]), *operation.operands[1:])
    return reshape(rows, operation.result.type.shape)


def _concatenation(operation: Operation, x: Value) -> Value:
    assert isinstance(operation.operator, Concatenation)
    runs = _around(operation.operator.axis % x.type.rank, x.type.rank)
    parts = [_merged(operand, runs) for operand in operation.operands if operand is not None]
    return reshape(emit(replace(operation.operator, axis=1), *parts), operation.result.type.shape)


def _split(operation: Operation, x: Value) -> Sequence[Value] | None:
    axis = sizes_of(operation.operands[0])
    if axis is None:
        return None
    runs = _around(int(axis[0]) % x.type.rank, x.type.rank)
    parts = emit_many(operation.operator, int32(1), _merged(x, runs))
    return [reshape(part, result.type.shape) for part, result in zip(parts, operation.results, strict=True)]


def _reduction(operation: Operation, x: Value) -> Value | None:
    axes = sizes_of(operation.operands[1])
    if axes is None:
        return None
    assert isinstance(operation.operator, Reduction)
    dropped = {int(axis) % x.type.rank for axis in axes}
    kept = [axis for axis in range(x.type.rank) if axis not in dropped]
    runs = _runs([axis in dropped for axis in range(x.type.rank)])
    if len(runs) > MOST_AXES[type(operation.operator)]:
        x = transpose(x, [*kept, *sorted(dropped)])
        dropped = set(range(len(kept), x.type.rank))
        runs = _runs([axis in dropped for axis in range(x.type.rank)])
    places = [place for place, run in enumerate(runs) if run[0] in dropped]
    result = emit(replace(operation.operator, keep_dims=False), _merged(x, runs), int32(places))
    return reshape(result, operation.result.type.shape)


def _pad(operation: Operation, x: Value) -> Value | Decline | None:
    paddings = operation.operands[1]
    if paddings is None or paddings.constant is None:
        return None
    pairs = paddings.constant.array()
    runs = _runs([axis if pair.any() else -1 for axis, pair in enumerate(pairs)])
    if len(runs) > MOST_AXES[Pad]:
        return Decline(f"{len(runs)} runs of axes are left when those without padding are merged")
    merged = constant(np.stack([pairs[run[0]] for run in runs]))
    result = emit(operation.operator, _merged(x, runs), merged, *operation.operands[2:])
    return reshape(result, operation.result.type.shape)


def _batch_matmul(operation: Operation, x: Value) -> Value | Decline | None:
    y = operation.operands[1]
    if y is None:
        return None
    leading: tuple[Size, ...] = x.type.shape[:-2]
    if not same_shape(leading, y.type.shape[:-2]):
        return Decline("leading axes that broadcast cannot be merged")
    rank = x.type.rank
    runs = [range(rank - 2), range(rank - 2, rank - 1), range(rank - 1, rank)]
    return reshape(emit(operation.operator, _merged(x, runs), _merged(y, runs)), operation.result.type.shape)


MERGING: dict[type[Operator], Callable[[Operation, Value], Results]] = {
    Softmax: _rows,
    FullyConnected: _fully_connected,
    Concatenation: _concatenation,
    Split: _split,
    BatchMatmul: _batch_matmul,
    Pad: _pad,
    PadV2: _pad,
    **dict.fromkeys((Sum, Mean, ReduceMax, ReduceMin), _reduction),
}
