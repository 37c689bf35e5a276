"""Running a model piece by piece on data, each operation once, while what is still to run may be changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.quantization.threads import threads_for
from litesmith.runtime.interpreter import Session

Array = np.ndarray[Any, Any]


class Segments:
    """A graph and the values that are known of it, one array for each part of the data."""

    def __init__(self, graph: Graph, parts: Sequence[list[Array]]) -> None:
        """`parts`: arrays for the inputs of the graph."""
        self.graph = graph
        self.waiting = [operation for operation in graph.operations if not is_constant(operation)]
        self.known: dict[Value, list[Array]] = {
            value: [part[place] for part in parts] for place, value in enumerate(graph.inputs)
        }
        self._count = len(parts)

    def run(self, operations: Iterable[Operation]) -> None:
        """Run operations whose operands are known, or are computed by others of them, and keep what is still needed."""
        chosen = set(operations)
        now = [operation for operation in self.waiting if operation in chosen]
        self.waiting = [operation for operation in self.waiting if operation not in chosen]
        made = [result for operation in now for result in operation.results]
        needed = {operand for operation in self.waiting for operand in operation.operands} | set(self.graph.outputs)
        wanted = [value for value in made if value in needed]
        own = set(made)
        read = dict.fromkeys(operand for operation in now for operand in operation.operands if operand is not None)
        given = [value for value in read if value in self.known and value not in own]
        if wanted and given:
            session = Session(_content(now, given, wanted), threads=threads_for(now))
            arrays: list[list[Array]] = [[] for _ in wanted]
            for part in range(self._count):
                for array, kept in zip(session.run([self.known[value][part] for value in given]), arrays, strict=True):
                    kept.append(array)
            self.known.update(zip(wanted, arrays, strict=True))
        for value in list(self.known):
            if value not in needed:
                del self.known[value]


def _content(operations: Sequence[Operation], given: Sequence[Value], wanted: Sequence[Value]) -> bytes:
    """The file of a model of some operations of a graph."""
    piece = Graph()
    places = {value: piece.add_input(value.type, value.name) for value in given}
    for operation in operations:
        _copy(operation, piece, places)
    piece.outputs = [places[value] for value in wanted]
    return to_bytes(Model([piece]))


def _copy(operation: Operation, piece: Graph, places: dict[Value, Value]) -> None:
    """Put a copy of an operation, and of what makes constants for it, at the end of a graph."""
    for operand in operation.operands:
        if operand is None or operand in places:
            continue
        if operand.producer is not None:
            _copy(operand.producer, piece, places)
        else:
            places[operand] = Value(operand.type, operand.name, constant=operand.constant)
            places[operand].contents, places[operand].is_variable = operand.contents, operand.is_variable
    operands = [None if operand is None else places[operand] for operand in operation.operands]
    copy = Operation(operation.operator, operands, operation.result_types, operation.source)
    copy.intermediates = operation.intermediates
    for old, new in zip(operation.results, copy.results, strict=True):
        new.name, new.contents, new.is_variable = old.name, old.contents, old.is_variable
        places[old] = new
    piece.insert(copy)


def is_constant(operation: Operation) -> bool:
    """Whether an operation reads constants only, such as a DEQUANTIZE of weights."""
    return all(
        operand is None or operand.constant is not None or (operand.producer and is_constant(operand.producer))
        for operand in operation.operands
    )


def real_numbers(array: Array, value: Value) -> Array:
    """What the elements of a value stand for, as float32."""
    quantization = value.type.quantization
    if quantization is None or array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    (scale,), (zero,) = quantization.scales, quantization.zero_points
    return (array.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def levels(graph: Graph, layers: set[Operation]) -> dict[Operation, int]:
    """How many of the layers lie on the longest way to each operation, itself not counted."""
    reached: dict[Value, int] = {}
    found = {}
    for operation in graph.operations:
        depth = max((reached.get(operand, 0) for operand in operation.operands if operand is not None), default=0)
        found[operation] = depth
        for result in operation.results:
            reached[result] = depth + (operation in layers)
    for operation in graph.operations:  # what writes a variable stays beside who reads it
        if any(result.is_variable for result in operation.results):
            found[operation] = max(found[reader] for result in operation.results for reader in result.users)
    return found
