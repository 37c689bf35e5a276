"""Cross entropies of targets with what a model predicts, in LiteRT operators. All take floats."""

from __future__ import annotations

import numpy as np

from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ops import math, nn, special
from litesmith.ops.array import axis_of
from litesmith.ops.creation import one_hot
from litesmith.ops.decomposing import decomposition


def binary_of_probabilities(target: Value, probability: Value, epsilon: float) -> Value:
    """-(t log p + (1 - t) log(1 - p)) of each element, with p limited to epsilon..1 - epsilon."""
    limited = math.clip(probability, epsilon, 1.0 - epsilon)
    return _binary(target, math.log(limited), math.log(math.subtract(1.0, limited)))


@decomposition
def binary_of_logits(target: Value, logits: Value) -> Value:
    """-(t log p + (1 - t) log(1 - p)) of p = sigmoid(logits), within 1e-6 of its value for all logits."""
    return math.subtract(special.softplus(logits), math.multiply(target, logits))


def binary_of_limited_logits(target: Value, logits: Value, epsilon: float) -> Value:
    """The same with p limited to epsilon..1 - epsilon, as numbers of float32."""
    lowest = np.float32(epsilon)
    rest = np.float32(1) - np.float32(1 - epsilon)
    hit = math.maximum(special.log_sigmoid(logits), float(np.log(lowest)))
    miss = math.maximum(special.log_sigmoid(math.negative(logits)), float(np.log(rest)))
    return _binary(target, hit, miss)


def _binary(target: Value, log_hit: Value, log_miss: Value) -> Value:
    missed = math.multiply(math.subtract(1.0, target), log_miss)
    return math.negative(math.add(math.multiply(target, log_hit), missed))


def log_probabilities(output: Value, axis: int, from_logits: bool, epsilon: float) -> Value:
    """The logarithms of probabilities that add up to 1 along an axis, each limited to epsilon..1 - epsilon.

    Those of logits are not limited.
    """
    if from_logits:
        return nn.log_softmax(output, axis)
    part = math.divide(output, math.sum(output, axis, True))
    return math.log(math.clip(part, epsilon, 1.0 - epsilon))


def categorical(target: Value, log_probability: Value, axis: int) -> Value:
    """-(sum of t log p) along an axis."""
    return math.negative(math.sum(math.multiply(target, log_probability), axis))


def sparse_categorical(target: Value, log_probability: Value, axis: int) -> Value:
    """-log p of the class that each integer says; 0 where there is no such class."""
    place = axis_of(axis, log_probability.type.rank)
    classes: Size = log_probability.type.shape[place]
    chosen = one_hot(target, classes, place, log_probability.type.dtype)
    return categorical(chosen, log_probability, place)
