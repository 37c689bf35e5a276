"""Rotations between layers: what is large in few channels or weights is spread over all of them.

A layer's channels are multiplied by an orthogonal matrix, and the weights of the layers that read them by its inverse;
both are folded into the weights. Only sums, means, products by other matrices and what moves whole blocks of channels
may lie between. The matrix is Hadamard's, times one of cosines where a size is no power of 2, in blocks of the largest
size that divides all of what it goes through: the values of attention are rotated head by head.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd
from typing import Any

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.opset.binary import Add, Sub
from litesmith.opset.convolution import Conv2D
from litesmith.opset.enums import Activation
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.opset.pooling import AveragePool2D
from litesmith.opset.reduction import Mean
from litesmith.opset.rules import normalize_axis, sizes_of
from litesmith.opset.shaping import Reshape, Transpose
from litesmith.passes.linear import Filtering, activation_of, filtering
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.rounding_noise import rounded_rows
from litesmith.quantization.weights import FormOf, Rounding, rounding_of

Array = np.ndarray[Any, Any]
LEAST_GAIN = 1.1
"""Of the error of rounded weights before over the one now."""
SMALLEST = 4
"""Of a matrix."""
_WEIGHTS = 1
"""The operand of a product that is its filter."""


@dataclass
class Stretch:
    """Values that are rotated alike.

    Attributes:
        writers, readers: the filters that compute them, and those that read them.
    """

    values: dict[Value, None] = field(default_factory=dict)
    writers: dict[Operation, Filtering] = field(default_factory=dict)
    readers: dict[Operation, Filtering] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The largest number that divides the channels of all of them."""
        return gcd(*(int(value.type.shape[-1]) for value in self.values))


def rotate(model: Model, statistics: Statistics, form_of: FormOf) -> list[Change]:
    """Rotate channels where int4 weights are around them, and the weights around them round with less error then.

    Args:
        model: its first graph is changed.
        statistics: what its activations hold, as `ranges.observe` says; kept true.
        form_of: what becomes of each operation.
    """
    changes, done = [], set[Operation]()
    for operation in list(model.main.operations):
        if operation in done:
            continue
        stretch = stretch_from(model.main, operation)
        if stretch is None:
            continue
        done.update(stretch.writers)
        if not any(form_of(each).weights is DType.INT4 for each in (*stretch.writers, *stretch.readers)):
            continue
        change = _rotated(model.main, stretch, statistics, form_of)
        if change is not None:
            changes.append(change)
            for value in stretch.values:
                statistics.pop(value, None)
    return changes


def stretch_from(graph: Graph, operation: Operation) -> Stretch | None:
    """The values that are rotated with what a filter computes; None where something would not compute the same."""
    found, waiting = Stretch(), [operation.result] if _matrix_of(operation) is not None else []
    while waiting:
        value = waiting.pop()
        if value in found.values:
            continue
        if value.constant or value.producer is None or graph.is_output(value) or isinstance(value.type.shape[-1], Dim):
            return None
        found.values[value] = None
        more = _written(found, value.producer)
        if more is None:
            return None
        waiting += more
        for reader, place in value.uses:
            more = _read(found, reader, place)
            if more is None:
                return None
            waiting += more
    return found if found.readers and found.size >= SMALLEST else None


def _matrix_of(operation: Operation) -> Filtering | None:
    """An operation that multiplies all of its channels by one matrix for each place, and nothing more."""
    product = filtering(operation)
    if product is None or not isinstance(operation.operator, (Conv2D, FullyConnected)):
        return None
    return product if product.filter.type.shape[-1] == product.input.type.shape[-1] else None


def _written(found: Stretch, operation: Operation) -> list[Value] | None:
    """The values that must be rotated for the results of this operation to be."""
    product = _matrix_of(operation)
    if product is not None:
        if activation_of(operation) is not Activation.NONE:
            return None
        found.writers[operation] = product
        return []
    return _passed(operation)


def _read(found: Stretch, operation: Operation, place: int) -> list[Value] | None:
    """The values that are rotated where this operation reads a rotated one."""
    product = _matrix_of(operation)
    if product is not None:
        found.readers[operation] = product
        return [] if place == 0 else None
    value, rotated = operation.operands[place], _passed(operation)
    return [operation.result] if rotated is not None and any(each is value for each in rotated) else None


