"""LSTM cells in what one step of a loop computes, in whatever way they are written.

Values are looked at as matrices: their last axis are the columns, all others the rows. However a step is written, a
cell with sigmoid gates i, f, o and a candidate g is `c = f * c + i * g`, `h = o * tanh(c)`; how its gates stand in the
columns of products, what adds them up and where a bias hides does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from litesmith.ir.dims import Dim, Size, product, same, same_shape
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.binary import Add, Binary, Mul
from litesmith.opset.elementwise import Logistic, Tanh
from litesmith.opset.enums import Activation
from litesmith.opset.joining import Concatenation, Split, SplitV
from litesmith.opset.rules import normalize_axis, sizes_of
from litesmith.opset.selection import SelectV2
from litesmith.opset.shaping import ExpandDims, Reshape, Squeeze
from litesmith.opset.slicing import Slice, StridedSlice

RESHAPING = (Reshape, Squeeze, ExpandDims)


class NotAnLstm(Exception):
    """A loop that the fused operator does not compute; its text says why."""


@dataclass(frozen=True)
class Columns:
    """Columns of a value, from `begin` up to `end`."""

    value: Value
    begin: int
    end: int

    @staticmethod
    def of(value: Value) -> Columns:
        """All columns; a scalar has one."""
        width = value.type.shape[-1] if value.type.rank else 1
        if isinstance(width, Dim):
            raise NotAnLstm("a number of features is open")
        return Columns(value, 0, int(width))

    @property
    def width(self) -> int:
        return self.end - self.begin

    @property
    def is_whole(self) -> bool:
        return self == Columns.of(self.value)

    def within(self, value: Value, offset: int) -> Columns:
        """The same columns of a value that has them `offset` places further back."""
        return Columns(value, self.begin + offset, self.end + offset)


@dataclass(frozen=True)
class Step:
    """What one step computes.

    Attributes:
        states, slices: what it is given.
        following: the next states.
        outputs: what it shows.
        captured: what it reads of the graph around it, by the inputs that stand for that.
    """

    states: Sequence[Value]
    slices: Sequence[Value]
    following: Sequence[Value]
    outputs: Sequence[Value]
    captured: Mapping[Value, Value]


@dataclass(frozen=True)
class Cell:
    """One cell: the places of its states among those of the step, and its gates before their activations.

    `gates`: of input, forget, cell and output.
    """

    h: int
    c: int
    gates: tuple[Columns, Columns, Columns, Columns]


@dataclass
class Invariants:
    """The values that depend on nothing but constants and `given`."""

    given: Mapping[Value, Value] = field(default_factory=dict)
    seen: dict[Operation, bool] = field(default_factory=dict)

    def __contains__(self, value: Value) -> bool:
        if value.is_constant or value in self.given:
            return True
        return value.producer is not None and self._is_invariant(value.producer)

    def _is_invariant(self, operation: Operation) -> bool:
        if operation not in self.seen:
            operator = operation.operator
            plain = operator.is_deterministic and not operator.has_side_effects and not operator.subgraphs()
            operands = [operand for operand in operation.operands if operand is not None]
            self.seen[operation] = plain and bool(operands) and all(operand in self for operand in operands)
        return self.seen[operation]


def cells_of(step: Step) -> list[Cell]:
    """The cells of a step. Their output is a state that the step reads."""
    places = [place for place, state in enumerate(step.states) if state.type.dtype is DType.FLOAT32 and state.uses]
    found = (_cell(step, h, c) for h in places for c in places if h != c)
    return [cell for cell in found if cell is not None]


def why_no_cells(step: Step) -> str:
    """Why a step is none of LSTM cells."""
    made = (behind(Columns.of(value)).value.producer for value in step.following if value.type.dtype is DType.FLOAT32)
    if any(operation is not None and isinstance(operation.operator, SelectV2) for operation in made):
        return "its step keeps states where a mask or a condition says so"
    return "its step is not that of an LSTM with sigmoid gates, tanh and no projection"


def _cell(step: Step, h: int, c: int) -> Cell | None:
    """The cell whose output and whose cell state are the states at these places."""
    new_cell = behind(Columns.of(step.following[c]))
    for shown, squashed in _factors(behind(Columns.of(step.following[h]))):
        show, inner = _before(Logistic, shown), _before(Tanh, squashed)
        if show is not None and inner == new_cell:
            for gates in _updates(new_cell, step.states[c]):
                return Cell(h, c, (*gates, show))
    return None


def _updates(new: Columns, state: Value) -> Iterator[tuple[Columns, Columns, Columns]]:
    """The input, forget and cell gate of a cell state that is computed from `state`."""
    for kept, added in _pairs(new, Add):
        for forgets, before in _factors(kept):
            forget = _before(Logistic, forgets)
            if forget is None or before != Columns.of(state):
                continue
            for admits, candidate in _factors(added):
                admit, cell = _before(Logistic, admits), _before(Tanh, candidate)
                if admit is not None and cell is not None:
                    yield admit, forget, cell


def _before(activation: type[Operator], columns: Columns) -> Columns | None:
    """What columns are the activation of."""
    producer = columns.value.producer
    if producer is None or not isinstance(producer.operator, activation) or producer.operands[0] is None:
        return None
    return behind(columns.within(producer.operands[0], 0))


def _factors(columns: Columns) -> list[tuple[Columns, Columns]]:
    return _pairs(columns, Mul)


def _pairs(columns: Columns, operator: type[Binary]) -> list[tuple[Columns, Columns]]:
    """The operands, of the result's shape, that columns are computed from, in both orders."""
    producer = columns.value.producer
    if producer is None or not isinstance(producer.operator, operator) or has_activation(producer.operator):
        return []
    left, right = producer.operands
    if left is None or right is None or not same_shape(left.type.shape, right.type.shape):
        return []
    first, second = (behind(columns.within(operand, 0)) for operand in (left, right))
    return [(first, second), (second, first)]


