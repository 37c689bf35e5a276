"""Runs a model piece by piece, so that what its loops and branches compute in each round is seen.

The runtime hands out the outputs of a file only, and of a loop what is left behind its last round. So each graph is cut
where an operation runs others, or reads or writes a variable; the pieces are files of their own, which return what is
asked for, and what lies between them is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.opset.control import CallOnce, If, While
from litesmith.opset.variable import AssignVariable, ReadVariable, VarHandle
from litesmith.quantization import lstm
from litesmith.quantization.threads import threads_for
from litesmith.runtime.interpreter import Session

Array = np.ndarray[Any, Any]
Known = dict[Value, Any]
"""What the values of one run of a graph hold; of a handle, the name of its variable."""
Shown = Callable[[Value, Array], None]
CUTS = (While, If, CallOnce, VarHandle, ReadVariable, AssignVariable)


class Stepwise:
    """A model's first graph, and those that it runs, of which every value can be seen.

    It keeps what its variables hold from one run to the next.
    """

    def __init__(self, model: Model, watched: Collection[Value], show: Shown) -> None:
        """`show` is called with each of the watched values whenever it is computed."""
        self._main = model.main
        self._watched = frozenset(watched)
        self._show = show
        self._pieces: dict[Graph, list[_Piece | Operation]] = {}
        self._variables: dict[Any, Any] = {}
        self._done: set[Operation] = set()

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs for one array for each input."""
        return self._run(self._main, arrays)

    def _run(self, graph: Graph, arrays: Sequence[Any]) -> list[Any]:
        if graph not in self._pieces:
            self._pieces[graph] = list(_cut(graph, self._watched))
        known: Known = dict(zip(graph.inputs, arrays, strict=True))
        for value in _kept_states(graph):
            known[value] = self._variables.get(value, np.zeros([int(size) for size in value.type.shape], np.float32))
        for value in graph.inputs:
            self._seen(value, known)
        for piece in self._pieces[graph]:
            if isinstance(piece, _Piece):
                piece.run(known)
                for value in piece.results:
                    self._seen(value, known)
            elif lstm.is_lstm(piece):
                self._recurrent(piece, known)
            else:
                self._control(piece, known)
        return [_held(value, known) for value in graph.outputs]

    def _seen(self, value: Value, known: Known) -> None:
        if value in self._watched:
            self._show(value, known[value])

    def _control(self, operation: Operation, known: Known) -> None:
        """Do what an operation does that pieces are cut at."""
        operands = [None if operand is None else _held(operand, known) for operand in operation.operands]
        for result, held in zip(operation.results, self._results(operation, operands), strict=True):
            known[result] = held
            self._seen(result, known)

    def _recurrent(self, operation: Operation, known: Known) -> None:
        """Take the steps of an LSTM operator, which writes its states."""
        h, c = lstm.states(operation)
        x = operation.operands[lstm.INPUT]
        assert x is not None
        outputs, cells = map(np.stack, zip(*lstm.steps(operation, _held(x, known), known[h], known[c]), strict=True))
        result = operation.result
        is_time_major = getattr(operation.operator, "time_major", False)
        known[result] = outputs if is_time_major else outputs.swapaxes(0, 1)
        known[h], known[c] = outputs[-1], cells[-1]
        self._variables.update({value: known[value] for value in (h, c) if value.producer is None})
        for value, seen in ((result, outputs), (h, outputs), (c, cells)):
            if value in self._watched:
                self._show(value, seen)

    def _results(self, operation: Operation, operands: list[Any]) -> list[Any]:
        match operation.operator:
            case While(cond=condition, body=body):
                while _holds(self._run(condition, operands)[0]):
                    operands = self._run(body, operands)
                return operands
            case If(then=then, otherwise=otherwise):
                return self._run(then if _holds(operands[0]) else otherwise, operands[1:])
            case CallOnce(init=init):
                if operation not in self._done:
                    self._done.add(operation)
                    self._run(init, [])
                return []
            case VarHandle() as handle:
                return [(handle.container, handle.shared_name)]
            case AssignVariable():
                self._variables[operands[0]] = operands[1]
                return []
        return [self._variables[operands[0]]]


def _holds(condition: Array) -> bool:
    return bool(np.asarray(condition).reshape(-1)[0])


def _held(value: Value, known: Known) -> Any:
    return known[value] if value.constant is None else value.constant.array()


@dataclass
class _Piece:
    """Operations that stand one behind the other, as a file.

    Attributes:
        operands: what they read of the rest of their graph.
        results: what the rest, or whoever watches, reads of them.
    """

    operations: list[Operation]
    operands: list[Value] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)
    _session: Session | None = None

    def run(self, known: Known) -> None:
        """Add the results to what is known."""
        if not self.results:
            return
        if self._session is None:
            self._session = Session(self._file(), threads=threads_for(self.operations))
        known.update(zip(self.results, self._session.run([known[value] for value in self.operands]), strict=True))

    def _file(self) -> bytes:
        graph = Graph("piece")
        copies = {value: graph.add_input(value.type, value.name) for value in self.operands}
        for operation in self.operations:
            operands = [None if value is None else _copy(value, copies) for value in operation.operands]
            copy = Operation(operation.operator, operands, operation.result_types, operation.source)
            graph.insert(copy)
            for old, new in zip(operation.results, copy.results, strict=True):
                new.name = old.name
                new.is_variable = old.is_variable and any(reader in self.operations for reader in old.users)
                copies[old] = new
        graph.outputs = [copies[value] for value in self.results]
        return to_bytes(Model([graph]))


def _copy(value: Value, copies: dict[Value, Value]) -> Value:
    """The copy of a value; of a constant, or of a variable, one that is made now."""
    if value not in copies:
        copies[value] = Value(value.type, value.name, constant=value.constant)
        copies[value].is_variable = value.is_variable
    return copies[value]


def _cut(graph: Graph, watched: Collection[Value]) -> Iterator[_Piece | Operation]:
    """The pieces of a graph, and the operations between them."""
    pieces: list[_Piece | Operation] = []
    for operation in graph.operations:
        if isinstance(operation.operator, CUTS) or lstm.is_plain(operation):
            pieces.append(operation)
        elif pieces and isinstance(pieces[-1], _Piece):
            pieces[-1].operations.append(operation)
        else:
            pieces.append(_Piece([operation]))
    for piece in pieces:
        if isinstance(piece, _Piece):
            _connect(piece, graph, watched)
        yield piece


def _connect(piece: _Piece, graph: Graph, watched: Collection[Value]) -> None:
    own = set(piece.operations)
    made = [result for operation in piece.operations for result in operation.results]
    read = [operand for operation in piece.operations for operand in operation.operands]
    piece.operands = [
        value
        for value in dict.fromkeys(read)
        if value is not None and value.constant is None and value not in made and not _is_kept(value, graph)
    ]
    piece.results = [
        value
        for value in made
        if value in watched or graph.is_output(value) or any(reader not in own for reader in value.users)
    ]


def _is_kept(value: Value, graph: Graph) -> bool:
    """Whether it is a variable tensor that nothing writes, which the runtime keeps."""
    return value.is_variable and value.producer is None and value not in (*graph.inputs, *_kept_states(graph))


def _kept_states(graph: Graph) -> list[Value]:
    """The variables of LSTM operators that nothing else writes."""
    states = [value for each in graph.operations if lstm.is_plain(each) for value in lstm.states(each)]
    return [value for value in states if value.producer is None]