def _passed(operation: Operation) -> list[Value] | None:
    """The operands that are rotated where the result is; None for an operation that rotations do not pass."""
    operator, first = operation.operator, operation.operands[0]
    if first is None or activation_of(operation) is not Activation.NONE:
        return None
    if isinstance(operator, (Add, Sub)):
        operands = [value for value in operation.operands if value is not None]
        channels = operation.result.type.shape[-1:]
        return operands if all(value.type.shape[-1:] == channels for value in operands) else None
    if isinstance(operator, BatchMatmul):
        right = operation.operands[1]
        return None if operator.adj_y or right is None else [right]
    if isinstance(operator, (Mean, Transpose)):
        axes, last = sizes_of(operation.operands[1]), first.type.rank - 1
        if axes is None:
            return None
        places = [normalize_axis(int(axis), last + 1) for axis in axes]
        keeps = places[-1] == last if isinstance(operator, Transpose) else last not in places
        return [first] if keeps else None
    return [first] if isinstance(operator, (Reshape, AveragePool2D)) else None


def orthogonal(size: int) -> Array:
    """A symmetric or other orthogonal matrix all of whose numbers are about as large: Hadamard's, times a cosine's."""
    odd, matrix = size, np.ones((1, 1))
    while odd % 2 == 0:
        odd, matrix = odd // 2, np.block([[matrix, matrix], [matrix, -matrix]]) / np.sqrt(2)
    if odd > 1:
        places = np.arange(odd)
        cosines = np.cos(np.pi * (2 * places[None, :] + 1) * places[:, None] / (2 * odd)) * np.sqrt(2 / odd)
        cosines[0] /= np.sqrt(2)
        matrix = np.kron(matrix, cosines)
    return matrix


def _rotated(graph: Graph, stretch: Stretch, statistics: Statistics, form_of: FormOf) -> Change | None:
    """Rotate what a stretch holds, where that gains enough."""
    matrix = orthogonal(stretch.size)
    products = {**stretch.writers, **stretch.readers}
    if _others_read(graph, products):
        return None
    before = now = 0.0
    made: dict[tuple[Operation, int], Array] = {}
    for operation, product in products.items():
        weights = product.filter.array().astype(np.float64)
        powers = _powers(product, statistics)
        turned, spread = weights, powers
        if operation in stretch.writers:
            turned = _along(turned, matrix, 0)
            place = _bias_place(operation)
            if place is not None and product.bias is not None:
                made[operation, place] = _along(product.bias.array().astype(np.float64), matrix, 0)
        if operation in stretch.readers:
            turned, spread = _along(turned, matrix, turned.ndim - 1), _along(powers, matrix**2, 0)
        made[operation, _WEIGHTS] = turned
        rounding = rounding_of(operation, form_of(operation))
        signal = float((weights**2 * powers).sum())
        before += _error(weights, powers, rounding) / max(signal, 1e-30)
        now += _error(turned, spread, rounding) / max(signal, 1e-30)
    if before < LEAST_GAIN * now:
        return None
    for (operation, place), array in made.items():
        old = operation.operands[place]
        graph.rewire(operation, place, constant_value(Constant.of(array.astype(np.float32)), old.name if old else ""))
    layers = dict.fromkeys(each.source.layer or each.operator.builtin for each in products)
    why = f"{10 * np.log10(before / max(now, 1e-30)):.1f} dB less error of rounded weights is predicted"
    return Change(tuple(layers), f"channels between these layers are rotated in blocks of {stretch.size}", why)


def _along(array: Array, matrix: Array, axis: int) -> Array:
    """Blocks along an axis, each times the matrix."""
    moved = np.moveaxis(array, axis, -1)
    turned = moved.reshape(*moved.shape[:-1], -1, len(matrix)) @ matrix.T
    return np.moveaxis(turned.reshape(moved.shape), -1, axis)


def _others_read(graph: Graph, products: dict[Operation, Filtering]) -> bool:
    """Whether a filter is read by others too, and would be stored twice."""
    keys = [product.filter.key for product in products.values()]
    readers = [
        operation
        for operation in graph.operations
        if any(
            value is not None and value.constant is not None and value.constant.key in keys
            for value in operation.operands
        )
    ]
    return len(set(keys)) < len(keys) or any(operation not in products for operation in readers)


def _powers(product: Filtering, statistics: Statistics) -> Array:
    """The mean square of each channel that a filter reads; 1 where that was not seen."""
    histogram, count = statistics.get(product.input), int(product.filter.type.shape[-1])
    if histogram is None or histogram.squares is None or len(histogram.squares) != count:
        return np.ones(count)
    return np.asarray(histogram.squares * count / max(histogram.seen, 1))


def _error(weights: Array, powers: Array, rounding: Rounding | None) -> float:
    """What rounding weights [out, ..., in] adds to results, where channels have these powers and are independent."""
    if rounding is None:
        return 0.0
    rows = np.moveaxis(weights.reshape(len(weights), -1, weights.shape[-1]), 1, 2)
    error = rounded_rows(rows, rounding.block, rounding.levels) - rows
    return float((error**2 * powers[:, None]).sum())


def _bias_place(operation: Operation) -> int | None:
    roles = operation.operator.operands
    return next(
        (place for place, value in enumerate(operation.operands) if value and roles[place].role is Role.BIAS), None
    )
