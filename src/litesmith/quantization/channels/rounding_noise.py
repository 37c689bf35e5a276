"""How much noise rounding adds to what filters compute, as a function of the factors of channels.

Rounding a tensor in steps of d adds noise of the power d ** 2 / 12 to each number. A filter that reads the tensor
passes it on times its squared weights; rounding the weights in steps of their own adds more. Both are counted relative
to the power of what the filter computes, channel by channel, so that factors of the channels that come out do not
matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.opset.convolution import Conv2D, Conv3D, Conv3DTranspose, DepthwiseConv2D
from litesmith.opset.matmul import BatchMatmul
from litesmith.quantization.changes import Statistics
from litesmith.quantization.channels.labelling import Channels, Product

Array = np.ndarray[Any, Any]
STEPS = 255.0
"""Of a tensor of integers of 8 bits."""
ROWS = 64
"""Of a filter that are looked at: more of them say the same."""
TINY = 1e-30


@dataclass(frozen=True)
class Reach:
    """A tensor's range: the factors of its channels by the place in the vector of logarithms, and which way."""

    places: Array
    signs: Array
    lows: Array
    highs: Array
    gains: Array
    """What noise in a channel becomes, of the power of what is computed of it."""

    def noise(self, logarithms: Array) -> float:
        own = self.signs * logarithms[self.places]
        factors = np.exp(own)
        up, down = float((factors * self.highs).max(initial=0)), float((factors * -self.lows).max(initial=0))
        return (up + down) ** 2 * float((self.gains * np.exp(-2 * own)).sum()) / (12 * STEPS**2)


@dataclass(frozen=True)
class Steps:
    """A filter's rows, each with the step of its largest weight."""

    places: Array
    signs: Array
    weights: Array
    """The largest squared weight by [channel that comes out, channel that goes in], of the power that comes out."""
    powers: Array
    """Of each channel that goes in, times how many weights it meets."""
    levels: float

    def noise(self, logarithms: Array) -> float:
        own = self.signs * logarithms[self.places]
        steps = (self.weights * np.exp(-2 * own)).max(1)
        return float(steps.sum()) * float((self.powers * np.exp(2 * own)).sum()) / (12 * self.levels**2)


