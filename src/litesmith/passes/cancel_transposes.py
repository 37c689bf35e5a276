"""Removing transposes that other transposes undo, or that move nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.dims import Dim, Shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ops.array import transpose
from litesmith.opset.rules import sizes_of
from litesmith.opset.shaping import Transpose
from litesmith.passes.base import Rewrite, produced_by


@dataclass(frozen=True)
class CancelTransposes(Rewrite):
    """Compose transposes of transposes, and drop those that move nothing.

    Before:
        graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = transpose %x, const int32[4] [0, 3, 1, 2] : float32[batch, 3, 4, 5]
          %2 = transpose %1, const int32[4] [0, 2, 3, 1] : float32[batch, 4, 5, 3]
          %3 = relu %2 : float32[batch, 4, 5, 3]
          return %3
        }

    After:
        graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = relu %x : float32[batch, 4, 5, 3]
          return %1
        }

    Constants are transposed when they are written.

    Before:
        graph main(%x: float32[batch, 2]) {
          %1 = transpose const float32[2, 2] [[1.0, 2.0], [3.0, 4.0]], const int32[2] [1, 0] : float32[2, 2]
          %2 = batch_matmul %x, %1 : float32[batch, 2]
          return %2
        }

    After:
        graph main(%x: float32[batch, 2]) {
          %1 = batch_matmul %x, const float32[2, 2] [[1.0, 3.0], [2.0, 4.0]] : float32[batch, 2]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Transpose,)

    def rewrite(self, operation: Operation) -> Value | None:
        order = permutation_of(operation)
        x = operation.operands[0]
        if order is None or x is None:
            return None
        if order == identity(len(order)):
            return x
        if x.constant is not None:
            return transpose(x, order) if can_be_transposed(x) else None
        earlier = produced_by(x, Transpose)
        first = None if earlier is None else permutation_of(earlier)
        if earlier is not None and first is not None and earlier.operands[0] is not None:
            return transpose(earlier.operands[0], compose(first, order))
        return None


def permutation_of(operation: Operation) -> tuple[int, ...] | None:
    """The order of axes that a TRANSPOSE makes; None when only the running model knows it."""
    order = sizes_of(operation.operands[1])
    return None if order is None else tuple(map(int, order))


def identity(rank: int) -> tuple[int, ...]:
    """The order that moves nothing."""
    return tuple(range(rank))


def compose(first: Sequence[int], second: Sequence[int]) -> tuple[int, ...]:
    """The order of axes that transposing by `first` and then by `second` makes."""
    return tuple(first[axis] for axis in second)


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """The order that undoes another."""
    return tuple(order.index(axis) for axis in range(len(order)))


def moves_only_ones(shape: Shape, order: Sequence[int]) -> bool:
    """Whether the axes longer than 1 keep their order, so that the elements stay where they are."""
    moved = [axis for axis in order if isinstance(shape[axis], Dim) or shape[axis] != 1]
    return moved == sorted(moved)


def can_be_transposed(value: Value) -> bool:
    """Whether the axes of a constant may be moved: its scales and its storage belong to none."""
    type = value.type
    return type.sparsity is None and (type.quantization is None or len(type.quantization.scales) <= 1)
