"""Several scales and shifts of channels in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.constants import Array
from litesmith.ir.graph import Operation, Value
from litesmith.opset.binary import Add, Mul
from litesmith.passes.base import Rewrite, only_use
from litesmith.passes.linear import SCALES_AND_SHIFTS, ScaleShift, activation_of, scale_shift


@dataclass(frozen=True)
class MergeScaleShift(Rewrite):
    """Compute one scale and one shift where there are several in a row, as in normalization after rescaling.

    A shift moves behind a scale only when a scale stands in front of it already: the difference of
    two large numbers is exact, and would no longer be when each was scaled first.

    Before:
        graph main(%x: float32[batch, 2]) {
          %1 = mul %x, const float32[] 0.5 : float32[batch, 2]
          %2 = sub %1, const float32[2] [1.0, 2.0] : float32[batch, 2]
          %3 = div %2, const float32[2] [2.0, 4.0] : float32[batch, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 2]) {
          %1 = mul %x, const float32[2] [0.25, 0.125] : float32[batch, 2]
          %2 = add %1, const float32[2] [-0.5, -0.5] : float32[batch, 2]
          return %2
        }
    """

    roots = SCALES_AND_SHIFTS

    def rewrite(self, operation: Operation) -> Value | None:
        outer = scale_shift(operation)
        inner = _in_front(outer)
        if outer is None or inner is None:
            return None
        if not inner.shifts:
            return _scaled_and_shifted(outer, inner.input, inner.scale, inner.shift) if not outer.shifts else None
        scale = _in_front(inner)
        if inner.scales or scale is None or scale.shifts:
            return None
        return _scaled_and_shifted(outer, scale.input, scale.scale, inner.shift)


def _in_front(step: ScaleShift | None) -> ScaleShift | None:
    """The scale or shift that only `step` reads."""
    if step is None or only_use(step.input) is not step.operation:
        return None
    found = scale_shift(step.input.producer)
    return None if found is None or found.has_activation else found


def _scaled_and_shifted(outer: ScaleShift, input: Value, scale: Array, shift: Array) -> Value | None:
    """`outer` of `input * scale + shift` as one MUL and, where it shifts, one ADD; None for an overflow."""
    with np.errstate(over="ignore"):
        shift = (shift.astype(np.float64) * outer.scale + outer.shift).astype(np.float32)
        scale = scale * outer.scale
    if not (np.isfinite(scale).all() and np.isfinite(shift).all()):
        return None
    activation = activation_of(outer.operation)
    if not shift.any():
        return emit(Mul(fused_activation_function=activation), input, _numbers(scale))
    scaled = emit(Mul(), input, _numbers(scale)) if np.any(scale != 1) else input
    return emit(Add(fused_activation_function=activation), scaled, _numbers(shift))


def _numbers(array: Array) -> Value:
    return constant(array if array.size > 1 else array.reshape(()))
