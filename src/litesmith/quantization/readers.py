"""What is computed of values where they are read, if that is the same everywhere: the error of that is what matters.

Below -3, HARD_SWISH is 0 whatever it is given, and so is nearly every function that activates somewhere: steps that
stand for such values are lost. A range that is chosen by the error behind the function has none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from litesmith.ir.graph import Operation, Value
from litesmith.opset.binary import Mul
from litesmith.opset.elementwise import Elu, Gelu, HardSwish, Logistic, Relu, Relu6, Tanh
from litesmith.quantization.groups import Group
from litesmith.quantization.scales import Function

Array = np.ndarray[Any, Any]


def read_as(group: Group) -> Function | None:
    """The function that all who read values of one scale compute of each; None where some read them as they are."""
    found = {_function(value, reader) for value, reader in _readers(group)}
    return found.pop() if len(found) == 1 else None


def _readers(group: Group) -> Iterator[tuple[Value, Operation | None]]:
    """Who reads values of a group, other than to make others of it; None stands for who runs the model."""
    members = set(group.members)
    for value in group.members:
        graph = None if value.producer is None else value.producer.graph
        if graph is not None and graph.is_output(value):
            yield value, None
        for reader in value.users:
            if not members.issuperset(reader.results):
                yield value, reader


def _function(value: Value, reader: Operation | None) -> Function | None:
    if reader is None:
        return None
    if isinstance(reader.operator, Mul):
        return _swish if any(_is_gate_of(value, operand) for operand in reader.operands) else None
    if isinstance(reader.operator, Logistic):
        return _swish if any(_function(value, each) is _swish for each in reader.result.users) else _logistic
    return FUNCTIONS.get(type(reader.operator))


def _is_gate_of(value: Value, operand: Value | None) -> bool:
    """Whether an operand is the logistic function of a value."""
    producer = None if operand is None else operand.producer
    return producer is not None and isinstance(producer.operator, Logistic) and producer.operands[0] is value


def _logistic(values: Array) -> Array:
    return np.asarray(0.5 + 0.5 * np.tanh(values / 2))


def _swish(values: Array) -> Array:
    return values * _logistic(values)


def _hard_swish(values: Array) -> Array:
    return np.asarray(values * np.clip(values + 3, 0, 6) / 6)


def _gelu(values: Array) -> Array:
    return np.asarray(values * (0.5 + 0.5 * np.vectorize(math.erf, otypes=[np.float64])(values / math.sqrt(2))))


def _relu(values: Array) -> Array:
    return np.maximum(values, 0)


def _relu6(values: Array) -> Array:
    return np.clip(values, 0, 6)


def _elu(values: Array) -> Array:
    return np.where(values > 0, values, np.expm1(np.minimum(values, 0)))


FUNCTIONS: dict[type, Function] = {
    HardSwish: _hard_swish,
    Gelu: _gelu,
    Tanh: np.tanh,
    Relu: _relu,
    Relu6: _relu6,
    Elu: _elu,
}
