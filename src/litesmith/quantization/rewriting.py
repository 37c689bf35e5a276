"""A graph of real numbers as one of integers, by its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from litesmith.ir.builder import constant_value, emit_many
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add, Sub
from litesmith.opset.conversion import Dequantize, Quantize
from litesmith.opset.convolution import Conv2D
from litesmith.opset.matmul import FullyConnected
from litesmith.quantization import lstm
from litesmith.quantization.borders import behind, share_constants
from litesmith.quantization.constants import (
    LARGEST_BIAS,
    as_bias,
    as_integers,
    as_reals,
    mean_shift,
    weight_scales,
    with_scales,
)
from litesmith.quantization.groups import real_results
from litesmith.quantization.planning import Plan

Array = np.ndarray[Any, Any]
Face = Literal["float32", "int8", "uint8", "int16"]
NARROWEST = {
    FullyConnected: {DType.INT8, DType.INT16},
    Conv2D: {DType.INT8},
}
"""Operators whose kernels take int4 weights, and with what activations."""


def rewrite(graphs: Sequence[Graph], plan: Plan) -> None:
    """Change the types of the graphs of a planned model, and their constants."""
    for graph in graphs:
        _Rewriter(graph, plan).run()
    _rewrite_ties(plan)
    for graph in graphs:
        share_constants(graph)


def _rewrite_ties(plan: Plan) -> None:
    """Change the types of what goes from graph to graph."""
    for tie in plan.domains.ties:
        if plan.domains.tied.get(tie, DType.FLOAT32) is DType.FLOAT32:
            continue
        for value in tie.given:
            value.type = TensorType(plan.types[value], value.type.shape, plan.scales[value])
        for operation, place in tie.uses:
            operand = operation.operands[place]
            if operand is not None and operand.constant is not None and operation.graph is not None:
                operation.graph.rewire(operation, place, _integer_constant(operand, plan))
        for graph, place in tie.returns:
            if graph.outputs[place].constant is not None:
                graph.outputs[place] = _integer_constant(graph.outputs[place], plan)


def _integer_constant(value: Value, plan: Plan) -> Value:
    assert value.constant is not None
    return constant_value(as_integers(value.constant, plan.types[value], plan.scales[value]), value.name)


@dataclass
class _Weights:
    """The weights of one operation, and what goes with them."""

    place: int
    real: Constant
    axis: int | None


class _Rewriter:
    def __init__(self, graph: Graph, plan: Plan) -> None:
        self.graph = graph
        self.plan = plan

    def run(self) -> None:
        for operation in list(self.graph.operations):
            if self.plan.domain(operation) is not DType.FLOAT32:
                self._make_integer(operation)
        for crossing in self.plan.crossings:
            if isinstance(crossing.operator, Quantize):
                self._type(crossing.result)

    def _type(self, value: Value) -> None:
        """Give a value the integers that were planned for it."""
        value.type = TensorType(self.plan.types[value], value.type.shape, self.plan.scales[value])

    def _make_integer(self, operation: Operation) -> None:
        """Give an operation integer results, and integer constants to compute with."""
        if lstm.is_lstm(operation):
            self._make_lstm(operation)
            return
        for place, operand in enumerate(operation.operands):
            described = operation.operator.operand(place)
            if operand is None or operand.constant is None or operand.type.dtype is not DType.FLOAT32:
                continue
            if described.role is Role.ACTIVATION:
                made = as_integers(operand.constant, self.plan.types[operand], self.plan.scales[operand])
                self.graph.rewire(operation, place, constant_value(made, operand.name))
            elif described.role is Role.WEIGHT:
                self._round_weights(operation, _Weights(place, operand.constant, described.channel_axis))
        if self.plan.domain(operation) is DType.INT16 and isinstance(operation.operator, (Add, Sub)):
            operation.operator = replace(operation.operator, pot_scale_int16=False)  # any scales, not powers of two
        for result in real_results(operation):
            self._type(result)

    def _make_lstm(self, operation: Operation) -> None:
        """Give an LSTM operator integers, and variables of them."""
        x, result = operation.operands[lstm.INPUT], operation.result
        assert x is not None
        lstm.make_integer(operation, self.graph, self.plan.scales[x], self.plan.scales[result])
        for value in (result, *lstm.states(operation)):
            self._type(value)

    def _round_weights(self, operation: Operation, weights: _Weights) -> None:
        """Give an operation integer weights, and the bias that goes with them."""
        dtype = _weight_type(operation, self.plan.forms[operation].weights, self.plan.domain(operation))
        scales = weight_scales(weights.real.array(), weights.axis, dtype)
        bias_place = _place(operation, Role.BIAS)
        bias = None if bias_place is None else operation.operands[bias_place]
        step = self._input_step(operation)
        if bias is not None and self.plan.domain(operation) is DType.INT8:
            assert bias.constant is not None
            scales = np.maximum(scales, np.abs(bias.constant.array()) / (step * LARGEST_BIAS / 2)).astype(np.float32)
        rounded = with_scales(weights.real, scales, weights.axis, dtype)
        self.graph.rewire(operation, weights.place, constant_value(rounded, _named(operation.operands[weights.place])))
        if bias_place is not None:
            products = np.float64(step) * scales.astype(np.float64).reshape(-1)
            self._round_bias(operation, bias_place, products, self._shift(operation, weights.real, rounded))

    def _round_bias(self, operation: Operation, place: int, scales: Array, shift: Array | None) -> None:
        """Give an operation an integer bias; `shift` is what it makes up for, a number for each channel."""
        bias = operation.operands[place]
        assert bias is not None
        assert bias.constant is not None
        meant = bias.constant if shift is None else Constant.of((bias.constant.array() + shift).astype(np.float32))
        dtype = DType.INT64 if self.plan.domain(operation) is DType.INT16 else DType.INT32
        self.graph.rewire(operation, place, constant_value(as_bias(meant, scales, dtype), bias.name))

    def _input_step(self, operation: Operation) -> float:
        """The scale of what an operation multiplies by its weights."""
        return self.plan.scales[self._multiplied(operation)].scales[0]

    def _multiplied(self, operation: Operation) -> Value:
        place = _place(operation, Role.ACTIVATION)
        assert place is not None
        value = operation.operands[place]
        assert value is not None
        return value

    def _shift(self, operation: Operation, weights: Constant, rounded: Constant) -> Array | None:
        """How far the rounding of weights moves an operation's results on average, from the means of its inputs."""
        histogram = self.plan.histograms.get(self._multiplied(operation))
        means = None if histogram is None else histogram.means
        return None if means is None else mean_shift(operation.operator, weights.array() - as_reals(rounded), means)


