"""The graph: operations on values, edited only through `Graph`.

Invariants, kept by `Graph` and checked by `ir.verify`:

- a value is produced by exactly one operation, or is an input of one graph, or is a constant;
- `value.uses` lists every (operation, operand position) that reads it, in a fixed order;
- operations stand after the producers of their operands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim, Size, Symbol
from litesmith.ir.element_types import ComputedType, OtherOutput
from litesmith.ir.loops import LoopForm
from litesmith.ir.losses import Loss
from litesmith.ir.operator import Operator
from litesmith.ir.source import Source
from litesmith.ir.stored_weights import StoredWeight
from litesmith.ir.types import TensorType

if TYPE_CHECKING:
    from litesmith.ir.expectations import Expectation
    from litesmith.ir.normalizations import Normalization

ITSELF = -1


class Value:
    """A tensor in a graph: an operation's result, a graph input, or a constant.

    Attributes:
        contents: for a small integer tensor, what is known of its elements
            (sizes, perhaps dynamic), so that shapes computed at run time can be typed.
        is_variable: whether the runtime keeps it between calls (state of fused recurrent operators).
    """

    __slots__ = ("constant", "contents", "graph", "is_variable", "name", "producer", "type", "uses")

    def __init__(
        self,
        type: TensorType,
        name: str = "",
        *,
        constant: Constant | None = None,
        graph: Graph | None = None,
        producer: Operation | None = None,
    ) -> None:
        self.type = type
        self.name = name
        self.constant = constant
        self.graph = graph
        self.producer = producer
        self.contents: tuple[Size, ...] | None = None
        self.is_variable = False
        self.uses: dict[tuple[Operation, int], None] = {}

    @property
    def is_constant(self) -> bool:
        return self.constant is not None

    @property
    def users(self) -> tuple[Operation, ...]:
        """The operations that read this value, each once, in the order of first use."""
        return tuple(dict.fromkeys(operation for operation, _ in self.uses))

    def __repr__(self) -> str:
        return f"<Value {self.name or id(self)}: {self.type}>"


class Operation:
    """One use of an operator: its operands, its results, and where it comes from.

    Attributes:
        intermediates: types of what it computes inside, where the file says in which scales (integer LSTM).
    """

    __slots__ = ("graph", "intermediates", "operands", "operator", "results", "source")

    def __init__(
        self,
        operator: Operator,
        operands: Sequence[Value | None],
        types: Sequence[TensorType],
        source: Source,
    ) -> None:
        self.operator = operator
        self.operands: tuple[Value | None, ...] = tuple(operands)
        self.source = source
        self.graph: Graph | None = None
        self.intermediates: tuple[TensorType, ...] = ()
        self.results = tuple(Value(type, producer=self) for type in types)

    @property
    def operand_types(self) -> list[TensorType | None]:
        """The types of the operands; None for those that are left out."""
        return [None if operand is None else operand.type for operand in self.operands]

    @property
    def result_types(self) -> list[TensorType]:
        return [result.type for result in self.results]

    @property
    def result(self) -> Value:
        """The result of an operation that has exactly one."""
        (only,) = self.results
        return only

    def __repr__(self) -> str:
        return f"<Operation {self.operator} of {self.source}>"


class Graph:
    """A named function: inputs, operations in order, outputs."""

    def __init__(self, name: str = "main") -> None:
        self.name = name
        self.inputs: list[Value] = []
        self.outputs: list[Value] = []
        self.operations: list[Operation] = []
        self.anchors: dict[Symbol, tuple[Value, int]] = {}
        """For each unknown size, a tensor, mostly an input, and the axis whose size it is.

        A size that depends on values may be the one element of a tensor; `ITSELF` stands for the axis then.
        """
        self.is_called = False
        """Whether an operator runs it, such as a loop its body; what comes in and goes out is no one else's then."""

    def add_input(self, type: TensorType, name: str) -> Value:
        value = Value(type, name, graph=self)
        self.inputs.append(value)
        self.anchor(value)
        return value

    def anchor(self, value: Value) -> None:
        """Let unknown sizes that have no anchor yet be read from `value`."""
        for axis, size in enumerate(value.type.shape):
            if isinstance(size, Dim) and size.is_symbol:
                (found,) = size.expression.symbols
                self.anchors.setdefault(found, (value, axis))

    def insert(self, operation: Operation, before: Operation | None = None) -> None:
        """Put an operation in front of another, or at the end."""
        position = len(self.operations) if before is None else self.operations.index(before)
        self.operations.insert(position, operation)
        operation.graph = self
        for called in operation.operator.subgraphs():
            called.is_called = True
        for result in operation.results:
            result.graph = self
        for position, operand in enumerate(operation.operands):
            if operand is not None:
                operand.uses[operation, position] = None

    def rewire(self, operation: Operation, position: int, value: Value | None) -> None:
        """Make one operand of an operation read another value."""
        old = operation.operands[position]
        if old is not None:
            del old.uses[operation, position]
        operands = list(operation.operands)
        operands[position] = value
        operation.operands = tuple(operands)
        if value is not None:
            value.uses[operation, position] = None

    def set_operands(self, operation: Operation, operands: Sequence[Value | None]) -> None:
        """Give an operation other operands, any number of them."""
        for position, operand in enumerate(operation.operands):
            if operand is not None:
                del operand.uses[operation, position]
        operation.operands = tuple(operands)
        for position, operand in enumerate(operation.operands):
            if operand is not None:
                operand.uses[operation, position] = None

    def reorder(self, operations: Sequence[Operation]) -> None:
        """Let the same operations run in another order, which must keep each behind what it needs."""
        if len(operations) != len(self.operations) or set(operations) != set(self.operations):
            raise ValueError("another order has the same operations")
        self.operations = list(operations)

    def replace_uses(self, old: Value, new: Value) -> None:
        """Make everything that reads `old`, the graph's outputs included, read `new`.

        The name of an output is part of the model's face, so `new` takes it over where it can.
        """
        for operation, position in tuple(old.uses):
            self.rewire(operation, position, new)
        if any(output is old for output in self.outputs):
            self.outputs = [new if output is old else output for output in self.outputs]
        for symbol, (value, axis) in tuple(self.anchors.items()):
            if value is old:
                self.anchors[symbol] = (new, axis)

    def erase(self, operation: Operation) -> None:
        """Remove an operation whose results nobody reads."""
        for result in operation.results:
            if result.uses or self.is_output(result):
                raise ValueError(f"{operation} cannot be erased: {result} is still used")
        self.set_operands(operation, ())
        self.operations.remove(operation)
        operation.graph = None

    def prune(self) -> int:
        """Remove the operations whose results nobody reads; returns how many."""
        before = len(self.operations)
        for operation in reversed(list(self.operations)):
            if operation.operator.has_side_effects:
                continue
            if not any(result.uses or self.is_output(result) for result in operation.results):
                self.erase(operation)
        return before - len(self.operations)

    def replace(self, operation: Operation, values: Sequence[Value]) -> None:
        """Let `values` stand for an operation's results, and remove it."""
        for old, new in zip(operation.results, values, strict=True):
            self.replace_uses(old, new)
        self.erase(operation)

    def is_output(self, value: Value) -> bool:
        return value in self.outputs

    def reads(self, value: Value) -> int:
        """How often a value is read, each time that it is returned included."""
        return len(value.uses) + sum(output is value for output in self.outputs)

    def constants(self) -> list[Value]:
        """The constants that operations or outputs read, each once, in order of first use."""
        read: Iterable[Value | None] = [
            *(operand for operation in self.operations for operand in operation.operands),
            *self.outputs,
        ]
        return list(dict.fromkeys(value for value in read if value is not None and value.is_constant))

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self.operations)} operations>"


