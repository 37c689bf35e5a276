"""Offsets of channels: each channel is moved to where the range of its tensor is used best.

A tensor of integers has one zero point. Where one channel lies in -9..-5 and another in 5..9, the range is -9..9,
though no channel takes more than 4 of it. A filter's bias can move each channel; the biases of the filters that read it
take that back. What lies between must not care (sums, pools), and no filter may pad its input: zeros are not moved.

Behind RELU, channels that were never near 0 are moved down (high-bias absorption).

A negative end that all channels share, as swish and GELU have (never below -0.28), needs no offset: the zero point of
an asymmetric range takes it in already. An offset would be the same zero point, and one more operator.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.opset.binary import Add, Sub
from litesmith.opset.convolution import Conv2D
from litesmith.opset.enums import Activation
from litesmith.opset.matmul import FullyConnected
from litesmith.opset.pooling import AveragePool2D, MaxPool2D
from litesmith.opset.reduction import Mean
from litesmith.opset.rules import normalize_axis, sizes_of
from litesmith.passes.linear import Filtering, activation_of, filtering
from litesmith.quantization.changes import Change, Statistics

Array = np.ndarray[Any, Any]
Ends = dict[Value, tuple[Array, Array]]
"""The least and the largest number of each channel."""
LEAST_GAIN = 2.0
"""Of the squared range before over the one now, on average over the tensors that are moved."""
WITHIN = 0.9
"""How much of the least value behind RELU is taken: other data may come a little closer to 0."""


def center(model: Model, statistics: Statistics) -> list[Change]:
    """Move channels that filters compute, where filters alone read them.

    Args:
        model: its first graph is changed.
        statistics: what its activations hold, as `ranges.observe` says; kept true.
    """
    ends: Ends = {
        value: (histogram.lows.astype(np.float64), histogram.highs.astype(np.float64))
        for value, histogram in statistics.items()
        if histogram.lows is not None and histogram.highs is not None
    }
    changes = []
    for operation in list(model.main.operations):
        found = _centered(model.main, operation, ends)
        if found is not None:
            change, moved = found
            changes.append(change)
            for value in moved:
                statistics.pop(value, None)
    return changes


def _centered(graph: Graph, operation: Operation, ends: Ends) -> tuple[Change, list[Value]] | None:
    """Move the channels that one operation computes, with all values; `ends` says afterwards where they are."""
    product = filtering(operation)
    if product is None or operation.result not in ends or not _has_bias(operation):
        return None
    moved = _moved_with(graph, operation.result)
    if moved is None or any(value not in ends for value in moved):
        return None
    offsets = _offsets(operation, moved, ends)
    gain = float(np.exp(np.mean([_log_gain(ends[value], offsets * times) for value, times in moved.items()])))
    if gain < LEAST_GAIN:
        return None
    _add_to_bias(graph, operation, offsets)
    layers = {operation.source.layer or operation.operator.builtin: None}
    for value, times in moved.items():
        low, high = ends[value]
        ends[value] = low + offsets * times, high + offsets * times
        for reader in dict.fromkeys(user for user in value.users if filtering(user) is not None):
            _add_to_bias(graph, reader, -_through(reader, offsets * times))
            layers[reader.source.layer or reader.operator.builtin] = None
    what = f"{int(np.count_nonzero(offsets))} channels are moved to where the range of their tensor is used best"
    why = f"{10 * np.log10(gain):.1f} dB less noise of rounding is predicted there"
    return Change(tuple(layers), what, why), list(moved)


def _moved_with(graph: Graph, value: Value) -> dict[Value, int] | None:
    """The values that move with one, and how many times as far; None where something reads them that minds it."""
    found = {value: 1}
    for operation in graph.operations:
        own = [found.get(operand, 0) if operand is not None else 0 for operand in operation.operands]
        if not any(operand in found for operand in operation.operands):
            continue
        product = filtering(operation)
        if product is not None:
            if not _sees_no_zeros(product) or not _has_bias(operation):
                return None
        elif _passes(operation, value):
            sign = -1 if isinstance(operation.operator, Sub) else 1
            found[operation.result] = own[0] + (
                sign * own[1] if len(own) > 1 and isinstance(operation.operator, (Add, Sub)) else 0
            )
        else:
            return None
    return None if any(graph.is_output(each) for each in found) else found


def _passes(operation: Operation, value: Value) -> bool:
    """Whether an offset of each channel of the operands is one of the result."""
    if activation_of(operation) is not Activation.NONE or len(operation.results) != 1:
        return False
    if operation.result.type.shape[-1:] != value.type.shape[-1:]:
        return False
    if isinstance(operation.operator, Mean):
        axes, rank = sizes_of(operation.operands[1]), value.type.rank
        return axes is not None and rank - 1 not in [normalize_axis(int(axis), rank) for axis in axes]
    return isinstance(operation.operator, (Add, Sub, MaxPool2D, AveragePool2D))


def _sees_no_zeros(product: Filtering) -> bool:
    """Whether no place of the result is made of zeros beyond the edge."""
    is_pointwise = isinstance(product.operation.operator, Conv2D) and product.filter.type.shape[1:3] == (1, 1)
    return product.pads_nothing or is_pointwise


def _has_bias(operation: Operation) -> bool:
    """Whether an operation adds a constant to its result, or can."""
    return _bias(operation) is not None or isinstance(operation.operator, FullyConnected)


def _bias(operation: Operation) -> int | None:
    roles = operation.operator.operands
    return next(
        (place for place, operand in enumerate(operation.operands) if operand and roles[place].role is Role.BIAS), None
    )


def _offsets(operation: Operation, moved: dict[Value, int], ends: Ends) -> Array:
    """How far each channel is moved: to the middle of what it takes in the tensor where that gains most."""
    activation = activation_of(operation)
    if activation is Activation.RELU:
        return np.asarray(-WITHIN * np.maximum(ends[operation.result][0], 0))
    if activation is not Activation.NONE:
        return np.zeros_like(ends[operation.result][0])
    candidates = [-(ends[value][0] + ends[value][1]) / 2 / times for value, times in moved.items() if times]
    return max(candidates, key=lambda each: sum(_log_gain(ends[value], each * n) for value, n in moved.items()))


def _log_gain(ends: tuple[Array, Array], offsets: Array) -> float:
    before, now = _range(*ends), _range(ends[0] + offsets, ends[1] + offsets)
    return 2 * float(np.log(max(before, 1e-30) / max(now, 1e-30)))


def _range(lows: Array, highs: Array) -> float:
    return max(float(highs.max()), 0.0) - min(float(lows.min()), 0.0)


def _through(reader: Operation, offsets: Array) -> Array:
    """What a filter makes of an offset of each channel that it reads; summed in float64."""
    product = filtering(reader)
    assert product is not None
    axes = tuple(axis for axis in range(product.filter.type.rank) if axis != product.axis)
    return np.asarray(np.sum(product.filter.array() * product.over_inputs(offsets), axes, dtype=np.float64))


def _add_to_bias(graph: Graph, operation: Operation, amounts: Array) -> None:
    place, operands = _bias(operation), list(operation.operands)
    before = operands[place] if place is not None else None
    bias = amounts if before is None or before.constant is None else before.constant.array() + amounts
    made = constant_value(Constant.of(bias.astype(np.float32)), "" if before is None else before.name)
    if place is None:
        place = len(operation.operator.operands) - 1
        operands += [None] * (place + 1 - len(operands))
    operands[place] = made
    graph.set_operands(operation, operands)
