"""A model of integers as the same model of real numbers, and every place where it rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.builder import building, constant, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role, Same
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add
from litesmith.opset.conversion import Dequantize, Quantize

Array = np.ndarray[Any, Any]
NARROW = (DType.INT8, DType.UINT8, DType.INT16)
ROUNDS_AGAIN = ("AVERAGE_POOL_2D", "RESIZE_BILINEAR", "SUM")
"""What computes in the scale of what it is given; the others with one scale move numbers about."""
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
class RoundedConstant:
    """A weight or bias that is integers in the quantized model, or a bias that stands beside such weights.

    Attributes:
        operation, place: who reads it.
        rounded: the real numbers that the integers stand for.
        type: of the integers, with their scales.
    """

    layer: str
    operation: Operation
    place: int
    rounded: Constant
    type: TensorType


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
    """The real numbers of a quantized model; the model stays as it is."""
    copy = copy_model(model)
    graphs = list(copy.all_graphs())
    found = [_Graph(graph) for graph in graphs]
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

    def unround(self) -> None:
        for value in self._types:
            value.type = value.type.with_dtype(DType.FLOAT32)
        for operation in list(self.graph.operations):
            self._unround_constants(operation)
        for operation in {each.operation: None for each in self.constants}:
            self._note_real_bias(operation)
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
        self.constants.append(RoundedConstant(layer, operation, place, real, operand.type))

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
