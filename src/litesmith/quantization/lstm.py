"""The LSTM operator in integers: 8 bits of activations and weights, 16 bits of the cell state.

Its kernel (`8x8_16`, LiteRT and LiteRT for Microcontrollers) takes one scale for each matrix, and a power of two as the
scale of the cell state. What the gates are before their activation it keeps in steps of 2 ** -12, whatever the file
says.
What the operator computes in each step no file shows, so its steps are computed here to see the cell state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from litesmith.ir.builder import building, constant_value, emit_many
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.binary import Maximum
from litesmith.opset.conversion import Quantize
from litesmith.opset.enums import Activation
from litesmith.opset.recurrent import GATES, UnidirectionalSequenceLstm
from litesmith.quantization.constants import LARGEST_BIAS, as_bias, weight_scales, with_scales

Array = np.ndarray[Any, Any]
INPUT, OUTPUT_STATE, CELL_STATE = 0, 18, 19
KERNELS, RECURRENT, BIASES = range(1, 5), range(5, 9), range(12, 16)
"""Where operands stand; of each four, those of the input, forget, cell and output gate."""
FINEST, COARSEST = -15, -9
"""Logarithms of the scales that the kernel takes for the cell state."""
LARGEST_CELL = 2.0 ** (COARSEST + 15)
"""Of a cell state: the kernel has no scale for more."""
INSIDE_GATES = TensorType(DType.INT16, (0,), Quantization((2.0**-12,), (0,)))
"""Of a tensor that only has a scale: LiteRT for Microcontrollers refuses a file in which it has elements."""


def why_not(operation: Operation) -> str | None:
    """Why an LSTM operator has no form of integers; None for one that has."""
    operator, operands = operation.operator, operation.operands
    assert isinstance(operator, UnidirectionalSequenceLstm)
    wanted = (*KERNELS, *RECURRENT, *BIASES)
    if any(operands[place] is None for place in wanted):
        return "it has no kernel for integers with fewer than four gates"
    others = [place for place in range(1, len(operands)) if place not in (*wanted, OUTPUT_STATE, CELL_STATE)]
    if any(operands[place] is not None for place in others):
        return "only an LSTM without peepholes, projection and normalization is made one of integers"
    if operator.cell_clip or operator.proj_clip or operator.diagonal_recurrent_tensors:
        return "only an LSTM whose states are not clipped is made one of integers"
    if operator.fused_activation_function is not Activation.TANH:
        return "only an LSTM of tanh is made one of integers"
    weights = [operands[place] for place in wanted]
    if any(each is None or each.constant is None for each in weights):
        return "its weights are computed by the model"
    if any(each is None or each.type.dtype is not DType.FLOAT32 for each in weights):
        return "its weights have another form already"
    return None


def steps(operation: Operation, x: Array, h: Array, c: Array) -> Iterator[tuple[Array, Array]]:
    """The output and the cell state [batch, units] after each step that an LSTM operator of real numbers takes."""
    operator = operation.operator
    assert isinstance(operator, UnidirectionalSequenceLstm)
    kernel, recurrent, bias = (_joined(operation, places) for places in (KERNELS, RECURRENT, BIASES))
    sequence = x if operator.time_major else x.swapaxes(0, 1)
    projected = sequence @ kernel.T + bias
    for from_input in projected:
        admit, forget, cell, show = np.split(from_input + h @ recurrent.T, len(GATES), -1)
        c = _sigmoid(forget) * c + _sigmoid(admit) * np.tanh(cell)
        h = _sigmoid(show) * np.tanh(c)
        yield h, c


def _joined(operation: Operation, places: range) -> Array:
    return np.concatenate([_constant(operation, place).array() for place in places])


def _constant(operation: Operation, place: int) -> Constant:
    value = operation.operands[place]
    assert value is not None
    assert value.constant is not None
    return value.constant


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5, x.dtype)


def power_of_two(low: float, high: float) -> Quantization:
    """Integers of 16 bits for a cell state, in the least power of two that the kernel takes for the range."""
    reach = max(-low, high, 2.0**FINEST)
    exponent = int(np.ceil(np.log2(reach / 2**15)))
    return Quantization((2.0 ** min(max(exponent, FINEST), COARSEST),), (0,))


def load_states(operation: Operation, graph: Graph) -> list[Operation]:
    """Let QUANTIZE write the variables of an LSTM operator, from what wrote them before; the operations that do it.

    A variable that nothing writes is left as it is.
    """
    return [_loaded(value, graph) for value in states(operation) if value.producer is not None]


def _loaded(variable: Value, graph: Graph) -> Operation:
    writer = variable.producer
    assert writer is not None
    before = graph.operations[graph.operations.index(writer) + 1]
    copied = isinstance(writer.operator, Maximum) and writer.operands[0] is writer.operands[1]
    source = writer.operands[0] if copied else variable
    with building(graph, before), source_scope(writer.source):
        (loaded,) = emit_many(Quantize(), source, types=[variable.type])
    loaded.name, loaded.is_variable, variable.is_variable = variable.name, True, False
    assert loaded.producer is not None
    for reader, place in list(variable.uses):
        if reader is not loaded.producer:
            graph.rewire(reader, place, loaded)
    if copied:
        graph.erase(writer)
    return loaded.producer


def make_integer(operation: Operation, graph: Graph, x: Quantization, h: Quantization) -> None:
    """Give an LSTM operator integer weights and biases for an input and outputs of these scales.

    The types of its input, states and result are not changed.
    """
    for kernel, recurrent, bias in zip(KERNELS, RECURRENT, BIASES, strict=True):
        offsets = _constant(operation, bias)
        weights = _weights(_constant(operation, kernel), _room(offsets.array(), x.scales[0]))
        assert weights.type.quantization is not None
        products = np.float64(x.scales[0]) * np.array(weights.type.quantization.scales)
        for place, made in (
            (kernel, weights),
            (recurrent, _weights(_constant(operation, recurrent))),
            (bias, as_bias(offsets, products)),
        ):
            old = operation.operands[place]
            assert old is not None
            graph.rewire(operation, place, constant_value(made, old.name))
    hidden = TensorType(DType.INT8, (0,), h)
    operation.intermediates = (*(INSIDE_GATES,) * len(GATES), hidden)


def _weights(constant: Constant, least: float = 0.0) -> Constant:
    """A matrix as integers of one scale, which is at least `least`."""
    scale = weight_scales(constant.array(), None, DType.INT8)
    return with_scales(constant, np.maximum(scale, least).reshape(1), None)


def _room(bias: Array, scale: float) -> float:
    """The least scale of weights with which a bias fits into 32 bits."""
    return float(np.abs(bias).max(initial=0)) / (scale * LARGEST_BIAS / 2)


def is_lstm(operation: Operation) -> bool:
    """Whether an operation is an LSTM operator."""
    return isinstance(operation.operator, UnidirectionalSequenceLstm)


def is_cell_state(value: Value) -> bool:
    """Whether a value is the variable in which an LSTM operator keeps its cell state."""
    return any(place == CELL_STATE and is_lstm(operation) for operation, place in value.uses)


def is_plain(operation: Operation) -> bool:
    """Whether an operation is an LSTM operator of real numbers whose steps can be computed here."""
    return is_lstm(operation) and why_not(operation) is None


def states(operation: Operation) -> tuple[Value, Value]:
    """The variables of an LSTM operator: of its output, and of its cell."""
    h, c = operation.operands[OUTPUT_STATE], operation.operands[CELL_STATE]
    assert h is not None
    assert c is not None
    return h, c
