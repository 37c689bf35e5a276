"""Activation-aware scaling of weights: those that large activations are multiplied with round finer.

A row of int4 weights has steps of a seventh of its largest weight. The error that rounding a weight makes of a result
is multiplied by what the weight is multiplied with, so that a few channels of large activations make most of it. Their
weights are multiplied by a factor, and the layer in front, or the normalization, computes the channels divided by it.
How much of the differences between activations goes into the factors is searched for each set of channels: the error of
the really rounded weights decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.graph import Model
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.balancing import Balance
from litesmith.quantization.channels.labelling import Product
from litesmith.quantization.channels.moving import changes_of, channels_of
from litesmith.quantization.channels.rescaling import Factors, rescale
from litesmith.quantization.channels.rounding_noise import RoundingNoise, rounded_rows, rows_of

Array = np.ndarray[Any, Any]
LEVELS = 7.0
"""The largest int4 weight."""
SHARES = tuple(share / 10 for share in range(1, 11))
LEAST_GAIN = 1.05
"""Of the error before over the error now."""
FAINTEST = 1e-6
"""Of a channel's power, of the largest: what is less was hardly seen."""


def scale_weights(model: Model, statistics: Statistics, block: int = 0, levels: float = LEVELS) -> list[Change]:
    """Let channels have factors with which the weights that read them round with less error of the results.

    Args:
        model: its first graph is changed.
        statistics: what its activations hold, as `ranges.observe` says.
        block: how many weights of a row share a step; 0 for the whole row.
        levels: the largest integer of a weight.
    """
    channels = channels_of(model.main, statistics)
    noise = RoundingNoise(channels, statistics, levels)
    components, _ = noise.components()
    found, gains = np.zeros(len(noise.known) + 1), {}
    for each in np.unique(components).tolist():
        members = components == each
        readers = [product for product in channels.products if _reads(product, noise.known[members])]
        powers = np.array([noise.energies.get(label, 0.0) for label in noise.known[members].tolist()])
        if not readers or not powers.any():
            continue
        logs = np.log(np.maximum(powers, powers.max() * FAINTEST)) / 2
        before = lowest = _error(readers, noise, found, block, levels)
        for share in SHARES:
            candidate = found.copy()
            candidate[:-1][members] = share * (logs.mean() - logs)
            error = _error(readers, noise, candidate, block, levels)
            if error < lowest and error * LEAST_GAIN <= before:
                lowest, best = error, candidate
        if lowest < before:
            found, gains[each] = best, before / max(lowest, 1e-30)
    changes = changes_of(channels, noise, Balance(found[:-1], components, gains), "error of rounded weights")
    rescale(model.main, channels, Factors(dict(zip(noise.known.tolist(), np.exp(found[:-1]).tolist(), strict=True))))
    return changes


def _reads(product: Product, labels: Array) -> bool:
    return bool(np.isin(np.abs(product.into), labels).any())


def _error(readers: list[Product], noise: RoundingNoise, logarithms: Array, block: int, levels: float) -> float:
    """What rounding the weights of these filters changes of their results, of their power."""
    total = 0.0
    for product in readers:
        factors = np.exp(np.sign(product.into) * logarithms[noise.places(product.into)])
        powers = noise.powers_of(product)
        if powers is None:
            continue
        for part, rows in rows_of(product):
            if len(part) == 1:
                continue
            scaled = rows / factors[part][:, None]
            rounded = rounded_rows(
                scaled, block if rows.shape[2] == 1 and len(part) % max(block, 1) == 0 else 0, levels
            )
            weight = powers[part][:, None]
            error = (((rounded - scaled) * factors[part][:, None]) ** 2 * weight).sum()
            total += float(error / max(float((rows**2 * weight).sum()), 1e-30))
    return total
