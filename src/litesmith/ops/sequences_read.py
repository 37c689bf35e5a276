"""The sequences that the steps of a loop read, one place in each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litesmith.ir.dims import Size, same
from litesmith.ir.graph import Value
from litesmith.ops.array import flip, reshape
from litesmith.ops.linear_sums import Matrix, Sums
from litesmith.ops.lstm_cells import RESHAPING, Columns, Invariants, NotAnLstm, Step, rows_of
from litesmith.opset.binary import Add, Mul
from litesmith.opset.joining import AddN
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.opset.rules import sizes_of
from litesmith.opset.shaping import ReverseV2, Transpose
from litesmith.opset.slicing import Gather


@dataclass(frozen=True)
class Input:
    """Features of a sequence [batch, time, features], or time first, in the graph around a loop."""

    sequence: Value
    batch_first: bool
    begin: int
    end: int


@dataclass(frozen=True)
class Projected:
    """Products of inputs with matrices, and offsets, that were computed for all steps in front of a loop."""

    products: list[tuple[Input, Matrix]]
    offsets: list[Columns]


class Sequences:
    """What the steps of a loop read.

    Attributes:
        invariants: the values of the step that are the same in each step.
        length: how many steps there are.
        axis: of time in the sequences.
    """

    def __init__(
        self, step: Step, carried: Sequence[Value], sequences: Mapping[Value, Value], length: Size, axis: int
    ) -> None:
        self.step, self.carried, self.sequences = step, carried, sequences
        self.length, self.axis = length, axis
        self.invariants = Invariants(step.captured)
        self._as_given: dict[Value, tuple[Value, bool]] = {}

    def counts(self, place: int) -> bool:
        """Whether a carried value is one more after each step."""
        producer = self.step.following[place].producer
        if producer is None or not isinstance(producer.operator, Add):
            return False
        state = self.step.states[place]
        if not state.type.dtype.is_integer or state.type.rank:
            return False
        left, right = producer.operands
        one = right if left is state else left if right is state else None
        return one is not None and one.constant is not None and bool((one.constant.array() == 1).all())

    def has(self, columns: Columns) -> bool:
        """Whether columns are read of a sequence."""
        return self._around(columns.value) is not None

    def _around(self, value: Value) -> Value | None:
        """The sequence in the graph around the loop of which each step reads a place."""
        if value in self.sequences:
            return self.sequences[value]
        gather = value.producer
        if gather is None or not isinstance(gather.operator, Gather) or gather.operator.axis:
            return None
        sequence = self.step.captured.get(gather.operands[0]) if gather.operands[0] is not None else None
        place = self._state_behind(gather.operands[1])
        if sequence is None or place is None or not self.counts(place) or sizes_of(self.carried[place]) != (0,):
            return None
        return sequence if same(sequence.type.shape[0], self.length) else None

    def _state_behind(self, index: Value | None) -> int | None:
        while index is not None and index.producer is not None:
            if not isinstance(index.producer.operator, RESHAPING):
                return None
            index = index.producer.operands[0]
        return self.step.states.index(index) if index in self.step.states else None

    def input_of(self, columns: Columns) -> Input:
        """The sequence that columns are read of, batch first where that is at hand."""
        around = self._around(columns.value)
        assert around is not None
        if around not in self._as_given:
            self._as_given[around] = self._given(around, rows_of(columns.value))
        sequence, batch_first = self._as_given[around]
        return Input(sequence, batch_first, columns.begin, columns.end)

    def _given(self, sequence: Value, batch: Size) -> tuple[Value, bool]:
        """A sequence with three axes, and whether the first is the batch."""
        if self.axis == 1 and sequence.type.rank != 3:
            raise NotAnLstm("its sequences have more axes")
        if self.axis == 1:
            return sequence, True
        exchanged = _batch_first(sequence)
        if exchanged is not None:
            return exchanged, True
        return reshape(sequence, (self.length, batch, sequence.type.shape[-1])), False

    def projected(self, columns: Columns) -> Projected:
        """A sequence as the products that make it in front of the loop."""
        found = self.input_of(columns)
        sum = Sums(Invariants(), _is_no_product).of(Columns(found.sequence, found.begin, found.end))
        if sum.plain or not sum.products:
            raise NotAnLstm("its gates add an input that is not multiplied with a matrix")
        rows = found.sequence.type.shape[:-1]
        products = []
        for source, matrix in sum.products:
            sequence = reshape(source.value, (*rows, source.value.type.shape[-1]))
            products.append((Input(sequence, found.batch_first, source.begin, source.end), matrix))
        return Projected(products, sum.offsets)


def _batch_first(sequence: Value) -> Value | None:
    """What a sequence is before its first two axes were exchanged, with the same direction of time."""
    operation = sequence.producer
    if operation is None:
        return None
    x, axes = operation.operands[0], sizes_of(operation.operands[-1])
    if x is not None and isinstance(operation.operator, Transpose) and axes == (1, 0, 2):
        return x
    if x is not None and isinstance(operation.operator, ReverseV2) and axes == (0,):
        exchanged = _batch_first(x)
        return None if exchanged is None else flip(exchanged, 1)
    return None


def _is_no_product(columns: Columns) -> bool:
    operation = columns.value.producer
    if operation is None:
        return True
    if isinstance(operation.operator, Mul):
        widths = [operand.type.shape[-1:] for operand in operation.operands if operand is not None]
        return (1,) not in widths
    return not isinstance(operation.operator, (Add, AddN, FullyConnected, BatchMatmul))
