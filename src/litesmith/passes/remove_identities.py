"""Removing operations that give back what they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset import binary, elementwise, joining, slicing
from litesmith.opset.enums import Activation
from litesmith.opset.rules import sizes_of
from litesmith.opset.shaping import BroadcastTo
from litesmith.passes.base import Decline, Rewrite, produced_by
from litesmith.passes.signed_zeros import tells_zeros_apart

Result = Value | Decline | None
MOST_ELEMENTS = 4096
"""Constants that are larger are not read for it."""
Check = Callable[[Operation], Result]


@dataclass(frozen=True)
class RemoveIdentities(Rewrite):
    """Remove arithmetic with 0 and 1, slices of everything, padding by nothing, what is done twice.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = mul %x, const float32[] 1.0 : float32[batch, 4]
          %2 = pad %1, const int32[2, 2] [[0, 0], [0, 0]] : float32[batch, 4]
          %3 = relu %2 : float32[batch, 4]
          %4 = relu %3 : float32[batch, 4]
          return %4
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = relu %x : float32[batch, 4]
          return %1
        }

    What would change the shape or the type of the other operand stays.

    Before:
        graph main(%x: float32[4]) {
          %1 = mul %x, const float32[2, 1] [[1.0], [1.0]] : float32[2, 4]
          return %1
        }

    After:
        graph main(%x: float32[4]) {
          %1 = mul %x, const float32[2, 1] [[1.0], [1.0]] : float32[2, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = ()

    def rewrite(self, operation: Operation) -> Result:
        found = CHECKS[type(operation.operator)](operation)
        if isinstance(found, Value) and not found.type.matches(operation.result.type):
            return None
        return found


def _other_than(number: float, *positions: int) -> Callable[[Operation], Value | None]:
    """The operand beside one that is `number` everywhere."""

    def check(operation: Operation) -> Value | None:
        if getattr(operation.operator, "fused_activation_function", 0):
            return None
        return _beside(operation, positions, lambda array: bool(np.all(array == number)))

    return check


def _beside(operation: Operation, positions: tuple[int, ...], holds: Callable[[Any], bool]) -> Value | None:
    for position in positions:
        neutral, other = operation.operands[position], operation.operands[1 - position]
        if neutral is None or neutral.constant is None or neutral.type.quantization is not None:
            continue
        if 0 < neutral.type.elements <= MOST_ELEMENTS and holds(neutral.constant.array()):
            return other
    return None


def _added_zero(operation: Operation) -> Result:
    """X beside zeros; adding 0.0 turns -0.0 into 0.0, which must not be told apart."""
    found = _other_than(0, 0, 1)(operation)
    if found is None or not found.type.dtype.is_float:
        return found
    if _beside(operation, (0, 1), lambda array: bool(np.all((array == 0) & np.signbit(array)))) is not None:
        return found
    observer = tells_zeros_apart(operation.result)
    return found if observer is None else Decline(f"{observer.operator.builtin} behind it tells -0.0 from 0.0")


def _only(position: int) -> Check:
    """The operand at a position, when the others, being what the type says, change nothing."""
    return lambda operation: operation.operands[position]


def _all_zero(position: int) -> Check:
    """The first operand, when the sizes at `position` are all 0."""

    def check(operation: Operation) -> Value | None:
        sizes = sizes_of(operation.operands[position])
        return operation.operands[0] if sizes is not None and not any(sizes) else None

    return check


def _whole_slice(operation: Operation) -> Value | None:
    """The operand of a STRIDED_SLICE in steps of 1 that takes as much as there is."""
    steps = sizes_of(operation.operands[3])
    assert isinstance(operation.operator, slicing.StridedSlice)
    masked = operation.operator.shrink_axis_mask or operation.operator.new_axis_mask
    return None if masked or steps is None or any(step != 1 for step in steps) else operation.operands[0]


def _joined_alone(operation: Operation) -> Value | None:
    fused = getattr(operation.operator, "fused_activation_function", 0)
    return operation.operands[0] if len(operation.operands) == 1 and not fused else None


def _split_into_one(position: int) -> Check:
    return lambda operation: operation.operands[position] if len(operation.results) == 1 else None


def _undone(operation: Operation) -> Value | None:
    """What an operator that undoes itself was applied to twice."""
    earlier = produced_by(operation.operands[0], type(operation.operator))
    return None if earlier is None else earlier.operands[0]


def _repeated(operation: Operation) -> Value | None:
    """The result of an operator that changes nothing the second time."""
    earlier = produced_by(operation.operands[0], type(operation.operator))
    return None if earlier is None else operation.operands[0]


def _already_limited(operation: Operation) -> Value | None:
    """What was limited already, by an operator or by an activation fused into one."""
    x = operation.operands[0]
    if x is None or x.producer is None:
        return None
    limit, before = LIMITS[type(operation.operator)], x.producer.operator
    fused = getattr(before, "fused_activation_function", Activation.NONE)
    given = FUSED_LIMITS.get(fused) if fused else LIMITS.get(type(before))
    return x if given is not None and limit[0] <= given[0] and given[1] <= limit[1] else None


LIMITS: dict[type[Operator], tuple[float, float]] = {
    elementwise.Relu: (0, np.inf),
    elementwise.Relu6: (0, 6),
    elementwise.ReluN1To1: (-1, 1),
    elementwise.Relu0To1: (0, 1),
}
FUSED_LIMITS = {
    Activation.RELU: (0, np.inf),
    Activation.RELU6: (0, 6),
    Activation.RELU_N1_TO_1: (-1, 1),
}

CHECKS: dict[type[Operator], Check] = {
    binary.Add: _added_zero,
    binary.Sub: _other_than(0, 1),
    binary.Mul: _other_than(1, 0, 1),
    binary.Div: _other_than(1, 1),
    binary.Pow: _other_than(1, 1),
    binary.LogicalAnd: _other_than(True, 0, 1),
    binary.LogicalOr: _other_than(False, 0, 1),
    slicing.Pad: _all_zero(1),
    slicing.PadV2: _all_zero(1),
    slicing.Slice: _only(0),
    slicing.StridedSlice: _whole_slice,
    joining.MirrorPad: _all_zero(1),
    joining.Tile: _only(0),
    joining.Concatenation: _joined_alone,
    joining.AddN: _joined_alone,
    joining.Split: _split_into_one(1),
    joining.SplitV: _split_into_one(0),
    BroadcastTo: _only(0),
    elementwise.LogicalNot: _undone,
    elementwise.Neg: _undone,
    elementwise.Abs: _repeated,
    elementwise.Floor: _repeated,
    elementwise.Ceil: _repeated,
    elementwise.Round: _repeated,
    **dict.fromkeys(LIMITS, _already_limited),
}
RemoveIdentities.roots = tuple(CHECKS)
