"""Activation-aware scaling of weights: those that large activations are multiplied with round finer.

A row of int4 weights has steps of a seventh of its largest weight, one of int8 weights of a 127th. The error that
rounding a weight makes of a result is multiplied by what the weight is multiplied with, so that a few channels of large
activations make most of it. Their weights are multiplied by a factor, and the layer in front, or the normalization,
computes the channels divided by it.
How much of the differences between activations, and between the weights that they meet, goes into the factors is
searched for each set of channels: the error of the really rounded weights decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.graph import Model
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.balancing import Balance, spreads_of
from litesmith.quantization.channels.labelling import Channels, Product
from litesmith.quantization.channels.moving import changes_of, channels_of, most_of
from litesmith.quantization.channels.rescaling import Factors, rescale
from litesmith.quantization.channels.rounding_noise import RoundingNoise, rounded_rows, rows_of
from litesmith.quantization.channels.ties import Labels
from litesmith.quantization.constants import LARGEST_WEIGHT
from litesmith.quantization.weights import FormOf, Rounding, rounding_of

Array = np.ndarray[Any, Any]
SHARES = (0.5, 1.0)
"""How much of the differences between activations goes into the factors."""
MIXTURES = (0.0, 0.25, 0.5, 0.75)
"""The same, where what is left of it is made up for by differences between the largest weights of channels."""
LEAST_GAIN = 1.6
"""Of the error before over the error now: measured, where less is predicted nothing is gained."""
FAINTEST = 1e-6
"""Of a channel's power, of the largest: what is less was hardly seen."""


def applies(model: Model, form_of: FormOf) -> bool:
    """Whether weights become integers of operations that compute with real numbers."""
    forms = (form_of(operation) for operation in model.main.operations)
    return any(not form.computes_integers and form.weights in LARGEST_WEIGHT for form in forms)


def scale_weights(model: Model, statistics: Statistics, form_of: FormOf) -> list[Change]:
    """Let channels have factors with which the weights that read them round with less error of the results.

    Channels that anything computes with integers keep theirs: cross-layer equalization has weighed their ranges.

    Args:
        model: its first graph is changed.
        statistics: what its activations hold, as `ranges.observe` says; kept true.
        form_of: what becomes of each operation.
    """
    channels = channels_of(model.main, statistics)
    noise = RoundingNoise(channels, statistics)
    components, _ = noise.components()
    most, (_, weights) = most_of(channels, noise, statistics), spreads_of(noise)
    in_integers = np.isin(noise.known, _labels_of_integers(channels, form_of))
    found, gains = np.zeros(len(noise.known) + 1), {}
    for each in np.setdiff1d(components, components[in_integers]).tolist():
        members = np.flatnonzero(components == each)
        powers = np.array([noise.energies.get(label, 0.0) for label in noise.known[members].tolist()])
        error = _Error(channels, noise, noise.known[members], form_of)
        if not error.readers or not powers.any():
            continue
        before = error.of(found)
        candidates = [found.copy() for _ in range(len(SHARES) + len(MIXTURES))]
        for candidate, logarithms in zip(candidates, _logarithms(powers, weights[members]), strict=True):
            candidate[members] = logarithms - max(float((logarithms - most[members]).max()), 0.0)
        now, best = min(((error.of(candidate), candidate) for candidate in candidates), key=lambda pair: pair[0])
        if now * LEAST_GAIN <= before:
            found, gains[each] = best, before / max(now, 1e-30)
    changes = changes_of(channels, noise, Balance(found[:-1], components, gains), "error of rounded weights")
    factors = Factors(dict(zip(noise.known.tolist(), np.exp(found[:-1]).tolist(), strict=True)))
    rescale(model.main, channels, factors, statistics)
    return changes


def _logarithms(powers: Array, weights: Array) -> list[Array]:
    """Logarithms of factors of channels that may be good, of their powers and their largest weights."""
    logs = np.log(np.maximum(powers, powers.max() * FAINTEST)) / 2
    loud, heavy = logs.mean() - logs, weights - weights.mean()
    return [share * loud for share in SHARES] + [(1 - share) * heavy + share * loud for share in MIXTURES]


def _labels_of_integers(channels: Channels, form_of: FormOf) -> Labels:
    """The labels of what operations compute that compute with integers, and of what these read."""
    found = [np.zeros(0, np.int64)]
    for value, labels in channels.labels.items():
        around = value.users if value.producer is None else (value.producer, *value.users)
        if any(form_of(operation).computes_integers for operation in around):
            found.append(np.abs(labels).reshape(-1))
    return np.unique(np.concatenate(found))


class _Error:
    """What rounding the weights that read some channels changes of their results, of the power of these.

    Attributes:
        readers: filters that read the channels, and how they are rounded.
    """

    def __init__(self, channels: Channels, noise: RoundingNoise, labels: Labels, form_of: FormOf) -> None:
        self.noise = noise
        self.readers: list[tuple[Product, Rounding]] = []
        for product in channels.products:
            operation = product.filtering.operation
            rounding = rounding_of(operation, form_of(operation))
            if rounding is not None and np.isin(np.abs(product.into), labels).any():
                self.readers.append((product, rounding))

    def of(self, logarithms: Array) -> float:
        """The error with these logarithms of factors."""
        return sum(self._of(product, rounding, logarithms) for product, rounding in self.readers)

    def _of(self, product: Product, rounding: Rounding, logarithms: Array) -> float:
        powers = self.noise.powers_of(product)
        if powers is None:
            return 0.0
        total = 0.0
        factors = np.exp(np.sign(product.into) * logarithms[self.noise.places(product.into)])
        for part, rows in rows_of(product):
            if len(part) == 1:
                continue
            scaled = rows / factors[part][:, None]
            rounded = rounded_rows(scaled, rounding.block, rounding.levels)
            weight = powers[part][:, None]
            error = (((rounded - scaled) * factors[part][:, None]) ** 2 * weight).sum()
            total += float(error / max(float((rows**2 * weight).sum()), 1e-30))
        return total
