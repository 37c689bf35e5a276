"""The LSTM operator in integers: 8 bits of activations and weights, 16 bits of the cell state.

Its kernel (`8x8_16`, LiteRT and LiteRT for Microcontrollers) takes one scale for each matrix, and a power of two as the
scale of the cell state. What the gates are before their activation it keeps in steps of 2 ** -12, whatever the file says.
What the operator computes in each step no file shows, so its steps are computed here to see the cell state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.enums import Activation
from litesmith.opset.recurrent import GATES, UnidirectionalSequenceLstm
from litesmith.quantization.constants import LARGEST_BIAS, as_bias, with_scales
from litesmith.quantization.scales import MOST, SMALLEST

Array = np.ndarray[Any, Any]
INPUT, OUTPUT_STATE, CELL_STATE = 0, 18, 19
KERNELS, RECURRENT, BIASES = range(1, 5), range(5, 9), range(12, 16)
"""Where operands stand; of each four, those of the input, forget, cell and output gate."""
FINEST, COARSEST = -15, -9
"""Logarithms of the scales that the kernel takes for the cell state."""
LARGEST_CELL = 2.0 ** (COARSEST + 15)
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
    """Integers of 16 bits for a cell state, whose scale is the least power of two that the kernel takes for the range.

    What is beyond 64, which the kernel has no scale for, is cut off.
    """
    reach = max(-low, high, SMALLEST)
    exponent = int(np.ceil(np.log2(reach / 2**15)))
    return Quantization((2.0 ** min(max(exponent, FINEST), COARSEST),), (0,))


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


def _weights(constant: Constant, least: float = SMALLEST) -> Constant:
    """A matrix as integers of one scale, which is at least `least`."""
    scale = max(float(np.abs(constant.array()).max(initial=0)) / MOST, least)
    return with_scales(constant, np.array([scale]), None)


def _room(bias: Array, scale: float) -> float:
    """The least scale of weights with which a bias fits into 32 bits."""
    return max(float(np.abs(bias).max(initial=0)) / (scale * LARGEST_BIAS / 2), SMALLEST)


def is_lstm(operation: Operation) -> bool:
    """Whether an operation is an LSTM operator of real numbers whose steps can be computed here."""
    return isinstance(operation.operator, UnidirectionalSequenceLstm) and why_not(operation) is None


def states(operation: Operation) -> tuple[Value, Value]:
    """The variables of an LSTM operator: of its output, and of its cell."""
    h, c = operation.operands[OUTPUT_STATE], operation.operands[CELL_STATE]
    assert h is not None
    assert c is not None
    return h, c
