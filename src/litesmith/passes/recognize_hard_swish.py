"""HARD_SWISH written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Div, Maximum, Minimum, Mul
from litesmith.opset.elementwise import HardSwish, Relu, Relu0To1, Relu6
from litesmith.passes.base import Decline, Rewrite, only_use
from litesmith.passes.polynomials import CLOSE, expand, matches, number, within

LIMITERS: dict[type[Operator], tuple[float, float]] = {Relu6: (0.0, 6.0), Relu0To1: (0.0, 1.0)}


@dataclass(frozen=True)
class RecognizeHardSwish(Rewrite):
    """x * relu6(x + 3) / 6 is HARD_SWISH, and so is x times x / 6 + 1/2 limited to 0..1.

    However the factors are grouped.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = add %x, const float32[] 3.0 : float32[batch, 4]
          %2 = relu6 %1 : float32[batch, 4]
          %3 = mul %2, const float32[] 0.16666667 : float32[batch, 4]
          %4 = mul %x, %3 : float32[batch, 4]
          return %4
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = hard_swish %x : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Mul, Div)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        result = operation.result
        if result.type.dtype is not DType.FLOAT32:
            return None
        for gate in within(result):
            argument, low, high = limited(gate) or (None, 0.0, 0.0)
            if argument is None or argument.type != result.type or low != 0:
                continue
            inside = set(within(argument))
            for x in within(result):
                if x not in inside or x.type != result.type or not _is_hard_swish(result, x, gate, argument, high):
                    continue
                if only_use(gate) is None:
                    return Decline("the gate of a hard swish is read by others too")
                return emit(HardSwish(), x)
        return None


def _is_hard_swish(result: Value, x: Value, gate: Value, argument: Value, high: float) -> bool:
    return matches(expand(result, (x, gate)), {(x, gate): 1 / high}) and matches(
        expand(argument, (x,)), {(x,): high / 6, (): high / 2}
    )


def limited(value: Value) -> tuple[Value, float, float] | None:
    """What this is when it is limited to a range, and the range."""
    producer = value.producer
    if producer is None:
        return None
    first = producer.operands[0] if producer.operands else None
    if type(producer.operator) in LIMITERS and first is not None:
        return (first, *LIMITERS[type(producer.operator)])
    outer = _one_sided(value)
    inner = None if outer is None else _one_sided(outer[1])
    if outer is None or inner is None or outer[0] is inner[0]:
        return None
    limits = {outer[0]: outer[2], inner[0]: inner[2]}
    low, high = limits[Maximum], limits[Minimum]
    return (inner[1], low, high) if low < high - CLOSE else None


def _one_sided(value: Value) -> tuple[type[Operator], Value, float] | None:
    """The operator, operand and limit of a MAXIMUM or MINIMUM with a number; RELU is a maximum with 0."""
    producer = value.producer
    if producer is not None and isinstance(producer.operator, Relu) and producer.operands[0] is not None:
        return Maximum, producer.operands[0], 0.0
    if producer is None or not isinstance(producer.operator, (Maximum, Minimum)):
        return None
    for x, other in (producer.operands, producer.operands[::-1]):
        limit = number(other)
        if x is not None and not x.is_constant and limit is not None:
            return type(producer.operator), x, limit
    return None
