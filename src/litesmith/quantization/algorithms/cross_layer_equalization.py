"""Cross-layer equalization: the scales of channels are moved between the layers around them.

A tensor of integers has one step for all of its channels: the widest decides, and a channel that is a hundred times
narrower has two or three integers left. A channel can be multiplied by a factor where it is computed and divided by it
again where it is read (`channels.labelling`); what the model computes stays the same. The factors are those with which
rounding adds the least noise (`channels.rounding_noise`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.graph import Model, Operation, Value
from litesmith.opset.elementwise import Relu6
from litesmith.opset.enums import Activation
from litesmith.passes.linear import activation_of
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.balancing import balanced
from litesmith.quantization.channels.labelling import Channels
from litesmith.quantization.channels.rescaling import Factors, rescale
from litesmith.quantization.channels.rounding_noise import RoundingNoise

Array = np.ndarray[Any, Any]
LIMIT = 6.0
"""Of RELU6."""
NEAR = 0.98
"""Of the limit: channels that never came this close are taken to be below it always."""
LEAST_GAIN = 1.1
"""Of the noise before over the noise now: less is not worth a change."""


def equalize(model: Model, statistics: Statistics) -> list[Change]:
    """Let the channels of the first graph have factors with which they round better.

    Args:
        statistics: what its activations hold, as `ranges.observe` says.
    """
    graph = model.main
    channels = Channels(graph, lambda value: _below_limit(value, statistics))
    noise = RoundingNoise(channels, statistics)
    if not noise.terms:
        return []
    balance = balanced(noise, _most(channels, noise, statistics), LEAST_GAIN)
    changes = _changes(channels, noise, balance.components, balance.gains)
    known = dict(zip(noise.known.tolist(), np.exp(balance.logarithms).tolist(), strict=True))
    rescale(graph, channels, Factors(known))
    return changes


def _below_limit(value: Value, statistics: Statistics) -> Array | None:
    """The channels that RELU6 does nothing to but RELU."""
    histogram = statistics.get(value)
    return None if histogram is None or histogram.highs is None else histogram.highs < LIMIT * NEAR


def _most(channels: Channels, noise: RoundingNoise, statistics: Statistics) -> Array:
    """The largest logarithm of each factor: what RELU6 limits must stay below the limit."""
    most = np.full(len(noise.known) + 1, np.inf)
    for value, labels in channels.labels.items():
        highs = _limited_highs(value, statistics)
        if highs is None or labels.shape[-1] != len(highs) or labels.size != len(highs):
            continue
        room = np.log(LIMIT * NEAR / np.maximum(highs, 1e-6))
        np.minimum.at(most, noise.places(labels.reshape(-1)), room)
    return most[:-1]


def _limited_highs(value: Value, statistics: Statistics) -> Array | None:
    producer, histogram = value.producer, statistics.get(value)
    if producer is None or histogram is None:
        return None
    limited = isinstance(producer.operator, Relu6) or activation_of(producer) is Activation.RELU6
    return histogram.highs if limited else None


def _changes(channels: Channels, noise: RoundingNoise, components: Array, gains: dict[int, float]) -> list[Change]:
    """One change for each set of channels that have other factors now."""
    layers: dict[int, dict[str, None]] = {each: {} for each in gains}
    for product in channels.products:
        for labels in (product.out, product.into):
            for place in noise.places(labels[labels != 0]).tolist():
                if components[place] in layers:
                    layers[int(components[place])][_name(product.filtering.operation)] = None
    return [
        Change(
            tuple(layers[each]),
            f"{int(np.sum(components == each))} channels share their scales among these layers",
            f"{10 * np.log10(gain):.1f} dB less noise of rounding is predicted where they are read",
        )
        for each, gain in gains.items()
        if layers[each]
    ]


def _name(operation: Operation) -> str:
    return operation.source.layer or operation.operator.builtin
