"""Operators that run graphs."""

from __future__ import annotations

from dataclasses import dataclass, field

from litesmith.ir.graph import Graph, Value
from litesmith.ir.operator import Operator, TypeRule, activation, index
from litesmith.ir.types import TensorType
from litesmith.opset.rules import need


@dataclass(frozen=True)
class While(Operator, builtin="WHILE"):
    """Runs `body` on the carried values as long as `cond` of them holds.

    Both graphs take all operands; `body` returns as many values, which are the results.
    Options hold the indices of the subgraphs, which only the file knows.
    """

    cond: Graph = field(default_factory=Graph)
    body: Graph = field(default_factory=Graph)
    operands = (activation("carried", variadic=True),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        types = [need(operand, f"carried {i}") for i, operand in enumerate(operands)]
        if len(self.body.outputs) != len(types) or len(self.cond.inputs) != len(types):
            raise TypeRule(
                f"{len(types)} values are carried, the body takes {len(self.body.inputs)} "
                f"and returns {len(self.body.outputs)}"
            )
        return tuple(output.type for output in self.body.outputs)

    def subgraphs(self) -> tuple[Graph, ...]:
        return (self.cond, self.body)


@dataclass(frozen=True)
class If(Operator, builtin="IF"):
    """Runs one of two graphs on the operands after the condition."""

    then: Graph = field(default_factory=Graph)
    otherwise: Graph = field(default_factory=Graph, metadata={"schema": "elseSubgraphIndex"})
    operands = (index("condition"), activation("arguments", variadic=True))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        need(operands[0], "condition")
        return tuple(output.type for output in self.then.outputs)

    def subgraphs(self) -> tuple[Graph, ...]:
        return (self.then, self.otherwise)


@dataclass(frozen=True)
class CallOnce(Operator, builtin="CALL_ONCE"):
    """Runs a graph the first time the model is called."""

    init: Graph = field(default_factory=Graph)
    operands = ()
    has_side_effects = True

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return ()

    def subgraphs(self) -> tuple[Graph, ...]:
        return (self.init,)
