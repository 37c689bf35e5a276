"""L2_NORMALIZATION written out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Div, Maximum, Mul
from litesmith.opset.elementwise import L2Normalization, Rsqrt, Sqrt
from litesmith.opset.enums import Activation
from litesmith.opset.reduction import Sum
from litesmith.opset.rules import sizes_of
from litesmith.passes.base import Decline, Rewrite, produced_by
from litesmith.passes.polynomials import expand, matches, number

SMALLEST_NORM = 1e-6
"""The kernel divides by no less (measured, and `epsilon` in its source)."""


@dataclass(frozen=True)
class RecognizeL2Normalization(Rewrite):
    """x over its norm along the last axis, where the norm counts as 1e-6 at least, is L2_NORMALIZATION.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = square %x : float32[batch, 4]
          %2 = sum(keep_dims=True) %1, const int32[1] [1] : float32[batch, 1]
          %3 = maximum %2, const float32[] 1e-12 : float32[batch, 1]
          %4 = rsqrt %3 : float32[batch, 1]
          %5 = mul %x, %4 : float32[batch, 4]
          return %5
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = l2_normalization %x : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Mul, Div)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        operator = operation.operator
        if operation.result.type.dtype is not DType.FLOAT32 or _is_fused(operator):
            return None
        orders = [operation.operands] if isinstance(operator, Div) else [operation.operands, operation.operands[::-1]]
        for x, other in orders:
            norm = other if isinstance(operator, Div) else _inverse_of(other)
            found = None if norm is None or x is None else _limited_norm(norm, x)
            if x is None or found is None:
                continue
            if not math.isclose(found, SMALLEST_NORM, rel_tol=1e-5):
                return Decline(f"L2_NORMALIZATION takes a norm for 1e-6 at least, this for {found:g}")
            return emit(L2Normalization(), x)
        return None


def _is_fused(operator: Operator) -> bool:
    return getattr(operator, "fused_activation_function", Activation.NONE) is not Activation.NONE


def _inverse_of(value: Value | None) -> Value | None:
    """What this is one over: RSQRT stands for the root of its operand, which is returned itself."""
    if produced_by(value, Rsqrt) is not None:
        return value
    division = produced_by(value, Div)
    if division is None or _is_fused(division.operator) or number(division.operands[0]) != 1:
        return None
    return division.operands[1]


def _limited_norm(norm: Value, x: Value) -> float | None:
    """The least that a norm of x along its last axis counts for; None when this is no such norm."""
    root = produced_by(norm, Sqrt, Rsqrt)
    if root is not None:
        limit = _limit(root.operands[0])
        if limit is not None and _is_square_sum(limit[0], x) and limit[1] >= 0:
            return math.sqrt(limit[1])
        return None
    limit = _limit(norm)
    root = None if limit is None else produced_by(limit[0], Sqrt)
    if limit is None or root is None or not _is_square_sum(root.operands[0], x):
        return None
    return limit[1]


def _limit(value: Value | None) -> tuple[Value, float] | None:
    """The operand and the number of a MAXIMUM with a number."""
    larger = produced_by(value, Maximum)
    if larger is None:
        return None
    for x, other in (larger.operands, larger.operands[::-1]):
        limit = number(other)
        if x is not None and limit is not None:
            return x, limit
    return None


def _is_square_sum(value: Value | None, x: Value) -> bool:
    total = produced_by(value, Sum)
    if total is None or total.operands[0] is None or not x.type.rank:
        return False
    assert isinstance(total.operator, Sum)
    axes = sizes_of(total.operands[1])
    last = axes is not None and [int(axis) % x.type.rank for axis in axes] == [x.type.rank - 1]
    return last and total.operator.keep_dims and matches(expand(total.operands[0], (x,)), {(x, x): 1.0})
