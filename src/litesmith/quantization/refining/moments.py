"""Sums over rows that a product is made of: all that rounding and bias correction need to know of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from litesmith.quantization.refining.products import Product

Array = np.ndarray[Any, Any]
ROWS = 8192
"""How many rows are looked at for a product, if there are so many; or three times as many as a channel has weights."""
DEEP = 1024
"""From more weights of a channel on, sums have 32 bits: what is solved with them takes a fifth of the time."""
NOISE = 1e-5
"""Of the mean square of an element: variances below it may be rounding of the sums, which have 32 bits in parts."""
ELEMENTS = 2**23
"""Of rows that are laid out at once."""


class Moments:
    """Sums of the rows of a model with integers (`own`), and of those that a model of reals has in their place.

    Attributes:
        samples: how many samples the rows are of.
        count: how many rows there were in each group.
        own, real: their sums: [groups, weights of a channel].
        gram: own^T own, [groups, weights, weights]; without elements where only sums are wanted.
        lag: by how much the results of the real rows are larger, each times its own row:
            [groups, channels, weights of a channel].
    """

    def __init__(self, product: Product, weights: Array | None = None, samples: int = 1) -> None:
        """`weights`: the real ones, [groups, channels, weights of a channel]; None where only sums are wanted."""
        groups, channels, depth = product.sizes
        self.samples = samples
        self.product = product
        self.count = 0
        self.own, self.real = np.zeros((groups, depth)), np.zeros((groups, depth))
        kept = np.float32 if depth > DEEP else np.float64
        self._weights = None if weights is None else weights.astype(np.float32)
        size = 0 if weights is None else depth
        self.gram, self.lag = np.zeros((groups, size, size), kept), np.zeros((groups, channels, size), kept)

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
        if self._weights is None:
            return
        if len(own) > 1:
            self.gram += own.swapaxes(1, 2) @ own
            self.lag += (self._weights @ (real - own).swapaxes(1, 2)) @ own
        else:
            self.gram[0] += own[0].T @ own[0]  # by half the work, as numpy sees that it is symmetric
            self.lag[0] += np.linalg.multi_dot([self._weights[0], (real[0] - own[0]).T, own[0]])

    @property
    def weight(self) -> float:
        """How many rows of samples of their own these are worth."""
        return independent(self.count, self.samples)

    def centred(self) -> tuple[Array, Array]:
        """`gram` and `lag` of rows less their means, for what a bias makes up for.

        What is the same in all rows is 0, not what rounding leaves of a difference of large sums.
        """
        assert self._weights is not None
        mean = (self.own / max(self.count, 1))[:, None]
        missing = self._weights @ (self.real - self.own)[:, :, None]
        gram, lag = self.gram - self.own[:, :, None] * mean, self.lag - missing * mean
        own, squares = (np.diagonal(each, axis1=1, axis2=2) for each in (gram, self.gram))
        varies = own > NOISE * squares
        if not varies.all():
            gram, lag = gram * varies[:, :, None] * varies[:, None], lag * varies[:, None]
        return gram.astype(self.gram.dtype, copy=False), lag.astype(self.lag.dtype, copy=False)


def independent(rows: int, samples: int) -> float:
    """How many rows of samples of their own so many rows are worth: those of one sample are alike."""
    return float(np.sqrt(rows * samples))


def lines_of(product: Product, inputs: Sequence[tuple[int, ...]], rng: np.random.Generator) -> Iterator[Array]:
    """The lines of each input that are looked at: all, or enough of them drawn at random."""
    counts = [product.line_count(shape) for shape in inputs]
    rows = sum(count * product.line_size(shape) for count, shape in zip(counts, inputs, strict=True))
    share = min(max(ROWS, 3 * product.sizes[2]) / max(rows, 1), 1.0)
    for count in counts:
        some = min(int(np.ceil(count * share)), count)
        yield np.sort(rng.choice(count, some, replace=False)) if some < count else np.arange(count)
