"""Sums over rows that a product is made of: all that rounding and bias correction need to know of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from litesmith.quantization.refining.products import Product

Array = np.ndarray[Any, Any]
ROWS = 8192
"""How many rows are looked at for a product, if there are so many; or three times as many as a channel has weights."""
ELEMENTS = 2**23
"""Of rows that are laid out at once."""


class Moments:
    """Sums of the rows of a model with integers (`own`), and of those that a model of reals has in their place.

    Attributes:
        samples: how many samples the rows are of.
        count: how many rows there were in each group.
        own, real: their sums: [groups, weights of a channel].
        gram, cross: own^T own and own^T real: [groups, weights, weights]; zeros where only sums are wanted.
    """

    def __init__(self, product: Product, with_products: bool = True, samples: int = 1) -> None:
        groups, _, depth = product.sizes
        self.samples = samples
        self.product = product
        self.with_products = with_products
        self.count = 0
        self.own, self.real = np.zeros((groups, depth)), np.zeros((groups, depth))
        size = depth if with_products else 0
        self.gram, self.cross = np.zeros((groups, size, size)), np.zeros((groups, size, size))

    def add(self, own: Array, real: Array, lines: Array) -> None:
        """Add the rows of these lines of inputs to both models."""
        groups, _, depth = self.product.sizes
        together = max(ELEMENTS // (self.product.line_size(own.shape) * groups * depth), 1)
        for start in range(0, len(lines), together):
            part = lines[start : start + together]
            self._add(self.product.rows(own, part), self.product.rows(real, part))

    def _add(self, own: Array, real: Array) -> None:
        self.count += own.shape[1]
        self.own += own.sum(1, dtype=np.float64)
        self.real += real.sum(1, dtype=np.float64)
        if self.with_products:
            for group, (own_rows, real_rows) in enumerate(zip(own, real, strict=True)):
                self.gram[group] += own_rows.T @ own_rows  # by half the work, as numpy sees that it is symmetric
                self.cross[group] += own_rows.T @ real_rows

    @property
    def weight(self) -> float:
        """How many rows of samples of their own these are worth: those of one sample are alike."""
        return float(np.sqrt(self.count * self.samples))

    def centred(self) -> tuple[Array, Array]:
        """`gram` and `cross` of rows less their means, for what a bias makes up for."""
        between = self.own[:, :, None] / max(self.count, 1)
        return self.gram - between * self.own[:, None], self.cross - between * self.real[:, None]


def lines_of(product: Product, inputs: Sequence[tuple[int, ...]], rng: np.random.Generator) -> Iterator[Array]:
    """The lines of each input that are looked at: all, or enough of them drawn at random."""
    counts = [product.line_count(shape) for shape in inputs]
    rows = sum(count * product.line_size(shape) for count, shape in zip(counts, inputs, strict=True))
    share = min(max(ROWS, 3 * product.sizes[2]) / max(rows, 1), 1.0)
    for count in counts:
        some = min(int(np.ceil(count * share)), count)
        yield np.sort(rng.choice(count, some, replace=False)) if some < count else np.arange(count)
