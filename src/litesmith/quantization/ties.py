"""Values that go from graph to graph: what loops carry, what branches take and return. Each is one to its scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.types import DType
from litesmith.opset.control import If, While

Use = tuple[Operation, int]
Return = tuple[Graph, int]


@dataclass(eq=False)
class Tie:
    """Places in several graphs where one value goes in and comes out again.

    Attributes:
        given: what comes out: inputs of graphs, and results of what runs them.
        uses: operands of operations that run graphs, which go in.
        returns: outputs of graphs, which go in.
    """

    given: list[Value] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)

    def taken(self) -> list[Value]:
        """What goes in as the graphs are now."""
        operands = [operation.operands[place] for operation, place in self.uses]
        return [*(value for value in operands if value is not None), *(graph.outputs[i] for graph, i in self.returns)]

    def values(self) -> list[Value]:
        """All that goes in and comes out, each once."""
        return list(dict.fromkeys([*self.given, *self.taken()]))


class Ties:
    """The ties of float32 values between graphs; one graph may be run by several operations."""

    def __init__(self, graphs: Iterable[Graph]) -> None:
        self._given: dict[Value, Tie] = {}
        for graph in graphs:
            for operation in graph.operations:
                for tie in _ties_of(operation):
                    self._add(tie)
        self._uses = {use: tie for tie in self for use in tie.uses}
        self._returns = {place: tie for tie in self for place in tie.returns}

    def _add(self, tie: Tie) -> None:
        if tie.given[0].type.dtype is not DType.FLOAT32:
            return
        for other in dict.fromkeys(self._given[value] for value in tie.given if value in self._given):
            tie.given += [value for value in other.given if value not in tie.given]
            tie.uses += other.uses
            tie.returns += [place for place in other.returns if place not in tie.returns]
        self._given.update(dict.fromkeys(tie.given, tie))

    def __iter__(self) -> Iterator[Tie]:
        return iter(dict.fromkeys(self._given.values()))

    def that_gives(self, value: Value) -> Tie | None:
        """The tie that a value comes out of."""
        return self._given.get(value)

    def that_reads(self, operation: Operation, place: int) -> Tie | None:
        """The tie that an operand goes into."""
        return self._uses.get((operation, place))

    def that_takes(self, graph: Graph, place: int) -> Tie | None:
        """The tie that an output of a graph goes into."""
        return self._returns.get((graph, place))


def _ties_of(operation: Operation) -> Iterator[Tie]:
    match operation.operator:
        case While(cond=condition, body=body):
            for place, result in enumerate(operation.results):
                given = [condition.inputs[place], body.inputs[place], result]
                yield Tie(given, [(operation, place)], [(body, place)])
        case If(then=then, otherwise=otherwise):
            for place, (first, second) in enumerate(zip(then.inputs, otherwise.inputs, strict=True)):
                yield Tie([first, second], [(operation, place + 1)])
            for place, result in enumerate(operation.results):
                yield Tie([result], [], [(then, place), (otherwise, place)])
