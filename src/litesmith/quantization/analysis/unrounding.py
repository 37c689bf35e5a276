"""A model of integers as the same model of real numbers, and every place where it rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.ir.builder import building, constant, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Operator, Role, Same
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add
from litesmith.opset.conversion import Dequantize, Quantize
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.matmul import FullyConnected
from litesmith.quantization import lstm
from litesmith.quantization.analysis.recurrent import as_loop, is_integer_lstm
from litesmith.quantization.tables import gather_again

Array = np.ndarray[Any, Any]
NARROW = (DType.INT8, DType.UINT8, DType.INT16)
ROUNDS_AGAIN = ("AVERAGE_POOL_2D", "RESIZE_BILINEAR", "SUM")
"""What computes in the scale of what it is given; the others with one scale move numbers about."""
ROUNDS_ROWS = (FullyConnected, Conv2D, DepthwiseConv2D)
"""What has a kernel for rows of float32 and integer weights."""
INPUT = "input"
MODEL = "model"


@dataclass(frozen=True, eq=False)
class RoundedValue:
    """An activation that is an integer in the quantized model.

    Attributes:
        value: in the graph of real numbers.
        type: of the integers, with their scale.
        readers: who reads it rounded; None for all.
        graph: where it is.
    """

    layer: str
    value: Value
    type: TensorType
    readers: tuple[tuple[Operation, int], ...] | None
    graph: Graph


@dataclass(frozen=True, eq=False)
class RoundedRows(RoundedValue):
    """An activation that a kernel rounds as it comes, to 255 steps of the range of each row, to multiply integers.

    Attributes:
        type: of the real numbers.
        axes: those of a row.
        symmetric: whether 0 is in the middle of its range.
    """

    axes: tuple[int, ...] = (-1,)
    symmetric: bool = False


@dataclass(frozen=True, eq=False)
class RoundedConstant:
    """A weight or bias that is integers in the quantized model, or a bias that stands beside such weights.

    Attributes:
        operation, place: who reads it.
        rounded: the real numbers that the integers stand for.
        type: of the integers, with their scales.
        operator: who reads it in the quantized model, where that is written in others here.
    """

    layer: str
    operation: Operation
    place: int
    rounded: Constant
    type: TensorType
    operator: Operator

    @property
    def role(self) -> Role:
        return self.operation.operator.operand(self.place).role


Rounding = RoundedValue | RoundedConstant


@dataclass(frozen=True)
class Unrounded:
    """The graphs of real numbers of a quantized model, with rounded weights.

    Attributes:
        values: activations that are integers in it.
        constants: weights and biases that are.
    """

    model: Model
    values: tuple[RoundedValue, ...]
    constants: tuple[RoundedConstant, ...]

    @property
    def roundings(self) -> tuple[Rounding, ...]:
        return (*self.constants, *self.values)


def unrounded(model: Model) -> Unrounded:
    """The real numbers of a quantized model's first graph, and of those that it runs; the model stays as it is."""
    copy = copy_model(model)
    copy.graphs, copy.signatures = copy.graphs[:1], []
    for graph in copy.all_graphs():
        gather_again(graph)
    found = [_Graph(graph) for graph in copy.all_graphs()]
    for each in found:
        each.unround()
    values = [value for each in found for value in each.values()]
    constants = [constant for each in found for constant in each.constants]
    return Unrounded(copy, tuple(values), tuple(constants))


