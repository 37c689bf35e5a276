"""Variables that graphs of TensorFlow assign: what is kept from one call to the next.

They become resource variables of the file, which the first call in a process gives what was saved.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from litesmith.frontends.tensorflow.registry import as_value
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.ir.builder import Builder, building, current_builder, emit, emit_many
from litesmith.ir.dims import is_static
from litesmith.ir.graph import Graph, Value
from litesmith.ir.source import Source, source_scope
from litesmith.ops.errors import Unsupported
from litesmith.opset.control import CallOnce
from litesmith.opset.variable import AssignVariable, ReadVariable, VarHandle

INIT = "init"
"""The name of the graph that gives variables their first values."""


@dataclass(frozen=True, eq=False)
class State:
    """A variable that some graph assigns.

    Attributes:
        key: of the variable, in all graphs that have it.
        name: of the resource variable.
        first: what it holds before the first call.
    """

    key: Hashable
    name: str
    first: Value

    def handle(self) -> Value:
        return emit(VarHandle(shared_name=self.name))


def states_of(assigned: Mapping[Hashable, Variable]) -> list[State]:
    """The variables as states, each of a name of its own."""
    states: list[State] = []
    for key, variable in assigned.items():
        taken = sum(state.name.partition(":")[0] == variable.name for state in states)
        if variable.saved is None:
            raise Unsupported(f"the variable '{variable.name}' is assigned, and what it holds at first is not known")
        name = f"{variable.name}:{taken + 1}" if taken else variable.name
        states.append(State(key, name, as_value(variable.saved)))
    return states


def begin(variables: Mapping[Hashable, Variable], states: Sequence[State]) -> None:
    """Let variables hold what was saved, or what is read of those that are kept, at the current place."""
    kept = {state.key: state for state in states}
    for key, variable in variables.items():
        if key not in kept:
            variable.begin()
            continue
        with source_scope(Source(variable.name, "variable")):
            variable.begin(emit_many(ReadVariable(), kept[key].handle(), types=[kept[key].first.type])[0])


def end(variables: Mapping[Hashable, Variable], states: Sequence[State], init: Graph) -> None:
    """Assign what variables were given, at the end of the current graph, which begins by calling `init`."""
    graph = current_builder().graph
    kept = {state.key: state for state in states}
    used = [kept[key] for key in variables if key in kept]
    for key, variable in variables.items():
        if key in kept and variable.is_assigned:
            with source_scope(Source(variable.name, "variable")):
                value = as_value(variable.current)
                if not is_static(value.type.shape) or not value.type.matches(kept[key].first.type):
                    problem = f"is given {value.type}, where it is {kept[key].first.type}"
                    raise Unsupported(f"the variable '{variable.name}' {problem}; fix the sizes with batch= or inputs=")
                current_builder().add(AssignVariable(), [kept[key].handle(), value])
    if used:
        Builder(graph, before=graph.operations[0]).add(CallOnce(init=init), [])


def assigning(states: Sequence[State], name: str) -> Graph:
    """A graph that gives states their first values."""
    graph = Graph(name)
    with building(graph) as builder:
        for state in states:
            with source_scope(Source(state.name, "variable")):
                builder.add(AssignVariable(), [state.handle(), state.first])
    return graph
