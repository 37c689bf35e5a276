"""Moving RESHAPE behind the operators that do not care for the shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import constant_value, emit_many
from litesmith.ir.dims import Shape, same, same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset.binary import Binary
from litesmith.opset.conversion import Cast
from litesmith.opset.elementwise import Unary
from litesmith.opset.shaping import Reshape
from litesmith.passes.base import Rewrite, only_use, produced_by
from litesmith.passes.merge_reshapes import longer_axes, reshape_like
from litesmith.passes.pointwise import is_pointwise_unary


@dataclass(frozen=True)
class SinkReshapes(Rewrite):
    """Move RESHAPE behind elementwise operators, towards others that it may meet there.

    There are never more of them afterwards, and each moves towards the outputs only.

    Before:
        graph main(%x: float32[batch, 1, 6, 2]) {
          %1 = reshape %x, const int32[3] [-1, 6, 2] : float32[batch, 6, 2]
          %2 = mul %1, const float32[2] [2.0, 3.0] : float32[batch, 6, 2]
          %3 = relu %2 : float32[batch, 6, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 1, 6, 2]) {
          %1 = mul %x, const float32[2] [2.0, 3.0] : float32[batch, 1, 6, 2]
          %2 = relu %1 : float32[batch, 1, 6, 2]
          %3 = reshape %2, const int32[3] [-1, 6, 2] : float32[batch, 6, 2]
          return %3
        }

    Two operands that are reshaped alike are reshaped once.

    Before:
        graph main(%x: float32[batch, 1, 6], %y: float32[batch, 1, 6]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = reshape %y, const int32[2] [-1, 6] : float32[batch, 6]
          %3 = add %1, %2 : float32[batch, 6]
          return %3
        }

    After:
        graph main(%x: float32[batch, 1, 6], %y: float32[batch, 1, 6]) {
          %1 = add %x, %y : float32[batch, 1, 6]
          %2 = reshape %1, const int32[2] [-1, 6] : float32[batch, 6]
          return %2
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Unary, Cast, Binary)

    def rewrite(self, operation: Operation) -> Value | None:
        earlier = [produced_by(operand, Reshape) for operand in operation.operands]
        shaping = next((found for found in earlier if found is not None), None)
        if shaping is None or not any(found and only_use(found.result) is operation for found in earlier):
            return None
        operands = self._before(operation, shaping)
        x = shaping.operands[0]
        if operands is None or x is None:
            return None
        type = operation.result.type.with_shape(x.type.shape)
        (result,) = emit_many(operation.operator, *operands, types=[type])
        result.name = operation.result.name
        return reshape_like(result, shaping)

    def _before(self, operation: Operation, shaping: Operation) -> list[Value | None] | None:
        """The operands in the shape in front of the RESHAPE; None where one has no such form."""
        reshaped, x = shaping.result, shaping.operands[0]
        if x is None or not same_shape(operation.result.type.shape, reshaped.type.shape):
            return None
        if not isinstance(operation.operator, Binary):
            return [x] if is_pointwise_unary(operation) else None
        operands: list[Value | None] = []
        for operand in operation.operands:
            before = x if operand is reshaped else _other_before(operand, reshaped.type.shape, x.type.shape)
            if before is None:
                return None
            operands.append(before)
        return operands


def _other_before(operand: Value | None, after: Shape, before: Shape) -> Value | None:
    """An operand of a binary operator as it fits the shape in front of a RESHAPE."""
    if operand is None:
        return None
    if operand.constant is not None:
        type = operand.type
        if type.sparsity is not None or (type.quantization is not None and type.quantization.is_per_axis):
            return None
        shape = constant_shape(type.shape, after, before)
        return None if shape is None else constant_value(operand.constant.reshaped(shape), operand.name)
    other = produced_by(operand, Reshape)
    if other is None or other.operands[0] is None or not same_shape(operand.type.shape, after):
        return None
    return other.operands[0] if same_shape(other.operands[0].type.shape, before) else None


def constant_shape(shape: Shape, after: Shape, before: Shape) -> Shape | None:
    """The shape in which a constant that broadcasts against `after` broadcasts alike against `before`.

    None where there is none: it varies along an axis that the two shapes do not share.
    """
    padded = (1,) * (len(after) - len(shape)) + tuple(shape)
    if all(size == 1 for size in padded):
        return ()
    suffix = 0
    while suffix < min(len(after), len(before)) and same(after[-1 - suffix], before[-1 - suffix]):
        suffix += 1
    if len(shortest := _without_leading_ones(padded)) <= suffix:
        return shortest
    long_after, long_before = longer_axes(after), longer_axes(before)
    if not same_shape(tuple(after[i] for i in long_after), tuple(before[i] for i in long_before)):
        return None
    places = dict(zip(long_before, long_after, strict=True))
    return _without_leading_ones(tuple(padded[places[axis]] if axis in places else 1 for axis in range(len(before))))


def _without_leading_ones(shape: Shape) -> Shape:
    return shape[next(axis for axis, size in enumerate(shape) if size != 1) :]
