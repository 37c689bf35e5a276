"""Copies of a model's graphs, which may be changed while the model stays as it is."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from litesmith.ir.graph import Graph, Model, Operation, Signature, Value


def copy_model(model: Model) -> Model:
    """A model of graphs of its own; constants are the same, which nothing changes."""
    copies = _Copies()
    graphs = [copies.graph(graph) for graph in model.graphs]
    signatures = [
        Signature(each.name, copies.graph(each.graph), each.inputs, each.outputs) for each in model.signatures
    ]
    return replace(model, graphs=graphs, signatures=signatures, metadata=dict(model.metadata))


def copy_of_producers(graph: Graph, value: Value) -> Graph:
    """A graph of the same inputs that computes one value of another; it has what that needs."""
    copies, copy = _Copies(), Graph(graph.name)
    for given in graph.inputs:
        copies._describe(given, copy.add_input(given.type, given.name))
    needed = _needed(value)
    for operation in graph.operations:
        if operation in needed:
            copy.insert(copies._operation(operation))
    copy.outputs = [copies._value(value)]
    for symbol, (anchor, axis) in graph.anchors.items():
        if anchor in copies.values:
            copy.anchors[symbol] = (copies.values[anchor], axis)
    return copy


def _needed(value: Value) -> set[Operation]:
    """The operations that a value is computed by."""
    found: set[Operation] = set()
    waiting = [value]
    while waiting:
        producer = waiting.pop().producer
        if producer is not None and producer not in found:
            found.add(producer)
            waiting += [operand for operand in producer.operands if operand is not None]
    return found


class _Copies:
    def __init__(self) -> None:
        self.graphs: dict[Graph, Graph] = {}
        self.values: dict[Value, Value] = {}

    def graph(self, graph: Graph) -> Graph:
        if graph in self.graphs:
            return self.graphs[graph]
        copy = self.graphs[graph] = Graph(graph.name)
        for value in graph.inputs:
            self._describe(value, copy.add_input(value.type, value.name))
        for operation in graph.operations:
            copy.insert(self._operation(operation))
        copy.outputs = [self._value(value) for value in graph.outputs]
        copy.anchors = {symbol: (self._value(value), axis) for symbol, (value, axis) in graph.anchors.items()}
        copy.is_called = graph.is_called
        return copy

    def _operation(self, operation: Operation) -> Operation:
        operands = [None if value is None else self._value(value) for value in operation.operands]
        copy = Operation(self._operator(operation.operator), operands, operation.result_types, operation.source)
        copy.intermediates = operation.intermediates
        for old, new in zip(operation.results, copy.results, strict=True):
            new.name = old.name
            self._describe(old, new)
        return copy

    def _operator(self, operator: Any) -> Any:
        """The operator, with copies of the graphs that it runs."""
        if not operator.subgraphs():
            return operator
        return replace(
            operator, **{field.name: self._option(getattr(operator, field.name)) for field in fields(operator)}
        )

    def _option(self, option: Any) -> Any:
        if isinstance(option, Graph):
            return self.graph(option)
        if isinstance(option, tuple):
            return tuple(map(self._option, option))
        return option

    def _value(self, value: Value) -> Value:
        """The copy; of a constant, of a variable, or of what is not in a graph any more, one that is made now."""
        if value not in self.values:
            self._describe(value, Value(value.type, value.name, constant=value.constant))
        return self.values[value]

    def _describe(self, old: Value, new: Value) -> None:
        new.contents, new.is_variable = old.contents, old.is_variable
        self.values[old] = new
