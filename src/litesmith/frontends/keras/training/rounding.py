"""Integers as float32 numbers: rounding that gradients pass, and what integers stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops


def through(value: Any, differentiable: Any) -> Any:
    """`value`, exactly, with the gradient of `differentiable`, of the same shape (straight-through estimator).

    No sum and difference of both: TensorFlow puts constants together across these, and integers are none any more.
    """
    if keras.backend.backend() == "numpy":
        return value
    return _straight_through()(*map(ops.convert_to_tensor, (value, differentiable)))


@cache
def _straight_through() -> Any:
    def chosen(value: Any, differentiable: Any) -> Any:  # noqa: ARG001 (it is there for its gradient)
        def gradient(*known: Any, upstream: Any = None) -> tuple[Any, Any]:
            above = known[0] if upstream is None else upstream
            return ops.zeros_like(above), above

        return value, gradient

    return ops.custom_gradient(chosen)


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


def rounded(x: Any, least: Any, most: Any, nearest: Callable[[Any], Any] = half_to_even) -> Any:
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
        """The integers for real numbers that are counted in steps already: rounded, and the zero point added."""
        least, most = limits or (self.least, self.most)
        if not self.zero:
            return rounded(counted, least, most, nearest)
        zero = np.float32(self.zero)
        return ops.add(rounded(counted, least - zero, most - zero, nearest), zero)

    def count(self, real: Any) -> Any:
        """How many steps real numbers are, as LiteRT's QUANTIZE multiplies: by the reciprocal."""
        if isinstance(self.scale, np.ndarray):
            return ops.divide(real, self.scale)
        return ops.multiply(real, ops.divide(np.float32(1), self.scale))
