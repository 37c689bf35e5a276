"""Jacobi's rotations: of pairs of rows, as many at once as do not meet, in the order of a round-robin tournament.

After n - 1 rounds (n for odd n), a sweep, each row has met each other once, and all stand where they
stood. Each round is a product with a matrix; how rows change places after it is part of that matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.constants import Array
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import expand_dims, reshape
from litesmith.ops.control import fori_loop, while_loop
from litesmith.ops.sizes import int32
from litesmith.opset.slicing import Gather

MOST_SWEEPS = 15
"""Random matrices of 32 rows take 7 sweeps, those with few different eigenvalues up to 12."""

TINY = 1e-30


@dataclass(frozen=True)
class Tournament:
    """Which of `size` rows meet in a round, and where they go: the one at i meets the one at size - 1 - i."""

    size: int

    @property
    def rounds(self) -> int:
        return self.size - 1 if self.size % 2 == 0 else self.size

    @cached_property
    def came_from(self) -> Array:
        """For each place, where the row stood that comes there after a round."""
        first = 1 - self.size % 2
        rest = np.arange(first, self.size)
        came_from: Array = np.concatenate([np.arange(first), np.roll(rest, 1)])
        return came_from

    @cached_property
    def met(self) -> Array:
        """For each place, where the row stood that the one that comes there has met."""
        return np.subtract(self.size - 1, self.came_from)

    @cached_property
    def has_met(self) -> Array:
        """0 for the row in the middle, which meets itself, and 1 for the others."""
        has_met: Array = (self.met != self.came_from).astype(np.float32)
        return has_met

    @cached_property
    def apart(self) -> Array:
        """0 where rows and columns cross that have just met, 1 elsewhere."""
        pairs = np.eye(self.size, dtype=np.float32)[self.came_from][:, self.met] * self.has_met[:, None]
        return 1 - pairs

    @cached_property
    def beside(self) -> Array:
        """0 on the diagonal and 1 beside it."""
        return 1 - np.eye(self.size, dtype=np.float32)

    def rotation(self, gram: Value) -> Value:
        """The matrices [count, n, n] of a round that makes the products of rows that meet 0, from all products."""
        flat = reshape(gram, (gram.type.shape[0], self.size * self.size))
        own, other = self.came_from, self.met
        crossing = np.minimum(own, other) * self.size + np.maximum(own, other)
        twice = math.multiply(_picked(flat, crossing), constant(2 * self.has_met[None]))
        difference = math.subtract(_picked(flat, other * (self.size + 1)), _picked(flat, own * (self.size + 1)))
        cosine, sine = _angle(difference, twice, np.where(own < other, TINY, -TINY))
        ones = np.eye(self.size, dtype=np.float32)
        stay = constant(ones[own])
        turn = constant(ones[other] * self.has_met[:, None])
        return math.subtract(math.multiply(expand_dims(cosine, 2), stay), math.multiply(expand_dims(sine, 2), turn))

    def sweeps(
        self,
        rotate: Callable[[list[Value]], Sequence[Value]],
        is_rough: Callable[[list[Value]], Value],
        carried: Sequence[Value],
    ) -> list[Value]:
        """The carried values after sweeps of rounds, as long as `is_rough` (a bool scalar) holds of them."""

        def condition(values: list[Value]) -> Value:
            return math.logical_and(math.less(values[0], MOST_SWEEPS), is_rough(values[1:]))

        def sweep(values: list[Value]) -> list[Value]:
            rounds = fori_loop(0, self.rounds, lambda _, inner: rotate(inner), values[1:], "rotate")
            return [math.add(values[0], 1), *rounds]

        return while_loop(condition, sweep, [int32(0), *carried], "sweep")[1:]


def _picked(flat: Value, places: Array) -> Value:
    return emit(Gather(axis=1), flat, constant(places, DType.INT32))


def _angle(difference: Value, twice: Value, direction: Array) -> tuple[Value, Value]:
    """Cosine and sine of the smaller angle that makes a product 0, of half of `twice`.

    For a pair, differences and directions are each other's negatives, so that the sines are too.
    """
    sign = math.sign(math.add(difference, constant(direction[None], DType.FLOAT32)))
    root = math.sqrt(math.add(math.square(difference), math.square(twice)))
    tangent = math.divide(math.multiply(twice, sign), math.maximum(math.add(math.absolute(difference), root), TINY))
    # RSQRT of the delegate is less precise, which would add up.
    cosine = math.divide(1.0, math.sqrt(math.add(math.square(tangent), 1.0)))
    return cosine, math.multiply(tangent, cosine)