def _place(operation: Operation, role: Role) -> int | None:
    """The first operand of a role."""
    for place, operand in enumerate(operation.operands):
        if operand is not None and operation.operator.operand(place).role is role:
            return place
    return None


def _named(value: Value | None) -> str:
    return "" if value is None else value.name


def _weight_type(operation: Operation, wanted: DType, activations: DType) -> DType:
    """The type of weights that an operation's kernel takes: int8 where it takes no int4."""
    return wanted if activations in NARROWEST.get(type(operation.operator), ()) else DType.INT8


def face(graph: Graph, wanted: Face) -> None:
    """Let callers give and take integers in place of float32, where the model has them there."""
    if wanted == "float32":
        return
    for value in list(graph.inputs):
        quantizes = [each for each in value.users if isinstance(each.operator, Quantize)]
        if len(quantizes) == 1 == len(value.uses) and value.type.dtype is DType.FLOAT32:
            _integer_input(graph, value, quantizes[0], wanted)
    for place, value in enumerate(graph.outputs):
        producer = value.producer
        if producer is not None and isinstance(producer.operator, Dequantize) and value.type.dtype is DType.FLOAT32:
            (integer,) = producer.operands
            assert integer is not None
            graph.outputs[place] = _unsigned_copy(graph, integer) if wanted == "uint8" else integer
    graph.prune()


def _integer_input(graph: Graph, value: Value, quantize: Operation, wanted: Face) -> None:
    type = quantize.result.type
    if wanted == "uint8" and type.dtype is DType.INT8:
        value.type = _unsigned(type)
    elif wanted != "uint8":
        value.type = type
        graph.replace(quantize, [value])


def _unsigned_copy(graph: Graph, value: Value) -> Value:
    if value.type.dtype is not DType.INT8:
        return value
    with behind(graph, value):
        (made,) = emit_many(Quantize(), value, types=[_unsigned(value.type)])
        made.name = value.name
    return made


def _unsigned(type: TensorType) -> TensorType:
    """The same reals as integers of 0..255."""
    assert type.quantization is not None
    quantization = replace(type.quantization, zero_points=tuple(zero + 128 for zero in type.quantization.zero_points))
    return TensorType(DType.UINT8, type.shape, quantization)
