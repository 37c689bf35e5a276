"""Operations that multiply by weights, all in one form: rows of what they read times the transpose of a matrix.

A convolution reads windows, which are laid out as rows; groups of channels that do not mix are groups of rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Operation, Value
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from litesmith.opset.enums import Padding
from litesmith.opset.matmul import BatchMatmul, FullyConnected

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Product(ABC):
    """How one operation multiplies.

    Attributes:
        input_place, weight_place, bias_place: of its operands; `bias_place` is None where it cannot have a bias.
        shape: of its weights.
    """

    input_place: int
    weight_place: int
    bias_place: int | None
    shape: tuple[int, ...]

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int, int]:
        """How many groups there are, channels that each computes, and weights of a channel."""

    @abstractmethod
    def rows(self, inputs: Array, lines: Array | None = None) -> Array:
        """What each number of the result is made of: [groups, numbers of a channel, weights of a channel].

        `lines`: of the result only these, which are the places on its second axis, or the rows of a matrix.
        """

    @abstractmethod
    def line_count(self, inputs: tuple[int, ...]) -> int:
        """How many lines the result has for inputs of this shape."""

    @abstractmethod
    def line_size(self, inputs: tuple[int, ...]) -> int:
        """How many rows a line has for inputs of this shape."""

    @abstractmethod
    def matrix(self, weights: Array) -> Array:
        """Weights, or what broadcasts to them in all axes, as [groups, channels, weights of a channel]."""

    @abstractmethod
    def weights(self, matrix: Array) -> Array:
        """The inverse of `matrix`."""


@dataclass(frozen=True)
class DenseProduct(Product):
    """FULLY_CONNECTED, and BATCH_MATMUL by a constant matrix, which is stored in either order of its axes."""

    transposed: bool = False
    input_transposed: bool = False

    @property
    def sizes(self) -> tuple[int, int, int]:
        outs, depth = self.shape[-2:][:: -1 if self.transposed else 1]
        return 1, outs, depth

    def rows(self, inputs: Array, lines: Array | None = None) -> Array:
        if self.input_transposed:
            inputs = inputs.swapaxes(-1, -2)
        rows = inputs.reshape(-1, inputs.shape[-1])
        return (rows if lines is None else rows[lines])[None]

    def line_count(self, inputs: tuple[int, ...]) -> int:
        return int(np.prod(inputs)) // self.sizes[2]

    def line_size(self, inputs: tuple[int, ...]) -> int:
        return 1

    def matrix(self, weights: Array) -> Array:
        flat = weights.reshape(weights.shape[-2:])
        return np.asarray((flat.T if self.transposed else flat)[None])

    def weights(self, matrix: Array) -> Array:
        return np.asarray((matrix[0].T if self.transposed else matrix[0]).reshape(self.shape))


@dataclass(frozen=True)
class Windows:
    """How a window of an image moves."""

    size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    padding: Padding = Padding.VALID

    def of(self, images: Array, lines: Array | None = None) -> Array:
        """[batch, height, width, channels] as [batch, lines, columns, window height, window width, channels]."""
        if self.padding is Padding.SAME:
            edges = [self._edges(size, axis) for axis, size in enumerate(images.shape[1:3])]
            images = np.pad(images, ((0, 0), *edges, (0, 0)))
        reach = tuple((size - 1) * step + 1 for size, step in zip(self.size, self.dilations, strict=True))
        seen = np.lib.stride_tricks.sliding_window_view(images, reach, (1, 2))
        seen = seen[:, :: self.strides[0], :: self.strides[1], :, :: self.dilations[0], :: self.dilations[1]]
        seen = np.moveaxis(seen, 3, 5)
        return seen if lines is None else seen[:, lines]

    def places(self, size: int, axis: int) -> int:
        """How many places a window has along an axis of an image."""
        reach = (self.size[axis] - 1) * self.dilations[axis] + 1
        return -(-(size if self.padding is Padding.SAME else size - reach + 1) // self.strides[axis])

    def _edges(self, size: int, axis: int) -> tuple[int, int]:
        """How many places are added on both sides."""
        reach, stride = (self.size[axis] - 1) * self.dilations[axis] + 1, self.strides[axis]
        added = max((self.places(size, axis) - 1) * stride + reach - size, 0)
        return added // 2, added - added // 2


@dataclass(frozen=True)
class ConvolutionProduct(Product):
    """CONV_2D: weights [out, height, width, in of one group]."""

    windows: Windows = Windows((1, 1))
    groups: int = 1

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.groups, self.shape[0] // self.groups, int(np.prod(self.shape[1:]))

    def rows(self, inputs: Array, lines: Array | None = None) -> Array:
        seen = self.windows.of(inputs, lines)
        parts = seen.reshape(*seen.shape[:5], self.groups, -1)
        return np.moveaxis(parts, 5, 0).reshape(self.groups, -1, int(np.prod(self.shape[1:])))

    def line_count(self, inputs: tuple[int, ...]) -> int:
        return self.windows.places(inputs[1], 0)

    def line_size(self, inputs: tuple[int, ...]) -> int:
        return inputs[0] * self.windows.places(inputs[2], 1)

    def matrix(self, weights: Array) -> Array:
        return weights.reshape(self.groups, -1, int(np.prod(weights.shape[1:])))

    def weights(self, matrix: Array) -> Array:
        return matrix.reshape(self.shape)


@dataclass(frozen=True)
class DepthwiseProduct(Product):
    """DEPTHWISE_CONV_2D: weights [1, height, width, channels * multiplier]; each channel is a group."""

    windows: Windows = Windows((1, 1))
    multiplier: int = 1

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.shape[3] // self.multiplier, self.multiplier, self.shape[1] * self.shape[2]

    def rows(self, inputs: Array, lines: Array | None = None) -> Array:
        seen = self.windows.of(inputs, lines)
        return np.moveaxis(seen, 5, 0).reshape(seen.shape[5], -1, self.shape[1] * self.shape[2])

    def line_count(self, inputs: tuple[int, ...]) -> int:
        return self.windows.places(inputs[1], 0)

    def line_size(self, inputs: tuple[int, ...]) -> int:
        return inputs[0] * self.windows.places(inputs[2], 1)

    def matrix(self, weights: Array) -> Array:
        return np.asarray(np.moveaxis(weights[0], 2, 0).reshape(-1, self.multiplier, int(np.prod(weights.shape[1:3]))))

    def weights(self, matrix: Array) -> Array:
        return np.moveaxis(matrix.reshape(-1, *self.shape[1:3]), 0, 2)[None]


@dataclass(frozen=True)
class TransposedProduct(Product):
    """TRANSPOSE_CONV: weights [out, height, width, in]; a convolution of the input with zeros between its numbers."""

    strides: tuple[int, int] = (1, 1)
    padding: Padding = Padding.VALID

    @property
    def sizes(self) -> tuple[int, int, int]:
        return 1, self.shape[0], int(np.prod(self.shape[1:]))

    def rows(self, inputs: Array, lines: Array | None = None) -> Array:
        batch, height, width, channels = inputs.shape
        (rows, top), (columns, left) = (self._result(size, axis) for axis, size in enumerate((height, width)))
        tall, wide = self.shape[1:3]
        spread = np.zeros((batch, rows + tall - 1, columns + wide - 1, channels), inputs.dtype)
        first = (tall - 1 - top, wide - 1 - left)
        spread[:, first[0] :: self.strides[0], first[1] :: self.strides[1]][:, :height, :width] = inputs
        seen = Windows((tall, wide)).of(spread, lines)[:, :, :, ::-1, ::-1]
        return np.asarray(seen.reshape(1, -1, tall * wide * channels))

    def line_count(self, inputs: tuple[int, ...]) -> int:
        return self.result_size(inputs[1], 0)

    def line_size(self, inputs: tuple[int, ...]) -> int:
        return inputs[0] * self.result_size(inputs[2], 1)

    def result_size(self, size: int, axis: int) -> int:
        """The size of the result along an axis of an image."""
        return self._result(size, axis)[0]

    def _result(self, size: int, axis: int) -> tuple[int, int]:
        """The size of the result, and how many places of it are cut off in front."""
        stride, reach = self.strides[axis], self.shape[1 + axis]
        if self.padding is Padding.VALID:
            return (size - 1) * stride + max(reach, stride), 0
        return size * stride, max(reach - stride, 0) // 2

    def matrix(self, weights: Array) -> Array:
        return weights.reshape(1, weights.shape[0], -1)

    def weights(self, matrix: Array) -> Array:
        return matrix.reshape(self.shape)


def product_of(operation: Operation) -> Product | None:
    """How an operation multiplies by weights; None where it does not, or by what is no matrix."""
    operator, operands = operation.operator, operation.operands
    place = 1
    if len(operands) < 2 or operands[place] is None:
        return None
    weights = operands[place]
    assert weights is not None
    shape = tuple(int(size) for size in weights.type.shape)
    if isinstance(operator, FullyConnected):
        return DenseProduct(0, 1, 2, shape)
    if isinstance(operator, BatchMatmul):
        if len(shape) < 2 or int(np.prod(shape[:-2])) != 1:
            return None
        return DenseProduct(0, 1, None, shape, not operator.adj_y, operator.adj_x)
    if isinstance(operator, TransposeConv):
        return _transposed(operation, operator, shape)
    if not isinstance(operator, (Conv2D, DepthwiseConv2D)):
        return None
    windows = Windows(
        (shape[1], shape[2]),
        (operator.stride_h, operator.stride_w),
        (operator.dilation_h_factor, operator.dilation_w_factor),
        operator.padding,
    )
    if isinstance(operator, DepthwiseConv2D):
        return DepthwiseProduct(0, 1, 2, shape, windows, operator.depth_multiplier)
    return ConvolutionProduct(0, 1, 2, shape, windows, _channels(operands[0]) // shape[3])


def _transposed(operation: Operation, operator: TransposeConv, shape: tuple[int, ...]) -> Product | None:
    """None where the result has not the size that follows from the others."""
    product = TransposedProduct(2, 1, 3, shape, (operator.stride_h, operator.stride_w), operator.padding)
    image = operation.operands[2]
    assert image is not None
    for axis in (0, 1):
        before, behind = image.type.shape[1 + axis], operation.result.type.shape[1 + axis]
        if isinstance(before, Dim) or isinstance(behind, Dim) or product.result_size(before, axis) != behind:
            return None
    return product


def _channels(value: Value | None) -> int:
    assert value is not None
    return int(value.type.shape[3])
