"""GELU written out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops.special import ERF_DENOMINATOR, ERF_NUMERATOR
from litesmith.opset.binary import Add, Div, Maximum, Minimum, Mul
from litesmith.opset.elementwise import Gelu, Square, Tanh
from litesmith.passes.base import Decline, Rewrite, only_use, produced_by
from litesmith.passes.polynomials import Monomial, expand, matches, number, within

TANH_SLOPE = math.sqrt(2 / math.pi)


@dataclass(frozen=True)
class RecognizeGelu(Rewrite):
    """x/2 * (1 + erf(x / sqrt 2)), or with tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)), is GELU.

    However the factors are grouped; erf as `ops.special` writes it.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = pow %x, const float32[] 3.0 : float32[batch, 4]
          %2 = mul %1, const float32[] 0.044715 : float32[batch, 4]
          %3 = add %x, %2 : float32[batch, 4]
          %4 = mul %3, const float32[] 0.7978846 : float32[batch, 4]
          %5 = tanh %4 : float32[batch, 4]
          %6 = add %5, const float32[] 1.0 : float32[batch, 4]
          %7 = mul %x, const float32[] 0.5 : float32[batch, 4]
          %8 = mul %7, %6 : float32[batch, 4]
          return %8
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = gelu(approximate=True) %x : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Add, Mul, Div)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        result = operation.result
        if result.type.dtype is not DType.FLOAT32:
            return None
        for curve in within(result):
            tanh = produced_by(curve, Tanh)
            argument = tanh.operands[0] if tanh is not None else erf_argument(curve)
            if argument is None or argument.type != result.type:
                continue
            inside = set(within(argument))
            for x in within(result):
                if x not in inside or x.type != result.type or not _is_gelu(result, x, curve, argument, tanh is None):
                    continue
                if only_use(curve) is None:
                    return Decline("the tanh or erf of a GELU is read by others too")
                return emit(Gelu(approximate=tanh is not None), x)
        return None


def _is_gelu(result: Value, x: Value, curve: Value, argument: Value, exact: bool) -> bool:
    expected: dict[Monomial, float] = {(x,): math.sqrt(0.5)}
    if not exact:
        expected = {(x,): TANH_SLOPE, (x, x, x): TANH_SLOPE * 0.044715}
    return matches(expand(argument, (x,)), expected) and matches(
        expand(result, (x, curve)), {(x,): 0.5, (x, curve): 0.5}
    )


def erf_argument(value: Value) -> Value | None:
    """What this is the error function of, when it is computed as `ops.special.erf` does."""
    quotient = produced_by(value, Div)
    if quotient is None:
        return None
    numerator, denominator = quotient.operands
    if numerator is None or denominator is None:
        return None
    for found in within(denominator):
        square = produced_by(found, Square)
        limited = None if square is None else square.operands[0]
        if limited is None:
            continue
        top = _powers(limited, ERF_NUMERATOR, lambda power: 2 * power + 1)
        bottom = _powers(limited, ERF_DENOMINATOR, lambda power: 2 * power)
        if matches(expand(numerator, (limited,)), top) and matches(expand(denominator, (limited,)), bottom):
            return _limited_to_four(limited)
    return None


def _powers(x: Value, coefficients: Sequence[float], degree: Callable[[int], int]) -> dict[Monomial, float]:
    """A polynomial in x whose coefficients are given highest power first."""
    highest = len(coefficients) - 1
    return {(x,) * degree(highest - i): coefficient for i, coefficient in enumerate(coefficients)}


def _limited_to_four(value: Value) -> Value | None:
    """What is limited to -4..4."""
    upper = produced_by(value, Minimum)
    lower = produced_by(upper.operands[0], Maximum) if upper is not None else None
    if upper is None or lower is None or number(upper.operands[1]) != 4 or number(lower.operands[1]) != -4:
        return None
    return lower.operands[0]
