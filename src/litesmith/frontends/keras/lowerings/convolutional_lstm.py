"""The cells of ConvLSTM layers: inputs are convolved for all gates and all steps at once, states once in a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from litesmith.frontends.keras.lowerings.control import calling
from litesmith.frontends.keras.registry import is_keras_class
from litesmith.ir.graph import Value

Step = Callable[[Any, Any], tuple[Any, list[Any]]]


def convolutional_cell(layer: Any) -> Any:
    """The cell of a ConvLSTM in float32 whose class is Keras' own; None for other layers."""
    cell: Any = getattr(layer, "cell", None)
    known = type(cell).__name__ == "ConvLSTMCell" and is_keras_class(type(cell)) and is_keras_class(type(layer))
    return cell if known and cell.compute_dtype == "float32" else None


def convolved(cell: Any, sequences: Value) -> tuple[Value, Step]:
    """What the inputs of all steps [batch, time, ...] give the gates, and the step that takes one place of it.

    Keras convolves inputs and states for one gate after the other, in each step.
    """
    axis = 1 if cell.data_format == "channels_first" else cell.rank + 1

    def of_inputs(x: Any) -> Any:
        each = ops.reshape(x, (-1, *x.shape[2:]))
        result = cell.input_conv(each, cell.kernel, padding=cell.padding)
        if cell.bias is not None:
            result = result + ops.reshape(cell.bias, [-1 if place == axis else 1 for place in range(cell.rank + 2)])
        return ops.reshape(result, (*ops.shape(x)[:2], *result.shape[1:]))

    def step(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        h, c = states
        gates = ops.split(inputs + cell.recurrent_conv(h, cell.recurrent_kernel), 4, axis=axis)
        admit, forget, show = (cell.recurrent_activation(gates[place]) for place in (0, 1, 3))
        c = forget * c + admit * cell.activation(gates[2])
        h = show * cell.activation(c)
        return h, [h, c]

    projected: Value = calling(of_inputs)(sequences)
    return projected, step
