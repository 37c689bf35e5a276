"""The LSTM operator in integers as a loop over its steps, so that what it rounds inside can be told apart.

The kernel (`8x8_16`) keeps the sums of its gates in steps of 2 ** -12, the cell state in 16 bits and what it returns in
8, in every step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from litesmith.ir.builder import building, constant, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Operation, Value
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math, nn
from litesmith.ops.scan import scan
from litesmith.opset.matmul import FullyConnected
from litesmith.opset.recurrent import UnidirectionalSequenceLstm
from litesmith.quantization.lstm import BIASES, INPUT, INSIDE_GATES, KERNELS, RECURRENT, is_lstm, states

Array = np.ndarray[Any, Any]


@dataclass
class Loop:
    """What stands for an LSTM operator.

    Attributes:
        values: those that it rounds in each step, with their integers.
        weights: who reads each of its matrices, by the place that this had.
    """

    result: Value
    values: list[tuple[Value, TensorType]] = field(default_factory=list)
    weights: list[tuple[int, Operation]] = field(default_factory=list)


def is_integer_lstm(operation: Operation) -> bool:
    """Whether an operation is an LSTM operator of integers, without what Litesmith does not make."""
    places = (INPUT, *KERNELS, *RECURRENT, *BIASES)
    operands = [operation.operands[place] for place in places] if is_lstm(operation) else [None]
    if any(each is None for each in operands):
        return False
    others = [each for place, each in enumerate(operation.operands) if place not in (*places, 18, 19)]
    dtypes = {each.type.dtype for each in operands[: 1 + len(KERNELS)] if each is not None}
    return dtypes == {DType.INT8} and not any(others)


def as_loop(operation: Operation, h: TensorType, c: TensorType) -> Loop:
    """Put a loop in the place of an LSTM operator whose operands are real numbers by now.

    `h`, `c`: the integers of its output and of its cell state.
    """
    operator, graph, x = operation.operator, operation.graph, operation.operands[INPUT]
    assert isinstance(operator, UnidirectionalSequenceLstm)
    assert graph is not None
    assert x is not None
    loop = Loop(operation.result)
    axis = 0 if operator.time_major else 1

    def step(carried: list[Value], places: list[Value]) -> tuple[list[Value], list[Value]]:
        before, cell = carried
        admit, forget, new, show = [
            _rounded(loop, _sum(loop, operation, number, places[0], before), INSIDE_GATES) for number in range(4)
        ]
        kept = math.add(math.multiply(nn.sigmoid(forget), cell), math.multiply(nn.sigmoid(admit), nn.tanh(new)))
        _rounded(loop, kept, c)
        shown = _rounded(loop, math.multiply(nn.sigmoid(show), nn.tanh(kept)), h)
        return [shown, kept], [shown]

    with building(graph, operation), source_scope(operation.source):
        first = [_first(value) for value in states(operation)]
        _, (loop.result,) = scan(step, first, [x], x.type.shape[axis], axis=axis, finals=False, name="lstm")
    graph.replace(operation, [loop.result])
    return loop


def _sum(loop: Loop, operation: Operation, gate: int, x: Value, h: Value) -> Value:
    """What goes into one gate: products of the input and of the last output, and the bias."""
    found = []
    for place, rows, offsets in ((KERNELS[gate], x, BIASES[gate]), (RECURRENT[gate], h, None)):
        bias = None if offsets is None else constant_value(_constant(operation, offsets), "bias")
        weights = constant_value(_constant(operation, place), "weights")
        found.append(emit(FullyConnected(), rows, weights, bias))
        assert found[-1].producer is not None
        loop.weights.append((place, found[-1].producer))
    return math.add(*found)


def _constant(operation: Operation, place: int) -> Constant:
    value = operation.operands[place]
    assert value is not None
    assert value.constant is not None
    return value.constant


def _rounded(loop: Loop, value: Value, integers: TensorType) -> Value:
    loop.values.append((value, TensorType(integers.dtype, value.type.shape, integers.quantization)))
    return value


def _first(state: Value) -> Value:
    """What a state is in front of the first step: what was written into it, or zeros."""
    if state.is_variable and state.producer is None:
        return constant(np.zeros([int(size) for size in state.type.shape], np.float32))
    return state
