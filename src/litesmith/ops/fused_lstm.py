"""The LSTM that is one operator."""

from __future__ import annotations

from typing import NamedTuple

from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ops import math
from litesmith.ops.array import concatenate, slice_axis, squeeze
from litesmith.ops.sizes import int32
from litesmith.opset.joining import Concatenation, Fill
from litesmith.opset.recurrent import UnidirectionalSequenceLstm
from litesmith.opset.shaping import ShapeOf
from litesmith.opset.slicing import StridedSlice


class Gate(NamedTuple):
    """One gate's kernel [units, in], recurrent kernel [units, units] and bias [units]."""

    kernel: Value
    recurrent_kernel: Value
    bias: Value


class Fused(NamedTuple):
    """The outputs of all steps, with the axes of the input; the last output and the last cell state [batch, units]."""

    outputs: Value
    last: Value
    cell: Value


def fused_lstm(
    x: Value, states: tuple[Value, Value], gates: tuple[Gate, Gate, Gate, Gate], *, time_major: bool = False
) -> Fused:
    """An LSTM of sigmoid gates and tanh over x [batch, time, in], or time first; states h and c [batch, units].

    The gates are the input, forget, cell and output gate. The operator keeps its states in variable tensors. Here an
    operation writes them in each call, so that the layer begins with `states` each time, at any batch.
    """
    time = 0 if time_major else 1
    h, c = (_variable(_sized_before_it_runs(state, x, 1 - time)) for state in states)
    kernels = [gate.kernel for gate in gates] + [gate.recurrent_kernel for gate in gates]
    none = [None] * 3
    operator = UnidirectionalSequenceLstm(time_major=time_major)
    outputs = emit(operator, x, *kernels, *none, *(gate.bias for gate in gates), None, None, h, c, *none, None)
    last = squeeze(slice_axis(outputs, time, -1, None), time)
    return Fused(outputs, last, _left_in(c, last))


def _sized_before_it_runs(state: Value, x: Value, axis: int) -> Value:
    """A state of one number, where its batch would be computed: as many of it as `x` has along an axis.

    Variables whose size the runtime learns only while it runs lie in memory that is not theirs.
    """
    batch, units = state.type.shape
    fill = state.producer
    if not isinstance(batch, Dim) or batch.is_symbol or fill is None or not isinstance(fill.operator, Fill):
        return state
    own = emit(StridedSlice(), emit(ShapeOf(), x), int32([axis]), int32([axis + 1]), int32([1]))
    sizes = emit(Concatenation(axis=0), own, int32([int(units)]))
    sizes.contents = state.type.shape
    return emit(Fill(), sizes, fill.operands[1])


def _variable(state: Value) -> Value:
    variable = math.maximum(state, state)
    variable.is_variable = True
    return variable


def _left_in(variable: Value, last: Value) -> Value:
    """What the operator left in a variable, which is no result of it.

    It is read together with `last`, which depends on the operator's result: whoever orders operations anew
    leaves this one behind the operator.
    """
    return slice_axis(concatenate([variable, last], -1), -1, 0, int(last.type.shape[-1]))