@dataclass
class Signature:
    """A named way to call a graph: the user's names for its inputs and outputs, in order."""

    name: str
    graph: Graph
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass
class Model:
    """What one file holds: graphs, the ways to call them, and metadata by name.

    Attributes:
        framework: what computes the model that was converted; nothing is known of a file's.
        loops: what became of the loops of the model that was converted; nothing is known of a file's.
        computed_types, other_outputs: its element types that are computed in others, and outputs of other types
            than it says; nothing is known of a file's.
        stored_weights: in which form its weights were put when it was quantized; nothing is known of a file's.
        losses: what its outputs lost when its numbers became integers; nothing is known of a file's.
        normalizations: what was normalized while it was trained; nothing is known of a file's.
        expectations: what it was trained to be given; nothing is known of a file's.
    """

    graphs: list[Graph]
    signatures: list[Signature] = field(default_factory=list)
    metadata: dict[str, bytes] = field(default_factory=dict)
    description: str = ""
    framework: str = ""
    loops: tuple[LoopForm, ...] = ()
    computed_types: tuple[ComputedType, ...] = ()
    other_outputs: tuple[OtherOutput, ...] = ()
    stored_weights: tuple[StoredWeight, ...] = ()
    losses: tuple[Loss, ...] = ()
    normalizations: tuple[Normalization, ...] = ()
    expectations: tuple[Expectation, ...] = ()

    @property
    def main(self) -> Graph:
        return self.graphs[0]

    def all_graphs(self) -> Iterator[Graph]:
        """Every graph, those run by control flow included: callers before callees, each once."""
        seen: dict[Graph, None] = {}
        waiting = list(self.graphs)
        while waiting:
            graph = waiting.pop(0)
            if graph in seen:
                continue
            seen[graph] = None
            waiting.extend(sub for operation in graph.operations for sub in operation.operator.subgraphs())
        return iter(seen)