class _Graph:
    """One graph, on its way."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.constants: list[RoundedConstant] = []
        self._types = {value: value.type for value in _all_values(graph) if _is_rounded(value)}
        self._partly: list[RoundedValue] = []
        self._inside: list[RoundedValue] = []
        self._recurrent = {
            operation: tuple(self._types[value] for value in lstm.states(operation))
            for operation in graph.operations
            if is_integer_lstm(operation)
        }

    def unround(self) -> None:
        for value in self._types:
            value.type = value.type.with_dtype(DType.FLOAT32)
        for operation in list(self.graph.operations):
            self._unround_constants(operation)
        for operation in {each.operation: None for each in self.constants}:
            self._note_real_bias(operation)
        for operation, (h, c) in self._recurrent.items():
            self._write_out(operation, h, c)
        for operation in list(self.graph.operations):
            if isinstance(operation.operator, Dequantize) and operation.operands[0] is not None:
                self.graph.replace(operation, [operation.operands[0]])
        for operation in list(self.graph.operations):
            if isinstance(operation.operator, Quantize):
                self._unround_quantize(operation)

    def values(self) -> Iterator[RoundedValue]:
        """Activations that are rounded, each where it is rounded first."""
        for value, type in self._types.items():
            if value.graph is self.graph and self._rounds(value):
                yield RoundedValue(_layer_of(value), value, type, None, self.graph)
        yield from self._partly
        reached = set(Model([self.graph]).all_graphs())
        yield from (each for each in self._inside if each.graph in reached)

    def _rounds(self, value: Value) -> bool:
        """Whether a value is rounded where it is made, rather than moved there."""
        if value.producer is None:
            return not self.graph.is_called and not value.is_variable
        operation = value.producer
        if operation.graph is None or not isinstance(operation.operator.scales, Same):
            return operation.graph is not None
        read = [self._types.get(operand) for operand in operation.operands if operand is not None]
        is_same = any(type is not None and type.quantization == self._types[value].quantization for type in read)
        return not is_same or operation.operator.builtin in ROUNDS_AGAIN

    def _unround_constants(self, operation: Operation) -> None:
        for place, operand in enumerate(operation.operands):
            if operand is None or operand.constant is None or not _is_stored_rounded(operation, operand):
                continue
            real = Constant.of(reals_of(operand.constant))
            if not isinstance(operation.operator, Dequantize):
                self._note_rows(operation, place, operand)
                self._replace(operation, place, real, operand)
                continue
            for reader, where in list(operation.result.uses):
                self._replace(reader, where, real, operand)
            self.graph.prune()

    def _note_real_bias(self, operation: Operation) -> None:
        """A bias beside rounded weights may have been moved to make up for them, also where it stays real."""
        for place, operand in enumerate(operation.operands):
            if operand is None or operand.constant is None or operation.operator.operand(place).role is not Role.BIAS:
                continue
            if all((each.operation, each.place) != (operation, place) for each in self.constants):
                self._replace(operation, place, operand.constant, operand)

    def _replace(self, operation: Operation, place: int, real: Constant, operand: Value) -> None:
        self.graph.rewire(operation, place, constant_value(real, operand.name))
        layer = operation.source.layer or MODEL
        self.constants.append(RoundedConstant(layer, operation, place, real, operand.type, operation.operator))

    def _note_rows(self, operation: Operation, place: int, weights: Value) -> None:
        """A kernel that multiplies integers rounds what it is given as real numbers."""
        rows = operation.operands[0]
        if place != 1 or not isinstance(operation.operator, ROUNDS_ROWS) or rows is None or rows in self._types:
            return
        layer = operation.source.layer or MODEL
        axes, is_symmetric = _row_axes(operation, rows, weights), isinstance(operation.operator, DepthwiseConv2D)
        readers = ((operation, 0),)
        self._partly.append(RoundedRows(layer, rows, rows.type, readers, self.graph, axes, is_symmetric))

    def _write_out(self, operation: Operation, h: TensorType, c: TensorType) -> None:
        """A loop over its steps in the place of an LSTM operator; who reads its weights is told apart by gates."""
        layer, type = operation.source.layer or MODEL, self._types.pop(operation.result)
        known = {each.place: each for each in self.constants if each.operation is operation}
        loop = as_loop(operation, h, c)
        self._types[loop.result] = type
        self.constants = [each for each in self.constants if each.operation is not operation]
        for place, reader in loop.weights:
            self.constants.append(replace(known[place], operation=reader, place=1))
        for value, integers in loop.values:
            assert value.graph is not None
            self._inside.append(RoundedValue(layer, value, integers, None, value.graph))

    def _unround_quantize(self, operation: Operation) -> None:
        (source,) = operation.operands
        assert source is not None
        type = self._types[operation.result]
        if source in self._types:  # a scale for another: it rounds again
            with building(self.graph, operation), source_scope(operation.source):
                again = emit(Add(), source, constant(np.float32(0)))
            self._types[again] = type
        else:
            again = source
            readers = tuple(operation.result.uses)
            self._partly.append(RoundedValue(_layer_of(source), source, type, readers, self.graph))
        del self._types[operation.result]
        self.graph.replace(operation, [again])


def _row_axes(operation: Operation, rows: Value, weights: Value) -> tuple[int, ...]:
    """The axes of what has one range: an image, a pixel of it where a filter sees one, or a row of FULLY_CONNECTED.

    As measured in LiteRT 2.3.0 with XNNPACK.
    """
    operator = operation.operator
    if (
        isinstance(operator, Conv2D)
        and weights.type.shape[1:3] == (1, 1)
        and operator.stride_w == operator.stride_h == 1
    ):
        return (rows.type.rank - 1,)
    if not isinstance(operator, FullyConnected):
        return tuple(range(1, rows.type.rank))
    axes, size = [rows.type.rank - 1], int(rows.type.shape[-1])
    while size < int(weights.type.shape[1]) and axes[0] > 0:
        axes.insert(0, axes[0] - 1)
        size *= int(rows.type.shape[axes[0]])
    return tuple(axes)


def _all_values(graph: Graph) -> Iterator[Value]:
    yield from graph.inputs
    for operation in graph.operations:
        yield from operation.results
        yield from (value for value in operation.operands if value is not None and value.is_variable)


def _is_rounded(value: Value) -> bool:
    return value.type.dtype in NARROW and value.type.quantization is not None


def _is_stored_rounded(operation: Operation, operand: Value) -> bool:
    if operand.type.dtype is DType.FLOAT16:
        return isinstance(operation.operator, Dequantize)
    return operand.type.quantization is not None and bool(operand.type.quantization.scales)


def _layer_of(value: Value) -> str:
    if value.producer is None:
        return f"{INPUT} {value.name}"
    return value.producer.source.layer or MODEL


def reals_of(stored: Constant) -> Array:
    """The real numbers that a constant's integers stand for, as float32."""
    array, quantization = stored.array(), stored.type.quantization
    if quantization is None:
        return array.astype(np.float32)
    if quantization.block_size:
        blocks = array.reshape(-1, quantization.block_size).astype(np.float32)
        return np.asarray((blocks * np.array(quantization.scales, np.float32)[:, None]).reshape(array.shape))
    sizes = [1] * array.ndim
    if quantization.is_per_axis:
        sizes[quantization.axis] = -1
    scales = np.array(quantization.scales, np.float64).reshape(sizes)
    zeros = np.array(quantization.zero_points or (0,), np.float64).reshape(sizes if quantization.zero_points else -1)
    return np.asarray((array.astype(np.float64) - zeros) * scales, np.float32)
