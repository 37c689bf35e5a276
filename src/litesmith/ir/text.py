"""Graphs as text: what tests compare, and what a person reads.

    graph main(%x: float32[batch, 8]) {
      %1 = fully_connected(keep_num_dims=True) %x, const float32[4, 8], none : float32[batch, 4]
      return %1
    }

Options that have their default are left out; small constants show their elements.
`opset.parse` reads the same form.
"""

from __future__ import annotations

import enum
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType

SHOWN_INTEGERS, SHOWN_FLOATS = 8, 4
"""How many elements of a constant are written out."""


def model_text(model: Model) -> str:
    """All graphs, those that others run first."""
    return "\n\n".join(graph_text(graph) for graph in reversed(list(model.all_graphs())))


def graph_text(graph: Graph) -> str:
    """One graph; values are numbered in order, inputs keep their names."""
    names = _input_names(graph)
    lines = []
    for operation in graph.operations:
        for result in operation.results:
            names[result] = f"%{len(names) - len(graph.inputs) + 1}"
        lines.append("  " + _operation_text(operation, names))
    inputs = ", ".join(f"{names[value]}: {value.type}" for value in graph.inputs)
    outputs = ", ".join(_operand_text(value, names) for value in graph.outputs)
    return "\n".join([f"graph {graph.name}({inputs}) {{", *lines, f"  return {outputs}", "}"])


def _input_names(graph: Graph) -> dict[Value, str]:
    """Each input's own name, with its number behind it where an earlier input has that name."""
    names: dict[Value, str] = {}
    for number, value in enumerate(graph.inputs):
        name = f"%{value.name or number}"
        names[value] = f"{name}.{number}" if name in names.values() else name
    return names


def _operation_text(operation: Operation, names: dict[Value, str]) -> str:
    results = ", ".join(names[result] for result in operation.results)
    operands = ", ".join(_operand_text(operand, names) for operand in operation.operands)
    types = ", ".join(str(result.type) for result in operation.results)
    left = f"{results} = " if results else ""
    right = f" : {types}" if types else ""
    return f"{left}{operator_text(operation.operator)}{' ' if operands else ''}{operands}{right}"


def operator_text(operator: Operator) -> str:
    """An operator's name with the options that differ from their defaults."""
    shown = []
    for field in fields(operator):
        value = getattr(operator, field.name)
        if field.default is MISSING or value != field.default:
            shown.append(f"{field.name}={_option_text(value)}")
    return operator.builtin.lower() + (f"({', '.join(shown)})" if shown else "")


def _option_text(value: Any) -> str:
    if isinstance(value, Graph):
        return f"@{value.name}"
    if isinstance(value, enum.Enum):
        return value.name
    return repr(value)


def _operand_text(operand: Value | None, names: dict[Value, str]) -> str:
    if operand is None:
        return "none"
    if operand.constant is not None:
        return _constant_text(operand.constant)
    return names.get(operand, f"%?{operand.name}")


def _constant_text(constant: Constant) -> str:
    type = constant.type
    shown = SHOWN_FLOATS if type.dtype.is_float else SHOWN_INTEGERS
    if type.dtype is DType.STRING or int(type.elements) > shown:
        return f"const {type}"
    array = constant.array()
    elements = np.vectorize(_shortest, otypes=[object])(array).tolist() if type.dtype.is_float else array.tolist()
    return f"const {type} {elements!r}".replace("inf", "'inf'").replace("nan", "'nan'")


def _shortest(element: Any) -> float:
    """A float with the fewest digits that still mean the same element."""
    return float(str(element))
