"""What a mask leaves out becomes one number, for models of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Add, Sub
from litesmith.opset.elementwise import Softmax
from litesmith.opset.enums import Activation
from litesmith.opset.selection import SelectV2
from litesmith.opset.shaping import ExpandDims, Reshape, Squeeze, Transpose
from litesmith.passes.base import Rewrite, produced_by
from litesmith.passes.polynomials import number

FAR = 1e6
"""What is moved so far only says that it is left out."""
HANDING_ON = (SelectV2, Add, Sub, Reshape, Transpose, Squeeze, ExpandDims)
"""What may stand between a mask and the softmax: other masks, and other shapes."""
MOST_AXES = 5
"""Of what SELECT_V2 broadcasts."""


@dataclass(frozen=True)
class MaskByConstant(Rewrite):
    """Scores that a mask moves by -1e9 become -1e9 instead: a softmax makes 0 of either.

    Integers of one scale stand for scores, or for scores less 1e9, not for both; and of a sum with a mask they hold
    only what their range lets through, which may be more than other scores.

    Before:
        graph main(%x: float32[batch, 5], %mask: bool[batch, 5]) {
          %1 = sub %x, const float32[] 1000000000.0 : float32[batch, 5]
          %2 = select_v2 %mask, %1, %x : float32[batch, 5]
          %3 = softmax %2 : float32[batch, 5]
          return %3
        }

    After:
        graph main(%x: float32[batch, 5], %mask: bool[batch, 5]) {
          %1 = select_v2 %mask, const float32[] -1000000000.0, %x : float32[batch, 5]
          %2 = softmax %1 : float32[batch, 5]
          return %2
        }

    Before:
        graph main(%x: float32[batch, 2, 5], %mask: bool[batch, 1, 5]) {
          %1 = select_v2 %mask, const float32[] 0.0, const float32[] -1000000000.0 : float32[batch, 1, 5]
          %2 = add %x, %1 : float32[batch, 2, 5]
          %3 = softmax %2 : float32[batch, 2, 5]
          return %3
        }

    After:
        graph main(%x: float32[batch, 2, 5], %mask: bool[batch, 1, 5]) {
          %1 = select_v2 %mask, %x, const float32[] -1000000000.0 : float32[batch, 2, 5]
          %2 = softmax %1 : float32[batch, 2, 5]
          return %2
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (SelectV2, Add, Sub)

    def rewrite(self, operation: Operation) -> Value | None:
        type = operation.result.type
        if type.dtype is not DType.FLOAT32 or type.rank > MOST_AXES or not _are_scores(operation.result):
            return None
        if isinstance(operation.operator, SelectV2):
            return _one_of_two(operation)
        assert isinstance(operation.operator, (Add, Sub))
        if operation.operator.fused_activation_function is not Activation.NONE:
            return None
        x, mask = operation.operands
        if isinstance(operation.operator, Sub):
            return _sum(x, mask, -1)
        return _sum(x, mask, 1) or _sum(mask, x, 1)


def _are_scores(value: Value) -> bool:
    """Whether only softmaxes read a value, perhaps moved about and with other masks: others may need all of it."""
    assert value.producer is not None
    assert value.producer.graph is not None
    if value.producer.graph.is_output(value) or not value.users:
        return False
    return all(
        isinstance(user.operator, Softmax)
        or (isinstance(user.operator, HANDING_ON) and all(map(_are_scores, user.results)))
        for user in value.users
    )


def _one_of_two(operation: Operation) -> Value | None:
    """Either a value or the same one moved far away."""
    condition, then, otherwise = operation.operands
    for moved, x in ((then, otherwise), (otherwise, then)):
        if (shift := _shift(moved, x)) is not None:
            far = constant(np.float32(shift))
            return emit(SelectV2(), condition, far, x) if moved is then else emit(SelectV2(), condition, x, far)
    return None


def _shift(moved: Value | None, x: Value | None) -> float | None:
    """How far a value is `x` moved, where that is far."""
    for kind, sign in ((Add, 1), (Sub, -1)):
        found = produced_by(moved, kind)
        if found is None or getattr(found.operator, "fused_activation_function", None) is not Activation.NONE:
            continue
        left, right = found.operands
        by = number(right) if left is x else number(left) if right is x and kind is Add else None
        if by is not None and abs(by) >= FAR:
            return sign * by
    return None


def _sum(x: Value | None, mask: Value | None, sign: int) -> Value | None:
    """`x` where the mask is 0, and a number where it is far from it; None for what is no mask."""
    assert mask is not None
    if mask.constant is not None:
        return _sum_with_constant(x, mask.constant.array(), sign)
    choice = produced_by(mask, SelectV2)
    if choice is None:
        return None
    condition, *values = choice.operands
    then, otherwise = map(number, values)
    if then == 0 and otherwise is not None and abs(otherwise) >= FAR:
        return emit(SelectV2(), condition, x, constant(np.float32(sign * otherwise)))
    if otherwise == 0 and then is not None and abs(then) >= FAR:
        return emit(SelectV2(), condition, constant(np.float32(sign * then)), x)
    return None


def _sum_with_constant(x: Value | None, mask: np.ndarray, sign: int) -> Value | None:
    far = mask[mask != 0]
    if far.size in (0, mask.size) or not (np.abs(far) >= FAR).all() or np.unique(np.sign(far)).size > 1:
        return None
    return emit(SelectV2(), constant(mask != 0), constant(np.float32(sign * far[0])), x)
