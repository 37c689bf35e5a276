"""What is the matter with numbers that are integers now, from how they lie within their range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.ir.types import DType, TensorType
from litesmith.quantization.analysis.result import Tensor
from litesmith.quantization.analysis.unrounding import RoundedConstant, RoundedRows, RoundedValue
from litesmith.quantization.judging import decibels

Array = np.ndarray[Any, Any]
PARTS = 16
"""Of a histogram."""
LIMITS = {DType.INT8: (-128, 127), DType.UINT8: (0, 255), DType.INT16: (-32768, 32767), DType.INT4: (-8, 7)}
FEW_STEPS = 32
"""What spans fewer is rounded to less than 5 bits."""
FAR = 6.0
"""How many times as far as the others something reaches that makes them small."""
NARROW = 0.45
"""Of the range of a scale: numbers that fill less share it with others that need it."""
CUT = 0.5
"""Of the error: more comes from what is cut off than from this on."""
NOTHING = "nothing unusual: its range is used well"
ROWS = "nothing unusual: rows are rounded to 255 steps of their own ranges"
SOME = 0.1
"""Of the numbers: fewer below 0 are not looked at by themselves."""


@dataclass(frozen=True)
class _Look:
    """Numbers, and the integers that stand for them."""

    array: Array
    rounded: Array
    low: float
    high: float
    step: float

    @property
    def beyond(self) -> Array:
        return (self.array < self.low - self.step / 2) | (self.array > self.high + self.step / 2)

    @property
    def cut_off(self) -> float:
        """The share of the error that lies in what is cut off."""
        errors = np.square(self.array - self.rounded, dtype=np.float64)
        return float(errors[self.beyond].sum() / max(errors.sum(), 1e-30))

    @property
    def span(self) -> tuple[float, float]:
        """Where the middle 98 % lie."""
        low, high = np.percentile(self.array, [1, 99])
        return float(low), float(high)


def described_value(rounding: RoundedValue, arrays: Sequence[Array], sharing: Sequence[str]) -> Tensor:
    """An activation.

    Args:
        arrays: what it is without rounding.
        sharing: layers of other activations of the same scale.
    """
    array = np.concatenate([each.reshape(-1, each.shape[-1] if each.ndim > 1 else 1) for each in arrays])
    quantization = rounding.type.quantization
    assert quantization is not None
    (scale,), (zero,) = quantization.scales, quantization.zero_points
    least, most = LIMITS[rounding.type.dtype]
    rounded = (np.clip(np.rint(array / scale) + zero, least, most) - zero) * scale
    look = _Look(array, rounded, (least - zero) * scale, (most - zero) * scale, scale)
    producer = rounding.value.producer
    operator = producer.operator.builtin if producer else "input"
    return _tensor("activations", operator, rounding.type, look, _cause_of_value(look, zero, rounding, sharing))


def described_rows(rounding: RoundedRows, arrays: Sequence[Array]) -> Tensor:
    """An activation that a kernel rounds row by row; its range is that of the row that reaches furthest."""
    pairs = [_in_rows(array, rounding) for array in arrays]
    array, rounded = (np.concatenate([pair[place].reshape(-1) for pair in pairs]) for place in (0, 1))
    steps = np.concatenate([pair[2].reshape(-1) for pair in pairs])
    look = _Look(array, rounded, float(array.min()), float(array.max()), float(np.median(steps)))
    operator = rounding.value.producer.operator.builtin if rounding.value.producer else "input"
    reach = float(steps.max() / max(np.median(steps), 1e-30))
    cause = f"outliers: a row reaches {reach:.0f} times as far as most" if reach > FAR else ROWS
    described = _tensor("activations", operator, rounding.type, look, cause)
    return replace(described, dtype=DType.INT8.value)


def _in_rows(array: Array, rounding: RoundedRows) -> tuple[Array, Array, Array]:
    """The numbers, what they are rounded to, and the step of each row."""
    axes = tuple(axis % array.ndim for axis in rounding.axes)
    low, high = np.minimum(array.min(axes, keepdims=True), 0), np.maximum(array.max(axes, keepdims=True), 0)
    steps = np.maximum(-low, high) / 127 if rounding.symmetric else (high - low) / 255
    steps = np.maximum(steps, 1e-30)
    return array, np.rint(array / steps) * steps, steps


def described_constant(rounding: RoundedConstant, exact: Array | None) -> Tensor:
    """A weight; `exact`: what it was."""
    rounded = rounding.rounded.array()
    array = rounded if exact is None else exact
    quantization = rounding.type.quantization
    if quantization is None:  # float16
        usual = float(np.median(np.abs(array))) if array.size else 0.0
        look = _Look(array, rounded, float(rounded.min(initial=0)), float(rounded.max(initial=0)), usual * 2.0**-11)
        cause = _cause_of_weights(array, rounding.type)
        return _tensor("weights", rounding.operation.operator.builtin, rounding.type, look, cause)
    steps = np.array(quantization.scales)
    zero = quantization.zero_points[0] if quantization.zero_points else 0
    least, most = LIMITS.get(rounding.type.dtype, (0, 0))
    low, high = float(steps.max()) * (least - zero), float(steps.max()) * (most - zero)
    low, high = (-high, high) if zero == 0 else (low, high)
    look = _Look(array, rounded, low, high, float(np.median(steps)))
    cause = _cause_of_weights(array, rounding.type)
    return _tensor("weights", rounding.operation.operator.builtin, rounding.type, look, cause)


def _tensor(what: str, operator: str, type: TensorType, look: _Look, cause: str) -> Tensor:
    array = look.array
    low, high = look.span
    counts = np.histogram(array, PARTS)[0]
    return Tensor(
        what,
        operator,
        type.dtype.value,
        decibels(array, look.rounded),
        float(array.min()) if array.size else 0.0,
        float(array.max()) if array.size else 0.0,
        look.low,
        look.high,
        float(look.beyond.mean()) if array.size else 0.0,
        (high - low) / look.step if look.step else 0.0,
        tuple(counts.tolist()),
        cause,
    )


def _cause_of_value(look: _Look, zero: int, rounding: RoundedValue, sharing: Sequence[str]) -> str:
    """The first that fits, from what is seen most surely."""
    array = look.array
    if not np.isfinite(array).all():
        return "numbers that are not finite"
    least, most = float(array.min()), float(array.max())
    if look.cut_off > CUT:
        return f"saturating: {look.beyond.mean():.2%} of the numbers lie beyond its range, and are cut off"
    filled = (max(most, 0.0) - min(least, 0.0)) / (look.high - look.low)
    if sharing and filled < NARROW:
        return f"shared scale: it fills {filled:.0%} of what it shares with {', '.join(sharing[:2])}"
    peaks = np.abs(array).max(0)
    middle = float(np.median(peaks))
    if len(peaks) > 2 and peaks.max() > FAR * max(middle, look.step):
        return f"outlier channel: {int(peaks.argmax())} reaches {peaks.max() / max(middle, look.step):.0f} times as far"
    if _is_symmetric(rounding, zero) and (least >= -0.1 * most or most <= -0.1 * least):
        return "one-sided range: half of the integers stand for numbers that never occur"
    return _cause_of_shape(look, least, most)


def _cause_of_shape(look: _Look, least: float, most: float) -> str:
    below = float((look.array < -look.step / 2).mean())
    low, high = look.span
    if below > SOME and -least / look.step < FEW_STEPS and most > FAR * -least:
        return f"one-sided range: the {below:.0%} of the numbers below 0 are {-least / look.step:.0f} steps"
    reach, usual = max(-least, most), max(-low, high)
    if reach > FAR * max(usual, look.step):
        return f"outliers: the largest is {reach / max(usual, look.step):.0f} times as far out as 98 % of the numbers"
    if (high - low) / look.step < FEW_STEPS:
        return f"few steps: 98 % of the numbers lie within {(high - low) / look.step:.0f}"
    return NOTHING


def _is_symmetric(rounding: RoundedValue, zero: int) -> bool:
    """Whether the zero point had to be 0."""
    return rounding.type.dtype is DType.INT16 or (rounding.type.dtype is DType.INT8 and zero == 0)


def _cause_of_weights(array: Array, type: TensorType) -> str:
    quantization = type.quantization
    if quantization is None:
        return f"rounded to {type.dtype.value}"
    array = np.atleast_1d(array)
    axis = quantization.axis if quantization.is_per_axis else array.ndim - 1
    rows = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    peaks, usual = np.abs(rows).max(1), np.sqrt(np.square(rows).mean(1))
    middle = max(float(np.median(peaks)), 1e-30)
    if not quantization.is_per_axis and len(peaks) > 2 and peaks.max() > FAR * middle:
        far_out = f"{int(peaks.argmax())} reaches {peaks.max() / middle:.0f} times as far"
        return f"outlier channel: one scale for all, and {far_out}"
    far = peaks / np.maximum(usual, 1e-30)
    if far.max() > 2 * FAR:
        return f"outliers: in channel {int(far.argmax())} the largest is {far.max():.0f} times the usual"
    if type.dtype is DType.INT4:
        return "few steps: 15 for each channel" if not quantization.block_size else "few steps: 15 for each block"
    return NOTHING
