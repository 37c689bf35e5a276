"""Scales of channels moved between the layers around them, where less noise of rounding is predicted then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.opset.elementwise import Relu6
from litesmith.opset.enums import Activation
from litesmith.passes.linear import activation_of
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.balancing import Balance, balanced
from litesmith.quantization.channels.labelling import Channels
from litesmith.quantization.channels.rescaling import Factors, rescale
from litesmith.quantization.channels.rounding_noise import RoundingNoise
from litesmith.quantization.channels.ties import Labels

Array = np.ndarray[Any, Any]
LIMIT = 6.0
"""Of RELU6."""
NEAR = 0.98
"""Of the limit: channels that never came this close are taken to be below it always."""
NOISE = "noise of rounding"


def channels_of(graph: Graph, statistics: Statistics) -> Channels:
    """The labels of a graph's channels; factors pass RELU6 where that was seen to do nothing more than RELU."""
    return Channels(graph, lambda value: _below_limit(value, statistics))


def move_scales(
    model: Model,
    statistics: Statistics,
    shares: Sequence[float],
    least_gain: float,
    chosen: Callable[[Channels], Labels],
) -> list[Change]:
    """Give channels of the first graph other factors, and say which layers share them.

    Args:
        statistics: what its activations hold, as `ranges.observe` says; kept true.
        shares, least_gain: as of `balancing.balanced`.
        chosen: labels; sets that have one of these, and those that depend on them, may have factors.
    """
    channels = channels_of(model.main, statistics)
    movable = chosen(channels)
    if not movable.any():
        return []
    noise = RoundingNoise(channels, statistics)
    balance = balanced(noise, most_of(channels, noise, statistics), shares, least_gain)
    sets = np.unique(balance.components[np.isin(noise.known, movable)]).tolist()
    gains = {each: gain for each, gain in balance.gains.items() if each in sets}
    logarithms = np.where(np.isin(balance.components, list(gains)), balance.logarithms, 0.0)
    changes = changes_of(channels, noise, Balance(logarithms, balance.components, gains), NOISE)
    factors = Factors(dict(zip(noise.known.tolist(), np.exp(logarithms).tolist(), strict=True)))
    rescale(model.main, channels, factors, statistics)
    return changes


def of_gains(channels: Channels) -> Labels:
    """Labels of what a constant factor for each channel computes, as a normalization has."""
    return _all_of([np.abs(each.up) for each in channels.rescaled if each.down is not None])


def of_filters(channels: Channels) -> Labels:
    """Labels of what only filters compute."""
    return np.setdiff1d(_all_of([each.out for each in channels.products]), of_gains(channels))


def _all_of(labels: list[Labels]) -> Labels:
    return np.unique(np.concatenate([each.reshape(-1) for each in labels])) if labels else np.zeros(0, np.int64)


def _below_limit(value: Value, statistics: Statistics) -> Array | None:
    """The channels that RELU6 does nothing to but RELU."""
    histogram = statistics.get(value)
    return None if histogram is None or histogram.highs is None else np.asarray(histogram.highs < LIMIT * NEAR)


def most_of(channels: Channels, noise: RoundingNoise, statistics: Statistics) -> Array:
    """The largest logarithm of each factor: what RELU6 limits must stay below the limit."""
    most = np.full(len(noise.known) + 1, np.inf)
    for value, labels in channels.labels.items():
        highs = _limited_highs(value, statistics)
        if highs is not None and labels.size == labels.shape[-1] == len(highs):
            room = np.log(LIMIT * NEAR / np.maximum(highs, 1e-6))
            np.minimum.at(most, noise.places(labels.reshape(-1)), room)
    return most[:-1]


def _limited_highs(value: Value, statistics: Statistics) -> Array | None:
    producer, histogram = value.producer, statistics.get(value)
    if producer is None or histogram is None:
        return None
    limited = isinstance(producer.operator, Relu6) or activation_of(producer) is Activation.RELU6
    return histogram.highs if limited else None


def changes_of(channels: Channels, noise: RoundingNoise, balance: Balance, less: str) -> list[Change]:
    """One change for each set of channels that have other factors now; `less`: of what the gain is."""
    layers: dict[int, dict[str, None]] = {each: {} for each in balance.gains}

    def note(operation: Operation, labels: Labels) -> None:
        for each in balance.components[noise.places(labels[labels != 0])].tolist():
            if each in layers:
                layers[each][operation.source.layer or operation.operator.builtin] = None

    for each in channels.rescaled:
        note(each.operation, each.up)
    for product in channels.products:
        note(product.filtering.operation, product.out)
        note(product.filtering.operation, product.into)
    return [
        Change(
            tuple(layers[each]),
            f"{int(np.sum(balance.components == each))} channels share their scales among these layers",
            f"{10 * np.log10(gain):.1f} dB less {less} is predicted where they are read",
        )
        for each, gain in balance.gains.items()
        if layers[each]
    ]
