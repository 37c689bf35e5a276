"""Products and tables of weights that are stored as integers, as in models that were quantized.

The integers stay in the file; DEQUANTIZE makes reals of them when the model is loaded, once, since they
are constants. Measured in the runtime (2.3.0, x86-64, one thread, 2048 x 2048 weights, one row):

- FULLY_CONNECTED on DEQUANTIZE: as fast as on float32 weights (0.8 ms), and their rounding errors.
- FULLY_CONNECTED on the integers themselves: 0.2 ms, but XNNPACK then rounds each row of the input to 255
  steps of its own range: results are off by 1e-2 of the largest, where the model did not round them, or rounded
  otherwise. Two kernels of one runtime do not agree on it.
- BATCH_MATMUL of int8, which sums in int32: exact, 0.5 ms; but 3.5 times as long as FULLY_CONNECTED for 32 rows.
- A scale for each block of a row has no kernel that keeps the input's precision; here each block is a row
  of its own for DEQUANTIZE, and RESHAPE puts rows together (2.5 ms).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.ops import math
from litesmith.ops.array import cast, reshape, slice_axis
from litesmith.ops.einsum import fully_connected
from litesmith.ops.indexing import from_front, gather
from litesmith.ops.padding import pad
from litesmith.opset.conversion import Dequantize
from litesmith.opset.matmul import EmbeddingLookup

Array = np.ndarray[Any, Any]

WHOLE = Quantization((1.0,), (0,))
"""Integers that stand for themselves."""


def stored(integers: Constant, quantization: Quantization = WHOLE) -> Value:
    """A constant of int8 or int4 that stands for reals; those of one weight share their bytes in the file."""
    type = TensorType(integers.type.dtype, integers.type.shape, quantization)
    return constant_value(Constant(type, integers.array, integers.key))


def reals(integers: Constant, quantization: Quantization = WHOLE) -> Value:
    """What stored integers stand for, in float32: the product of scale and integer, rounded once."""
    return emit(Dequantize(), stored(integers, quantization))


@dataclass(frozen=True)
class IntegerMatrix:
    """Weights [outputs, inputs]: `real[o, i] = (integer[o, i] - zero_points[o, g]) * scales[o, g]`, `g = groups[i]`.

    Attributes:
        integers: int8, or int4.
        scales: float32 [outputs, number of groups].
        zero_points: integers of that shape.
        groups: the group of each input; None where there is one.
    """

    integers: Constant
    scales: Array
    zero_points: Array
    groups: Array | None = None

    @cached_property
    def _quantization(self) -> Quantization:
        """A scale for each output and group, in rows."""
        scales, zero_points = self.scales.reshape(-1), self.zero_points.reshape(-1)
        return Quantization(tuple(scales.tolist()), tuple(int(point) for point in zero_points))

    def values(self) -> Value:
        """The real weights [outputs, inputs]; inputs as `arranged` puts them where there are groups."""
        if self.groups is None:
            return reals(self.integers, self._quantization)
        outputs, (groups, block) = self.scales.shape[0], self._places.shape
        blocks = self.integers.map(
            self._in_blocks,
            self.integers.type.with_shape((outputs * groups, block)),
            ("blocks", self._places.tobytes()),
        )
        return reshape(reals(blocks, self._quantization), (outputs, groups * block))

    @cached_property
    def _places(self) -> Array:
        """For each group, the inputs that it has, and the number of inputs where it is shorter than others."""
        assert self.groups is not None
        members = [np.flatnonzero(self.groups == group) for group in range(self.scales.shape[1])]
        places = np.full((len(members), max(map(len, members))), len(self.groups))
        for row, found in zip(places, members, strict=True):
            row[: len(found)] = found
        return places

    def _in_blocks(self, integers: Array) -> Array:
        """[outputs * groups, block]; anything where a group is shorter, as `arranged` has 0 there."""
        padded = np.concatenate([integers, np.zeros((len(integers), 1), integers.dtype)], 1)
        return padded[:, self._places].reshape(-1, self._places.shape[1])

    def in_order(self) -> Value:
        """The real weights [outputs, inputs], the inputs as they were."""
        if self.groups is None:
            return self.values()
        places = self._places.reshape(-1)
        order = np.argsort(places, kind="stable")[: len(self.groups)]
        if np.array_equal(order, np.arange(len(places))):
            return self.values()
        return gather(self.values(), constant(order.astype(np.int32)), 1)

    def arranged(self, x: Value) -> Value:
        """Inputs [..., inputs] in the order of the groups, with 0 where a group is shorter than others."""
        if self.groups is None:
            return x
        places, size = self._places.reshape(-1), len(self.groups)
        if (places[:size] == np.arange(size)).all():
            return _followed_by_zeros(x, len(places) - size)
        wider = _followed_by_zeros(x, 1) if (places == size).any() else x
        return gather(wider, constant(places.astype(np.int32)), -1)


def _followed_by_zeros(x: Value, count: int) -> Value:
    """With zeros behind the last axis."""
    return pad(x, [(0, 0)] * (x.type.rank - 1) + [(0, count)]) if count else x


def product_of_rows(x: Value, weights: IntegerMatrix, bias: Value | None = None) -> Value:
    """X [..., inputs] times the transpose of weights [outputs, inputs], plus bias [outputs], in float32.

    As exact as a product of float32: the weights are what their scales make of them, rounded once.
    """
    return fully_connected(weights.arranged(x), weights.values(), bias)


def product_of_integers(x: Value, weights: Constant) -> Value:
    """Whole numbers X [..., inputs], in float32, times the transpose of integers [outputs, inputs].

    Sums up to 2 ** 24 are exact: always for int8 numbers and up to 1040 inputs, and in practice for many more.
    """
    return fully_connected(x, reals(weights))


def rows_of(table: Constant, ids: Value) -> Value:
    """The rows of a table of integers [rows, width] at these indices, as whole float32 numbers.

    The kernel of EMBEDDING_LOOKUP reads rows of int4 as whole bytes: an odd width gets another column.
    """
    rows, width = table.type.shape
    odd = table.type.dtype is DType.INT4 and width % 2 == 1
    picked = reshape(cast(from_front(ids, rows), DType.INT32), (product(ids.type.shape),))
    found = emit(EmbeddingLookup(), picked, stored(_evened(table) if odd else table))
    found = slice_axis(found, 1, 0, width) if odd else found
    return reshape(found, (*ids.type.shape, width))


def _evened(table: Constant) -> Constant:
    """A table with another column of zeros."""
    rows, width = table.type.shape
    type = table.type.with_shape((rows, width + 1))
    return table.map(lambda array: np.pad(array, ((0, 0), (0, 1))), type, "another column")


def quantized_by_largest(x: Value, axes: Sequence[int], highest: float, epsilon: float) -> tuple[Value, Value]:
    """Whole float32 numbers of -highest..highest for X, and what X was multiplied by for them.

    The scale is `highest / (largest magnitude along the axes + epsilon)`, in float32, and halves are rounded to
    even numbers. Every step is rounded as IEEE 754 says, so the numbers are those of any other implementation.
    """
    largest = math.max(math.absolute(x), axes, True)
    scale = math.divide(constant(np.float32(highest)), math.add(largest, constant(np.float32(epsilon))))
    return math.round_half_even(math.multiply(x, scale)), scale
