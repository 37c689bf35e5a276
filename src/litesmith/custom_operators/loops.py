"""Functions that compute each element of their result from those at its place, as C++ statements."""

from __future__ import annotations

from litesmith.custom_operators.cpp import ELEMENTS, literal
from litesmith.ir.dims import same_shape
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset import binary, conversion, elementwise, selection

UNARY: dict[type[Operator], str] = {
    elementwise.Neg: "-({x})",
    elementwise.Exp: "std::exp({x})",
    elementwise.Log: "std::log({x})",
    elementwise.Sqrt: "std::sqrt({x})",
    elementwise.Rsqrt: "1 / std::sqrt({x})",
    elementwise.Square: "{x} * {x}",
    elementwise.Sin: "std::sin({x})",
    elementwise.Cos: "std::cos({x})",
    elementwise.Floor: "std::floor({x})",
    elementwise.Ceil: "std::ceil({x})",
    elementwise.Sign: "static_cast<{type}>(({x} > 0) - ({x} < 0))",
    elementwise.LogicalNot: "!{x}",
    elementwise.Relu: "std::max({x}, {zero})",
    elementwise.Relu6: "std::min(std::max({x}, {zero}), static_cast<{type}>(6))",
    elementwise.ReluN1To1: "std::min(std::max({x}, static_cast<{type}>(-1)), static_cast<{type}>(1))",
    elementwise.Elu: "{x} < 0 ? std::expm1({x}) : {x}",
    elementwise.HardSwish: "{x} * std::min(std::max({x} + 3, {zero}), static_cast<{type}>(6)) / 6",
    elementwise.Logistic: "1 / (1 + std::exp(-{x}))",
    elementwise.Tanh: "std::tanh({x})",
    conversion.Cast: "static_cast<{type}>({x})",
}
BINARY: dict[type[Operator], str] = {
    binary.Add: "{x} + {y}",
    binary.Sub: "{x} - {y}",
    binary.Mul: "{x} * {y}",
    binary.Maximum: "std::max({x}, {y})",
    binary.Minimum: "std::min({x}, {y})",
    binary.SquaredDifference: "({x} - {y}) * ({x} - {y})",
    binary.LogicalAnd: "{x} && {y}",
    binary.LogicalOr: "{x} || {y}",
    binary.Equal: "{x} == {y}",
    binary.NotEqual: "{x} != {y}",
    binary.Less: "{x} < {y}",
    binary.LessEqual: "{x} <= {y}",
    binary.Greater: "{x} > {y}",
    binary.GreaterEqual: "{x} >= {y}",
}
OF_REALS: dict[type[Operator], str] = {
    binary.Div: "{x} / {y}",
    binary.Pow: "std::pow({x}, {y})",
    elementwise.Abs: "std::fabs({x})",
}
"""Right for real numbers; integers have other rules."""
ACTIVATIONS = {
    0: "{x}",
    1: "std::max({x}, {zero})",
    2: "std::min(std::max({x}, static_cast<{type}>(-1)), static_cast<{type}>(1))",
    3: "std::min(std::max({x}, {zero}), static_cast<{type}>(6))",
}


def statements(graph: Graph, operands: list[str], results: list[str]) -> list[str] | None:
    """Lines that compute the elements at place `i` of all results; None where that is not how they are computed.

    Values that vary have the shape of the results; constants and tensors of one element are the same at each place.
    """
    shape = graph.outputs[0].type.shape if graph.outputs else ()
    if not all(same_shape(value.type.shape, shape) for value in graph.outputs):
        return None
    names: dict[Value, str] = {}
    for value, name in zip(graph.inputs, operands, strict=True):
        if same_shape(value.type.shape, shape):
            names[value] = f"{name}.data[i]"
        elif all(size == 1 for size in value.type.shape) and value.type.rank <= len(shape):
            names[value] = f"{name}.data[0]"
    lines = []
    for place, operation in enumerate(graph.operations):
        text = _expression(operation, names)
        if text is None or len(operation.results) != 1 or not same_shape(operation.result.type.shape, shape):
            return None
        names[operation.result] = f"v{place}"
        lines.append(f"const {_type(operation.result)} v{place} = {text};")
    written = [_read(value, names) for value in graph.outputs]
    if any(each is None for each in written):
        return None
    return [*lines, *(f"{name}.data[i] = {each};" for name, each in zip(results, written, strict=True))]


def _expression(operation: Operation, names: dict[Value, str]) -> str | None:
    operator = operation.operator
    read = [None if operand is None else _read(operand, names) for operand in operation.operands]
    if any(each is None for each in read) or not all(_is_plain(value) for value in operation.results):
        return None
    form, type = _form(operation), _type(operation.result)
    if form is None:
        return None
    filled = dict(zip(("x", "y", "z"), read, strict=False), type=type, zero=f"static_cast<{type}>(0)")
    activation = ACTIVATIONS.get(getattr(operator, "fused_activation_function", 0))
    return None if activation is None else activation.format(**{**filled, "x": form.format(**filled)})


def _form(operation: Operation) -> str | None:
    operator = operation.operator
    kind = type(operator)
    if isinstance(operator, elementwise.LeakyRelu):
        return "{x} < 0 ? " + f"{operator.alpha!r}f" + " * {x} : {x}"
    if isinstance(operator, selection.SelectV2):
        return "{x} ? {y} : {z}"
    if isinstance(operator, conversion.Cast) and not _is_simple_cast(operation):
        return None
    if kind in OF_REALS:
        return OF_REALS[kind] if operation.result.type.dtype is DType.FLOAT32 else None
    return UNARY.get(kind) or BINARY.get(kind)


def _is_simple_cast(operation: Operation) -> bool:
    """Casts of real numbers to integers say nothing of numbers that are too large, where compilers differ."""
    (operand,) = operation.operands
    return operand is not None and not (operand.type.dtype.is_float and operation.result.type.dtype.is_integer)


def _read(value: Value, names: dict[Value, str]) -> str | None:
    if value.constant is None:
        return names.get(value)
    if not _is_plain(value) or value.type.elements != 1:
        return None
    return literal(value.constant.array().reshape(-1)[0], value.type.dtype)


def _is_plain(value: Value) -> bool:
    return value.type.dtype in (DType.FLOAT32, DType.INT32, DType.INT64, DType.BOOL)


def _type(value: Value) -> str:
    return ELEMENTS[value.type.dtype].cpp