def has_activation(operator: Operator) -> bool:
    """Whether an operator applies an activation to what it computes."""
    return getattr(operator, "fused_activation_function", Activation.NONE) is not Activation.NONE


def behind(columns: Columns) -> Columns:
    """Where columns come from, behind operations that pick columns, join them, or only reshape the rows."""
    while (nearer := _picked(columns)) is not None:
        columns = nearer
    return columns


def _picked(columns: Columns) -> Columns | None:
    operation, value = columns.value.producer, columns.value
    if operation is None or not value.type.rank:
        return None
    operator = operation.operator
    if isinstance(operator, RESHAPING):
        return _of_reshape(operation, columns)
    if isinstance(operator, (Split, SplitV)):
        return _of_split(operation, columns)
    if isinstance(operator, (Slice, StridedSlice)):
        return _of_slice(operation, columns)
    if isinstance(operator, Concatenation):
        return next((columns.within(part, -at) for part, at in parts(columns) if _lies_in(columns, part, at)), None)
    return None


def _of_reshape(operation: Operation, columns: Columns) -> Columns | None:
    """Of what has the same columns, before it was reshaped once or several times."""
    nearer: Operation | None = operation
    while nearer is not None and isinstance(nearer.operator, RESHAPING):
        x = nearer.operands[0]
        if x is None:
            return None
        if x.type.rank and same(x.type.shape[-1], columns.value.type.shape[-1]):
            return columns.within(x, 0)
        nearer = x.producer
    return None


def _lies_in(columns: Columns, part: Value, offset: int) -> bool:
    return offset <= columns.begin and columns.end <= offset + Columns.of(part).width


def parts(columns: Columns) -> list[tuple[Value, int]]:
    """The values whose columns a value joins, and where they begin; none for a value that joins no columns."""
    operation = columns.value.producer
    if operation is None or not isinstance(operation.operator, Concatenation) or has_activation(operation.operator):
        return []
    if not _is_last(operation.operator.axis, columns.value):
        return []
    found, offset = [], 0
    for operand in operation.operands:
        if operand is not None:
            found.append((operand, offset))
            offset += Columns.of(operand).width
    return found


def _is_last(axis: int, value: Value) -> bool:
    return normalize_axis(axis, value.type.rank) == value.type.rank - 1


def _of_split(operation: Operation, columns: Columns) -> Columns | None:
    x, axis = operation.operands[1], operation.operands[0]
    if isinstance(operation.operator, SplitV):
        x, axis = operation.operands[0], operation.operands[2]
    known = sizes_of(axis)
    if x is None or known is None or not _is_last(int(known[0]), x):
        return None
    before = operation.results[: operation.results.index(columns.value)]
    return columns.within(x, sum(Columns.of(part).width for part in before))


def _of_slice(operation: Operation, columns: Columns) -> Columns | None:
    """Slices that take all of the rows, and columns one after the other."""
    x, begins = operation.operands[0], sizes_of(operation.operands[1])
    if x is None or begins is None or not x.type.rank or len(begins) != x.type.rank:
        return None
    if not same_shape(x.type.shape[:-1], columns.value.type.shape[:-1]):
        return None
    first = begins[-1]
    operator = operation.operator
    if isinstance(operator, StridedSlice):
        strides = sizes_of(operation.operands[3])
        if strides is None or any(isinstance(stride, Dim) or stride != 1 for stride in strides):
            return None
        if operator.shrink_axis_mask or operator.new_axis_mask or operator.ellipsis_mask:
            return None
        first = 0 if operator.begin_mask >> (x.type.rank - 1) & 1 else first
    if isinstance(first, Dim):
        return None
    return columns.within(x, int(first) if first >= 0 else int(first) + Columns.of(x).width)


def rows_of(value: Value) -> Size:
    """How many rows a value has."""
    return product(value.type.shape[:-1])
