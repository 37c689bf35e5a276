"""Integers as float32 numbers: rounding that gradients pass, and what integers stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops


def through(value: Any, differentiable: Any) -> Any:
    """`value`, exactly, with the gradient of `differentiable` (straight-through estimator)."""
    return ops.add(
        ops.stop_gradient(value), ops.subtract(differentiable, ops.stop_gradient(ops.convert_to_tensor(differentiable)))
    )


def half_to_even(x: Any) -> Any:
    """The nearest integer, halves to the even one."""
    return ops.round(x)


def half_up(x: Any) -> Any:
    """The nearest integer, halves to the greater one."""
    return ops.floor(ops.add(x, 0.5))


def half_away(x: Any) -> Any:
    """The nearest integer, halves away from 0."""
    return ops.multiply(ops.sign(x), ops.floor(ops.add(ops.abs(x), 0.5)))


def limited(x: Any, least: Any, most: Any) -> Any:
    """`x` within limits; no gradient outside of them."""
    return ops.minimum(ops.maximum(x, least), most)


def rounded(x: Any, least: float, most: float, nearest: Callable[[Any], Any] = half_to_even) -> Any:
    """Integers next to `x` within limits; the gradient is 1 inside and 0 outside."""
    cut = limited(x, least, most)
    return through(nearest(cut), cut)


@dataclass(frozen=True)
class Steps:
    """How integers stand for real numbers: `real = (integer - zero) * scale`.

    Attributes:
        scale: a number, or an array that broadcasts against the integers.
        least, most: the limits of the integers.
    """

    scale: Any
    zero: int
    least: int
    most: int

    def real(self, integers: Any) -> Any:
        """What integers stand for."""
        return ops.multiply(self.centered(integers), self.scale)

    def centered(self, integers: Any) -> Any:
        """Integers without their zero point."""
        return ops.subtract(integers, np.float32(self.zero)) if self.zero else integers

    def integers(self, counted: Any, limits: tuple[Any, Any] | None = None, nearest: Any = half_to_even) -> Any:
        """The integers for real numbers that are counted in steps already."""
        least, most = limits or (self.least, self.most)
        return rounded(ops.add(counted, np.float32(self.zero)), least, most, nearest)

    def count(self, real: Any) -> Any:
        """How many steps real numbers are, as LiteRT's QUANTIZE multiplies: by the reciprocal."""
        if isinstance(self.scale, float):
            return ops.multiply(real, np.float32(1) / np.float32(self.scale))
        return ops.divide(real, self.scale)