class RoundingNoise:
    """The noise of all tensors and filters whose channels have labels.

    Args:
        levels: the largest integer of a weight: 127 of 8 bits, 7 of 4. None for activations only.

    Attributes:
        known: the labels that have a factor, in the order of the vector of logarithms; the last place of the vector
            is for channels that have none.
    """

    def __init__(self, channels: Channels, statistics: Statistics, levels: float | None = 127.0) -> None:
        self.channels = channels
        self.statistics = statistics
        labels = [np.abs(each).reshape(-1) for each in channels.labels.values()]
        found = np.unique(np.concatenate(labels)) if labels else np.zeros(0, np.int64)
        self.known = found[found != 0]
        self.energies = self._energies()
        self._gains: dict[int, float] = defaultdict(float)
        self._direct: dict[Value, Array] = {}
        self.steps: list[Steps] = []
        for product in channels.products:
            self._look_at(product, levels)
        self._look_at_matrices()
        self.reaches = [reach for value in channels.labels if (reach := self._reach(value)) is not None]

    def places(self, labels: Array) -> Array:
        """Where labels are in the vector of logarithms."""
        place = np.searchsorted(self.known, np.abs(labels))
        return np.where(labels == 0, len(self.known), place)

    @property
    def terms(self) -> list[Reach | Steps]:
        return [*self.reaches, *self.steps]

    def of(self, logarithms: Array) -> Array:
        """The noise of each term with these factors."""
        return np.array([term.noise(logarithms) for term in self.terms])

    def components(self) -> tuple[Array, Array]:
        """Labels in sets whose factors depend on each other: the set of each label, and that of each term."""
        parents = np.arange(len(self.known) + 1)

        def root(place: int) -> int:
            while parents[place] != place:
                parents[place] = parents[parents[place]]
                place = int(parents[place])
            return place

        for term in self.terms:
            own = [root(place) for place in np.unique(term.places).tolist() if place < len(self.known)]
            parents[own] = min(own)
        roots = np.array([root(place) for place in range(len(self.known))], np.int64)
        firsts = [next(place for place in term.places.tolist() if place < len(self.known)) for term in self.terms]
        return roots, roots[firsts] if firsts else np.zeros(0, np.int64)

    def _energies(self) -> dict[int, float]:
        """The mean square of what each label's channels hold."""
        found: dict[int, float] = {}
        for value in self.channels.labels:
            last, histogram = self._last(value), self.statistics.get(value)
            if last is None or histogram is None or histogram.squares is None:
                continue
            powers = histogram.squares * len(histogram.squares) / max(histogram.seen, 1)
            for label, power in zip(last.tolist(), powers.tolist(), strict=True):
                found[label] = max(found.get(label, 0.0), power)
        return found

    def _last(self, value: Value) -> Array | None:
        """The labels along the last axis, where they differ along no other and all channels were seen."""
        labels, histogram = self.channels.labels[value], self.statistics.get(value)
        if histogram is None or histogram.lows is None or not labels.ndim:
            return None
        size = value.type.shape[-1]
        if isinstance(size, Dim) or len(histogram.lows) != size or any(each > 1 for each in labels.shape[:-1]):
            return None
        return np.broadcast_to(labels.reshape(-1), (size,))

    def powers_of(self, product: Product) -> Array | None:
        """The mean square of each channel that a filter reads; None where that was not seen."""
        histogram = self.statistics.get(product.filtering.input)
        if histogram is None or histogram.squares is None or len(histogram.squares) != len(product.into):
            return None
        return np.asarray(histogram.squares * len(histogram.squares) / max(histogram.seen, 1))

    def _look_at(self, product: Product, levels: float | None) -> None:
        """What noise of the channels that go in becomes, and the noise of rounding the filter."""
        powers = self.powers_of(product)
        if powers is None:
            return
        gains = np.zeros(len(product.into))
        for part, rows in rows_of(product):
            squares, largest = (rows**2).sum(2), (rows**2).max(2)
            relative = 1 / np.maximum(squares @ powers[part], TINY)[:, None]
            gains[part] += (squares * relative).sum(0)
            if levels is not None and len(part) > 1 and product.into.any():
                chosen = slice(None, None, -(-len(rows) // ROWS))
                scale = len(rows) / len(rows[chosen])
                labels = product.into[part]
                self.steps.append(
                    Steps(
                        self.places(labels),
                        np.sign(labels),
                        (largest * relative)[chosen] * scale,
                        powers[part] * rows.shape[2],
                        levels,
                    )
                )
        value = product.filtering.input
        self._direct[value] = self._direct.get(value, 0) + gains
        for label, gain in zip(product.into.tolist(), gains.tolist(), strict=True):
            self._gains[label] += gain

    def _look_at_matrices(self) -> None:
        """Products of two activations whose factors undo each other: the noise of one is multiplied by the other."""
        for value, labels in self.channels.labels.items():
            for operation, place in value.uses:
                if place or not isinstance(operation.operator, BatchMatmul) or not labels.any():
                    continue
                rows = labels.swapaxes(-1, -2) if operation.operator.adj_x else labels
                energies = np.vectorize(lambda label: self.energies.get(label, 0.0), otypes=[float])
                own, other = energies(rows), energies(-rows)
                relative = 1 / np.maximum((own * other).sum(-1, keepdims=True), TINY)
                for label, one, two in zip(
                    rows.ravel(), (own * relative).ravel(), (other * relative).ravel(), strict=True
                ):
                    self._gains[int(label)] += two
                    self._gains[-int(label)] += one

    def _reach(self, value: Value) -> Reach | None:
        labels, histogram = self._last(value), self.statistics.get(value)
        if labels is None or histogram is None or histogram.lows is None or histogram.highs is None or not labels.any():
            return None
        gains = np.array([self._gains[label] for label in labels.tolist()])
        unknown = self._direct.get(value, np.zeros(len(labels)))
        _, first = np.unique(labels, return_index=True)
        once = np.zeros(len(labels), bool)
        once[first] = True
        gains = np.where(labels == 0, unknown, np.where(once, gains, 0.0))
        return Reach(self.places(labels), np.sign(labels), histogram.lows, histogram.highs, gains)


def rows_of(product: Product) -> list[tuple[Array, Array]]:
    """A filter as weights by [channel that comes out, channel that goes in, place], for each group of channels."""
    operator, weights = product.filtering.operation.operator, product.filtering.filter.array()
    if isinstance(operator, DepthwiseConv2D):
        flat = weights.reshape(-1, weights.shape[-1])
        times = operator.depth_multiplier
        return [
            (np.array([channel]), flat[:, channel * times : (channel + 1) * times].T[:, None, :].astype(np.float64))
            for channel in range(len(product.into))
        ]
    if isinstance(operator, (Conv3D, Conv3DTranspose)):
        weights = np.moveaxis(weights, (3, 4), (4, 0) if isinstance(operator, Conv3D) else (0, 4))
    out, depth = weights.shape[0], weights.shape[-1]
    rows = np.moveaxis(weights.reshape(out, -1, depth), 1, 2).astype(np.float64)
    groups = len(product.into) // depth if isinstance(operator, Conv2D) else 1
    size = out // groups
    return [
        (np.arange(group * depth, (group + 1) * depth), rows[group * size : (group + 1) * size])
        for group in range(groups)
    ]


def rounded_rows(rows: Array, block: int, levels: float) -> Array:
    """Weights by [channel, input, place] as they are when each row, or block of it, has a step of its own."""
    parts = rows.reshape(len(rows), -1, block) if block else rows.reshape(len(rows), 1, -1)
    steps = np.maximum(np.abs(parts).max(2, keepdims=True) / levels, 1e-30)
    return np.asarray((np.rint(parts / steps) * steps).reshape(rows.shape))
