"""Variables that a model assigns: what is kept from one call to the next.

They become resource variables of the file. A graph begins by reading those it uses and ends by assigning
those it changed; the first call in a process begins by giving all of them the values they have in Keras.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
from keras.src.backend import standardize_dtype

from litesmith.frontends.keras.arguments import stored_key, stored_value
from litesmith.frontends.keras.tensor import LiteTensor
from litesmith.ir.builder import Builder, building, current_builder, emit, emit_many
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import Source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ops.errors import Unsupported
from litesmith.opset.control import CallOnce
from litesmith.opset.variable import AssignVariable, ReadVariable, VarHandle

INIT = "init"
"""The name of the graph that gives variables their first values."""


@dataclass(frozen=True, eq=False)
class State:
    """A Keras variable and the name of the resource variable that it becomes."""

    variable: Any
    name: str

    @property
    def type(self) -> TensorType:
        return TensorType(DType(standardize_dtype(self.variable.dtype)), tuple(self.variable.shape))


def states_of(variables: Iterable[Any]) -> tuple[State, ...]:
    """The variables as states, each of a name of its own: its path, numbered where several have the same."""
    count: dict[str, int] = {}
    states = []
    for variable in variables:
        count[variable.path] = count.get(variable.path, 0) + 1
        number = f":{count[variable.path]}" if count[variable.path] > 1 else ""
        states.append(State(variable, f"{variable.path}{number}"))
    return tuple(states)


class Assignments(keras.StatelessScope):
    """A scope in which variables may stand for tensors of the graph, and that notes which are assigned.

    Attributes:
        assigned: the variables that were given another value, by identity.
        reads: what the states hold when the graph begins.
    """

    def __init__(self, states: Sequence[State] = ()) -> None:
        super().__init__()
        self.states = states
        self.assigned: dict[int, Any] = {}
        self.reads: dict[State, Value] = {}

    def read_states(self) -> None:
        """Let each state stand for what is read of its resource variable at the current place."""
        for state in self.states:
            with source_scope(Source(state.variable.path, "variable")):
                read = emit_many(ReadVariable(), _handle(state), types=[state.type])[0]
            self.reads[state] = read
            self.state_mapping[id(state.variable)] = LiteTensor(read)

    def add_update(self, update: tuple[Any, Any]) -> None:
        variable, value = update
        if self._is_held(variable, value):
            return
        if isinstance(value, LiteTensor) and any(isinstance(size, Dim) for size in value.shape):
            raise Unsupported(
                f"the variable '{variable.path}' of shape {tuple(variable.shape)} is given a tensor of open sizes "
                f"{tuple(value.shape)}; fix them with batch= or inputs="
            )
        if current_builder().parent is not None:
            raise Unsupported(f"the variable '{variable.path}' is assigned inside of a loop or branch")
        self.assigned[id(variable)] = variable
        super().add_update(update)

    def _is_held(self, variable: Any, value: Any) -> bool:
        """Whether a variable is given what it holds, as layers of JAX do with their state in inference."""
        held = self.get_current_value(variable)
        if held is not None:
            return isinstance(held, LiteTensor) and isinstance(value, LiteTensor) and held.value is value.value
        if isinstance(value, LiteTensor):
            return value.value.constant is not None and value.value.constant.key == stored_key(variable)
        return value is variable._value

    def forget(self, variables: Iterable[Any]) -> None:
        """What happened to these variables is not kept."""
        for variable in variables:
            self.assigned.pop(id(variable), None)

    def new_values(self) -> dict[State, Any]:
        """The tensor that each state was given last, for those that were given another one."""
        values = {state: self.get_current_value(state.variable) for state in self.states}
        return {
            state: value
            for state, value in values.items()
            if not isinstance(value, LiteTensor) or value.value is not self.reads[state]
        }


@dataclass
class StatefulGraph:
    """A graph with what it reads of states and what it gives them.

    Attributes:
        reads: what each state holds when the graph begins.
        writes: the value that a state has when the graph ends, where it is another one.
    """

    graph: Graph
    reads: Mapping[State, Value] = field(default_factory=dict)
    writes: Mapping[State, Value] = field(default_factory=dict)

    def keep(self, states: Sequence[State], init: Graph) -> None:
        """Assign `states` at the end, and call `init` at the beginning, which gives them their first values."""
        read = [state for state in states if self.reads[state].uses or self.graph.is_output(self.reads[state])]
        written = [state for state in states if state in self.writes]
        if not read and not written:
            return
        with building(self.graph) as builder:
            for state in written:
                with source_scope(Source(state.variable.path, "variable")):
                    (handle,) = _producer(self.reads[state]).operands
                    builder.add(AssignVariable(), [handle, self.writes[state]])
        Builder(self.graph, before=self.graph.operations[0]).add(CallOnce(init=init), [])


def live_states(graphs: Sequence[StatefulGraph]) -> list[State]:
    """The states that an output of some graph depends on, now or in a later call."""
    needed = [output for each in graphs for output in each.graph.outputs]
    live: list[State] = []
    while True:
        reached = _reached(needed)
        new = [state for each in graphs for state, read in each.reads.items() if read in reached and state not in live]
        if not new:
            return live
        live += dict.fromkeys(new)
        needed += [each.writes[state] for each in graphs for state in live if state in each.writes]


def assigning(states: Sequence[State], name: str) -> Graph:
    """A graph that gives states the values that the variables have in Keras."""
    graph = Graph(name)
    with building(graph) as builder:
        for state in states:
            with source_scope(Source(state.variable.path, "variable")):
                builder.add(AssignVariable(), [_handle(state), stored_value(state.variable)])
    return graph


def _handle(state: State) -> Value:
    return emit(VarHandle(shared_name=state.name))


def _producer(value: Value) -> Operation:
    assert value.producer is not None
    return value.producer


def _reached(values: Sequence[Value]) -> set[Value]:
    """The values, and all that they are computed from."""
    found: set[Value] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            if value.producer is not None:
                waiting += [operand for operand in value.producer.operands if operand is not None]
    return found
