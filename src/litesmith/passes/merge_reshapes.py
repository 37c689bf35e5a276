"""Making one RESHAPE, or none, of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import constant_value, emit_many
from litesmith.ir.dims import Dim, Shape, is_static, same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ops.array import reshape
from litesmith.ops.sizes import int32
from litesmith.opset.shaping import ExpandDims, Reshape, Squeeze
from litesmith.passes.base import Rewrite, produced_by

RESHAPING = (Reshape, Squeeze, ExpandDims)
"""The operators that give the same elements, in the same order, another shape."""


@dataclass(frozen=True)
class MergeReshapes(Rewrite):
    """Merge neighbouring RESHAPE, SQUEEZE and EXPAND_DIMS, and drop those that change nothing.

    Before:
        graph main(%x: float32[batch, 4, 6]) {
          %1 = reshape %x, const int32[2] [-1, 24] : float32[batch, 24]
          %2 = expand_dims %1, const int32[] 1 : float32[batch, 1, 24]
          %3 = relu %2 : float32[batch, 1, 24]
          %4 = reshape %x, const int32[3] [-1, 4, 6] : float32[batch, 4, 6]
          return %3, %4
        }

    After:
        graph main(%x: float32[batch, 4, 6]) {
          %1 = reshape %x, const int32[3] [-1, 1, 24] : float32[batch, 1, 24]
          %2 = relu %1 : float32[batch, 1, 24]
          return %2, %x
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = RESHAPING

    def rewrite(self, operation: Operation) -> Value | None:
        first, target = operation.operands[0], operation.result.type.shape
        if first is None or first.type.sparsity is not None:
            return None
        x = _origin(first)
        if same_shape(x.type.shape, target):
            return x
        if x.constant is not None and is_static(target):
            return constant_value(x.constant.reshaped(target), x.name)
        plain = isinstance(operation.operator, Reshape)
        if plain and x is first:
            return None
        if plain and len(operation.operands) > 1:
            return reshape_like(x, operation)
        if sum(isinstance(size, Dim) for size in target) <= 1:
            return reshape(x, target)
        return None


def _origin(x: Value) -> Value:
    """The value that some reshaping, or none, made this of."""
    while (earlier := produced_by(x, *RESHAPING)) is not None and earlier.operands[0] is not None:
        x = earlier.operands[0]
    return x


def reshape_like(x: Value, operation: Operation) -> Value:
    """`x` in the shape that a RESHAPE gives, worked out in the same way when the model runs."""
    operator = operation.operator
    assert isinstance(operator, Reshape)
    shape = operation.operands[1] if len(operation.operands) > 1 else int32(operator.new_shape or ())
    type = operation.result.type
    (result,) = emit_many(Reshape(), x, shape, types=[x.type.with_shape(type.shape)])
    return result


def longer_axes(shape: Shape) -> list[int]:
    """The axes that may hold more than one place."""
    return [axis for axis, size in enumerate(shape) if isinstance(size, Dim) or size != 1]
