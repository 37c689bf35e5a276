"""Which operations of a loop's body add up from round to round, so that what they round off adds up too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Fixed, Operator, Role, Same
from litesmith.ir.types import DType
from litesmith.opset.control import While


def accumulating(graphs: Iterable[Graph]) -> frozenset[Operation]:
    """The operations by which loops make a carried value of the same one before, element by element; and the gates.

    Of an LSTM these are the product of the forget gate and the cell state, the sum behind it, and the gate: in 8 bits
    no gate is more than 255/256, so that all would be forgotten within some hundred rounds. A value that is multiplied
    by weights, or goes through a function that bounds it, is a new one.
    """
    operators = (operation.operator for graph in graphs for operation in graph.operations)
    bodies = [operator.body for operator in operators if isinstance(operator, While)]
    found: set[Operation] = set()
    for body in bodies:
        for before, after in zip(body.inputs, body.outputs, strict=True):
            if before is not after and before.type.dtype is DType.FLOAT32:
                found |= _between(before, after)
    return frozenset(found.union(*map(_bounded_operands, found)))


def without_weights(graphs: Iterable[Graph]) -> frozenset[Operation]:
    """The operations of loops that multiply by no weights: such loops are algorithms, no layers of a network.

    What they round off adds up: eigenvalues or the likelihood of a path are nothing any more in 8 bits.
    """
    operators = (operation.operator for graph in graphs for operation in graph.operations)
    loops = [operator for operator in operators if isinstance(operator, While)]
    found: set[Operation] = set()
    for loop in loops:
        inside = [operation for graph in loop.subgraphs() for operation in _operations(graph)]
        if not any(map(_multiplies_by_weights, inside)):
            found.update(inside)
    return frozenset(found)


def _operations(graph: Graph) -> Iterator[Operation]:
    """The operations of a graph and of those that it runs."""
    for operation in graph.operations:
        yield operation
        for inner in operation.operator.subgraphs():
            yield from _operations(inner)


def _multiplies_by_weights(operation: Operation) -> bool:
    sums_products = type(operation.operator).multiply_accumulates is not Operator.multiply_accumulates
    return sums_products and any(operand is not None and operand.constant is not None for operand in operation.operands)


def _between(before: Value, after: Value) -> set[Operation]:
    """The operations on the ways from one value to another; none where these only move it about."""
    behind: set[Operation] = set()
    waiting = [before]
    while waiting:
        for operation in waiting.pop().users:
            if operation not in behind and _keeps_elements(operation):
                behind.add(operation)
                waiting += operation.results
    found: set[Operation] = set()
    producers = [after.producer]
    while producers:
        producer = producers.pop()
        if producer in behind and producer not in found:
            found.add(producer)
            producers += [operand.producer for operand in producer.operands if operand is not None]
    return found if any(not isinstance(operation.operator.scales, Same) for operation in found) else set()


def _keeps_elements(operation: Operation) -> bool:
    """Whether what it computes goes on from what it is given, in steps as fine."""
    operator = operation.operator
    roles = [operator.operand(place).role for place in range(len(operation.operands))]
    return Role.WEIGHT not in roles and not isinstance(operator.scales, Fixed) and not operator.subgraphs()


def _bounded_operands(operation: Operation) -> set[Operation]:
    """The operations that make operands of a fixed scale, with what moves these about."""
    found: set[Operation] = set()
    for operand in operation.operands:
        way = list(_moved(operand))
        if way and isinstance(way[-1].operator.scales, Fixed):
            found.update(way)
    return found


def _moved(value: Value | None) -> Iterator[Operation]:
    """What computes a value, behind all that only moves it about, one after the other."""
    while value is not None and value.producer is not None:
        operation = value.producer
        yield operation
        real = [operand for operand in operation.operands if operand and operand.type.dtype is DType.FLOAT32]
        value = real[0] if isinstance(operation.operator.scales, Same) and len(real) == 1 else None
