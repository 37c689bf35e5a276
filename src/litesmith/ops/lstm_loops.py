"""Loops over time whose step is one of LSTM cells, as fused operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from litesmith.ir.builder import building_subgraph, current_builder
from litesmith.ir.dims import Dim, Size, product, same
from litesmith.ir.graph import Operation, Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import broadcast_to, cast, concatenate, full, reshape, slice_axis, transpose
from litesmith.ops.control import as_the_body_returns, inputs_of
from litesmith.ops.fused_lstm import Gate, fused_lstm
from litesmith.ops.linear_sums import Matrix, Sum, Sums
from litesmith.ops.lstm_cells import Cell, Columns, NotAnLstm, Step, behind, cells_of, rows_of, why_no_cells
from litesmith.ops.recurrent import weight_part
from litesmith.ops.scan import Step as StepFunction
from litesmith.ops.sequences_read import Input, Sequences
from litesmith.ops.sizes import size_scalar


def scan_as_lstm(
    step: StepFunction,
    carried: Sequence[Value],
    sequences: Sequence[Value],
    length: Size,
    *,
    axis: int = 0,
    stacked: bool = True,
) -> tuple[list[Value], list[Value]]:
    """What `ops.scan.scan` returns for the same arguments, computed by fused operators.

    The steps may read further sequences at a place that they count from 0. Raises NotAnLstm where a step is
    something else than one of LSTM cells, one upon the other.
    """
    if not isinstance(length, Dim) and length < 1:
        raise NotAnLstm("it has no steps")
    with building_subgraph("lstm_step") as scratch:
        states = inputs_of(scratch, carried)
        slices = [scratch.graph.add_input(each.type.with_shape(_without(each, axis)), each.name) for each in sequences]
        following, outputs = ([scratch.reach(value) for value in found] for found in step(states, slices))
    try:
        if any(each.operator.has_side_effects or each.operator.subgraphs() for each in scratch.graph.operations):
            raise NotAnLstm("its step has branches, loops or variables of its own")
        started = as_the_body_returns(carried, following)
        if started is not None:
            return scan_as_lstm(step, started, sequences, length, axis=axis, stacked=stacked)
        captured = {inner: outer for outer, inner in scratch.captures}
        seen = Step(states, slices, following, outputs, captured)
        read = Sequences(seen, carried, dict(zip(slices, sequences, strict=True)), length, axis)
        return _Loop(seen, carried, read, cells_of(seen)).run(stacked)
    finally:
        scratch.graph.outputs = []
        scratch.graph.prune()


def _without(sequence: Value, axis: int) -> tuple[Size, ...]:
    shape = sequence.type.shape
    return (*shape[:axis], *shape[axis + 1 :])


@dataclass
class _Loop:
    """A loop of which one step is known.

    Attributes:
        shown: the outputs of cells that have operators by now, by what the step computes for them.
        finals: the carried values behind the loop, by their place.
        batch_first: whether the operators take [batch, time, features] rather than time first.
    """

    step: Step
    carried: Sequence[Value]
    read: Sequences
    cells: list[Cell]
    shown: dict[Columns, Value] = field(default_factory=dict)
    finals: dict[int, Value] = field(default_factory=dict)
    batch_first: bool = True
    hoisted: dict[Operation, Operation] = field(default_factory=dict)

    def run(self, stacked: bool) -> tuple[list[Value], list[Value]]:
        if not self.cells:
            raise NotAnLstm(why_no_cells(self.step))
        self._require_nothing_else()
        waiting = [(cell, [self._sums_of(cell).of(gate) for gate in cell.gates]) for cell in self.cells]
        self.batch_first = self.read.axis == 1 or any(
            self.read.input_of(source).batch_first
            for _, sums in waiting
            for source in _sources(sums)
            if self.read.has(source)
        )
        while waiting:
            ready = next((each for each in waiting if self._is_ready(each[1])), None)
            if ready is None:
                raise NotAnLstm("its cells read each other")
            waiting.remove(ready)
            self._emit(*ready)
        self._finish()
        finals = [self.finals[place] for place in range(len(self.carried))]
        return finals, [(self._stacked if stacked else self._last)(output) for output in self.step.outputs]

    def _output(self, cell: Cell) -> Columns:
        """What the step computes as the output of a cell."""
        return behind(Columns.of(self.step.following[cell.h]))

    def _require_nothing_else(self) -> None:
        """Whatever the loop carries and shows is known when its cells are."""
        outputs = [self._output(cell) for cell in self.cells]
        states = {place for cell in self.cells for place in (cell.h, cell.c)}
        for place, new in enumerate(self.step.following):
            known = place in states or new is self.step.states[place] or self.read.counts(place)
            if not known and behind(Columns.of(new)) not in outputs:
                raise NotAnLstm("it carries more than the states of its cells")
        if any(behind(Columns.of(value)) not in outputs for value in self.step.outputs):
            raise NotAnLstm("it shows something else than the outputs of its cells")

    def _sums_of(self, cell: Cell) -> Sums:
        """What reads the gates of a cell."""
        outputs = [self._output(other) for other in self.cells if other is not cell]
        rows = rows_of(self.step.states[cell.h])

        def is_source(columns: Columns) -> bool:
            value = columns.value
            if value in self.step.states and value is not self.step.states[cell.h]:
                of_cell = value is self.step.states[cell.c]
                raise NotAnLstm(f"its gates read {'the cell state' if of_cell else 'what else it carries'}")
            found = value is self.step.states[cell.h] or columns in outputs or self.read.has(columns)
            if found and not same(rows_of(value), rows):
                raise NotAnLstm("its input has another batch than its states")
            return found

        return Sums(self.read.invariants, is_source)

    def _is_ready(self, sums: Sequence[Sum]) -> bool:
        outputs = {self._output(cell) for cell in self.cells}
        return all(source in self.shown for source in _sources(sums) if source in outputs)

    def _emit(self, cell: Cell, sums: Sequence[Sum]) -> None:
        """The operator of a cell."""
        h = self.step.states[cell.h]
        units = Columns.of(h).width
        gates = [_Terms(units) for _ in sums]
        for gate, found in zip(gates, sums, strict=True):
            self._fill(gate, found, h)
        inputs = list(dict.fromkeys(source for gate in gates for source in gate.kernels))
        if not inputs:
            raise NotAnLstm("it reads no sequence")
        if not any(gate.recurrent for gate in gates):
            raise NotAnLstm("its gates do not read its state")
        laid = [self._laid(source) for source in inputs]
        x = laid[0] if len(laid) == 1 else concatenate(laid, -1)
        batch = rows_of(h)
        before = [reshape(self.carried[place], (batch, units)) for place in (cell.h, cell.c)]
        first, second, third, fourth = (gate.built(inputs) for gate in gates)
        fused = fused_lstm(x, (before[0], before[1]), (first, second, third, fourth), time_major=not self.batch_first)
        self.shown[self._output(cell)] = fused.outputs
        for place, value in ((cell.h, fused.last), (cell.c, fused.cell)):
            self.finals[place] = reshape(value, self.carried[place].type.shape)

    def _fill(self, gate: _Terms, found: Sum, h: Value) -> None:
        """Give a gate its matrices and biases."""
        for source, matrix in found.products:
            built = self._matrix(matrix)
            if source.value is not h:
                gate.kernels.setdefault(self._input(source), []).append(built)
            elif source.is_whole:
                gate.recurrent.append(built)
            else:
                raise NotAnLstm("its gates read part of its state")
        gate.offsets += [(self._hoist(each.value), each) for each in found.offsets]
        for source in found.plain:
            if not self.read.has(source):
                raise NotAnLstm("its gates read a state or an output that is not multiplied with a matrix")
            projected = self.read.projected(source)
            for input, matrix in projected.products:
                gate.kernels.setdefault(input, []).append(self._matrix(matrix))
            gate.offsets += [(each.value, each) for each in projected.offsets]

    def _input(self, source: Columns) -> Input:
        if source in self.shown:
            return Input(self.shown[source], self.batch_first, source.begin, source.end)
        return self.read.input_of(source)

    def _laid(self, source: Input) -> Value:
        """A sequence as the operators take it."""
        x = source.sequence if source.batch_first == self.batch_first else transpose(source.sequence, (1, 0, 2))
        return slice_axis(x, -1, source.begin, source.end)

    def _matrix(self, matrix: Matrix) -> Value:
        """A matrix [outputs, depth], read when it is written where it is constant."""
        value = self._hoist(matrix.value)
        flat = reshape(value, (1, *value.type.shape)[-2:] if value.type.rank < 2 else value.type.shape[-2:])
        axes = (0, 1) if matrix.outputs_first else (1, 0)
        for axis, (begin, end) in zip(axes, (matrix.outputs, matrix.depth), strict=True):
            if (begin, end) != (0, flat.type.shape[axis]):
                flat = weight_part(flat, axis, begin, end)
        return flat if matrix.outputs_first else transpose(flat, (1, 0))

    def _hoist(self, value: Value) -> Value:
        """A value of the step that does not change, computed in front of the loop."""
        if value.is_constant or value in self.step.captured:
            return self.step.captured.get(value, value)
        operation = value.producer
        assert operation is not None
        if operation not in self.hoisted:
            operands = [None if operand is None else self._hoist(operand) for operand in operation.operands]
            types = [result.type for result in operation.results]
            self.hoisted[operation] = current_builder().add(operation.operator, operands, types)
        return self.hoisted[operation].results[operation.results.index(value)]

    def _finish(self) -> None:
        """What is carried besides the states of cells."""
        for place, (initial, new) in enumerate(zip(self.carried, self.step.following, strict=True)):
            if place in self.finals:
                continue
            if new is self.step.states[place]:
                self.finals[place] = initial
            elif self.read.counts(place):
                self.finals[place] = math.add(initial, cast(size_scalar(self.read.length), initial.type.dtype))
            else:
                self.finals[place] = self._last(new)

    def _last(self, output: Value) -> Value:
        """An output of a cell behind the last step."""
        shown = behind(Columns.of(output))
        cell = next(cell for cell in self.cells if self._output(cell) == shown)
        return reshape(self.finals[cell.h], output.type.shape)

    def _stacked(self, output: Value) -> Value:
        """An output of the step, of all steps."""
        found = self.shown[behind(Columns.of(output))]
        if self.read.axis == 1:
            return found
        in_time = transpose(found, (1, 0, 2)) if self.batch_first else found
        return reshape(in_time, (self.read.length, *output.type.shape))


def _sources(sums: Sequence[Sum]) -> Iterator[Columns]:
    for found in sums:
        yield from found.plain
        yield from (source for source, _ in found.products)


@dataclass
class _Terms:
    """What is added up for one gate of so many units: matrices [units, depth] by input and for the state, offsets."""

    units: int
    kernels: dict[Input, list[Value]] = field(default_factory=dict)
    recurrent: list[Value] = field(default_factory=list)
    offsets: list[tuple[Value, Columns]] = field(default_factory=list)

    def built(self, inputs: Sequence[Input]) -> Gate:
        kernels = [self._sum(self.kernels.get(each, []), (self.units, each.end - each.begin)) for each in inputs]
        kernel = kernels[0] if len(kernels) == 1 else concatenate(kernels, 1)
        offsets = [self._offset(*each) for each in self.offsets]
        return Gate(kernel, self._sum(self.recurrent, (self.units, self.units)), self._sum(offsets, (self.units,)))

    def _offset(self, value: Value, columns: Columns) -> Value:
        flat = reshape(value, (product(value.type.shape),))
        if columns.width == 1:
            return broadcast_to(weight_part(flat, 0, columns.begin, columns.end), (self.units,))
        return flat if columns.is_whole else weight_part(flat, 0, columns.begin, columns.end)

    def _sum(self, values: Sequence[Value], shape: tuple[int, ...]) -> Value:
        if not values:
            return full(shape, 0.0, DType.FLOAT32)
        total = values[0]
        for value in values[1:]:
            total = math.add(total, value)
        return total
