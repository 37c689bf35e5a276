"""Factors of channels put into the filters, biases and other constants of a graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Role
from litesmith.quantization.changes import Statistics
from litesmith.quantization.channels.labelling import Channels, Product
from litesmith.quantization.channels.ties import Labels

Array = np.ndarray[Any, Any]


class Factors:
    """The factor of each label.

    Args:
        known: labels that have one; all others are 1.
    """

    def __init__(self, known: dict[int, float]) -> None:
        self._known = known

    def of(self, labels: Labels) -> Array:
        """Factors in the shape of the labels."""
        unique, places = np.unique(labels, return_inverse=True)
        found = [
            self._known.get(label, 1.0) if label >= 0 else 1 / self._known.get(-label, 1.0) for label in unique.tolist()
        ]
        return np.array(found)[places].reshape(labels.shape)


def rescale(graph: Graph, channels: Channels, factors: Factors, statistics: Statistics) -> list[Operation]:
    """Multiply what the channels hold by their factors; the operations whose constants changed.

    `statistics`: of the activations; they say afterwards what these hold then.
    """
    changed = [each.filtering.operation for each in channels.products if _rescale_product(graph, each, factors)]
    for each in channels.rescaled:
        ratio = factors.of(each.up) / (1.0 if each.down is None else factors.of(each.down))
        if np.any(ratio != 1):
            _multiply(graph, each.operation, each.place, ratio)
            changed.append(each.operation)
    for value, labels in channels.labels.items():
        if value in statistics and np.any((ratio := factors.of(labels)) != 1):
            _note(statistics, value, ratio)
    return changed


def _note(statistics: Statistics, value: Value, ratio: Array) -> None:
    """What a value holds with its factors; nothing is known where they differ along another axis than the last."""
    along_last = np.broadcast_to(ratio.reshape(-1), value.type.shape[-1:]) if ratio.size == ratio.shape[-1] else ratio
    found = statistics.pop(value).scaled(along_last)
    if found is not None:
        statistics[value] = found


def _rescale_product(graph: Graph, product: Product, factors: Factors) -> bool:
    own = product.filtering
    into, out = factors.of(product.into), factors.of(product.out)
    if np.all(into == 1) and np.all(out == 1):
        return False
    shape = [1] * own.filter.type.rank
    shape[own.axis] = len(out)
    ratio = out.reshape(shape) / own.over_inputs(into)
    for place, operand in enumerate(own.operation.operands):
        if operand is None or operand.constant is None:
            continue
        role = own.operation.operator.operand(place).role
        if role is Role.WEIGHT:
            _multiply(graph, own.operation, place, ratio)
        elif role is Role.BIAS:
            _multiply(graph, own.operation, place, out)
    return True


def _multiply(graph: Graph, operation: Operation, place: int, ratio: Array) -> None:
    value = operation.operands[place]
    assert value is not None
    assert value.constant is not None
    constant = value.constant
    ratio = ratio.reshape(ratio.shape[max(ratio.ndim - constant.type.rank, 0) :])
    graph.rewire(operation, place, constant_value(constant.times(ratio), value.name))
