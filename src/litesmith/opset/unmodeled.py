"""Operators that a file may hold and that this package does not build itself."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Graph, Operation
from litesmith.ir.operator import Operator, activation


@dataclass(frozen=True)
class Unmodeled(Operator, builtin="UNMODELED", options=None):
    """An operator known only by what the file says: kept, written back, never changed.

    Attributes:
        name: in the schema's `BuiltinOperator`, or of the custom operator.
        opcode_version: the version the file asks for.
        table: the schema's options table, or None.
        options: the fields of the table as (name, value), in the schema's order.
        custom_options: the bytes of a custom operator's options.
        graphs: the graphs that its options name by index, as (field, graphs).
    """

    name: str = ""
    is_custom: bool = False
    opcode_version: int = 1
    table: str | None = None
    options: tuple[tuple[str, object], ...] = ()
    custom_options: bytes = b""
    graphs: tuple[tuple[str, tuple[Graph, ...]], ...] = ()
    operands = (activation(variadic=True),)
    has_side_effects = True

    def subgraphs(self) -> tuple[Graph, ...]:
        return tuple(graph for _, graphs in self.graphs for graph in graphs)


@dataclass(frozen=True)
class Missing(Unmodeled):
    """Stands for an operation that has no form in LiteRT until all of the model was followed; never written."""

    has_side_effects = False


def operator_name(operation: Operation) -> str:
    """The operator's name in the schema; a custom operator's own name, said to be one."""
    operator = operation.operator
    if isinstance(operator, Unmodeled):
        return f"CUSTOM {operator.name}" if operator.is_custom else operator.name
    return operator.builtin
