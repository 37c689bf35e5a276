"""Graphs of real numbers that round in chosen places only, as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, emit, emit_many
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.source import Source, source_scope
from litesmith.ops import math
from litesmith.opset.conversion import Dequantize, Quantize
from litesmith.opset.elementwise import Abs
from litesmith.quantization.analysis.unrounding import RoundedConstant, RoundedRows, RoundedValue, Rounding, Unrounded
from litesmith.runtime.interpreter import Session

Array = np.ndarray[Any, Any]
Arrays = Mapping[Value, Array]
LEAST_STEP = 1e-30
"""Of a row of zeros."""


@dataclass(frozen=True)
class Variant:
    """A file that computes some values from others.

    Attributes:
        given: the values that it takes, in order.
        made: what it returns, in order.
    """

    session: Session
    given: tuple[Value, ...]
    made: tuple[Value, ...]

    def __call__(self, arrays: Arrays) -> dict[Value, Array]:
        return dict(zip(self.made, self.session.run([arrays[value] for value in self.given]), strict=True))


class Variants:
    """Makes files of a model of real numbers.

    Attributes:
        exact: weights as they were before they were rounded, as far as they are known.
    """

    def __init__(self, real: Unrounded, exact: Mapping[RoundedConstant, Constant]) -> None:
        self.real, self.exact = real, exact

    def make(self, active: Set[Rounding], outputs: Sequence[Value], operations: Iterable[Operation]) -> Variant:
        """A file of these operations that rounds in the `active` places.

        `outputs`: of the model's main graph; outputs of the model are rounded as their readers see them, where that is
        active, other values are given before they are.
        """
        building = _Building(self, active)
        graph = Graph("main")
        made = building.fill(graph, operations, self.real.model.main, outputs)
        graph.outputs = [made[value] for value in outputs]
        return Variant(Session(to_bytes(Model([graph]))), tuple(building.given), tuple(outputs))


class _Building:
    def __init__(self, variants: Variants, active: Set[Rounding]) -> None:
        self.given: list[Value] = []
        self._constants: dict[tuple[Operation, int], Constant] = {}
        for each in variants.real.constants:
            exact = variants.exact.get(each)
            if each not in active and exact is not None:
                self._constants[each.operation, each.place] = exact
        known = set(variants.real.constants)
        for rounding in active:  # what rounds constants otherwise than the file
            if isinstance(rounding, RoundedConstant) and rounding not in known:
                self._constants[rounding.operation, rounding.place] = rounding.rounded
        self._roundings: dict[Value, list[RoundedValue]] = {}
        for rounding in active:
            if isinstance(rounding, RoundedValue):
                self._roundings.setdefault(rounding.value, []).append(rounding)

    def fill(
        self, graph: Graph, operations: Iterable[Operation], old: Graph, wanted: Sequence[Value]
    ) -> dict[Value, Value]:
        """Copy operations into a graph; the copies of its outputs, rounded where that is active."""
        part = _Part(self, graph, old)
        if old.is_called:
            for value in old.inputs:
                part.add_input(value)
        for operation in operations:
            part.add(operation)
        returned = set(old.outputs)
        return {value: part.output(value) if value in returned else part.raw(value) for value in wanted}

    def constant(self, operation: Operation, place: int, value: Value) -> Value:
        chosen = self._constants.get((operation, place), value.constant)
        assert chosen is not None
        return Value(chosen.type, value.name, constant=chosen)

    def roundings(self, value: Value) -> list[RoundedValue]:
        return self._roundings.get(value, [])

    def operator(self, operator: Any) -> Any:
        """The operator, with copies of the graphs that it runs."""
        if not operator.subgraphs():
            return operator
        changed = {field.name: self._option(getattr(operator, field.name)) for field in fields(operator)}
        return replace(operator, **changed)

    def _option(self, option: Any) -> Any:
        if not isinstance(option, Graph):
            return tuple(map(self._option, option)) if isinstance(option, tuple) else option
        graph = Graph(option.name)
        graph.is_called = True
        made = self.fill(graph, option.operations, option, option.outputs)
        graph.outputs = [made[value] for value in option.outputs]
        return graph


class _Part:
    """One graph that is being copied."""

    def __init__(self, building: _Building, graph: Graph, old: Graph) -> None:
        self._building, self._graph, self._old = building, graph, old
        self._copies: dict[Value, Value] = {}
        self._rounded: dict[RoundedValue, Value] = {}

    def add_input(self, value: Value) -> Value:
        self._copies[value] = self._graph.add_input(value.type, value.name)
        return self._copies[value]

    def add(self, operation: Operation) -> None:
        operands = [
            None if value is None else self._read(operation, place, value)
            for place, value in enumerate(operation.operands)
        ]
        operator = self._building.operator(operation.operator)
        copy = Operation(operator, operands, operation.result_types, operation.source)
        for old, new in zip(operation.results, copy.results, strict=True):
            new.name, new.contents, new.is_variable = old.name, old.contents, old.is_variable
            self._copies[old] = new
        self._graph.insert(copy)

    def raw(self, value: Value) -> Value:
        """The copy of a value; what is not computed here is given."""
        if value not in self._copies:
            if value.constant is not None:
                self._copies[value] = Value(value.type, value.name, constant=value.constant)
            elif value.is_variable:
                self._copies[value] = Value(value.type, value.name)
                self._copies[value].is_variable = True
            else:
                self._building.given.append(value)
                self.add_input(value)
        return self._copies[value]

    def output(self, value: Value) -> Value:
        """What the graph returns: rounded where everyone reads it so."""
        whole = [each for each in self._building.roundings(value) if each.readers is None]
        return self._round(whole[0]) if whole else self.raw(value)

    def _read(self, operation: Operation, place: int, value: Value) -> Value:
        if value.constant is not None:
            return self._building.constant(operation, place, value)
        for rounding in self._building.roundings(value):
            if rounding.readers is None or (operation, place) in rounding.readers:
                return self._round(rounding)
        return self.raw(value)

    def _round(self, rounding: RoundedValue) -> Value:
        """A value as its integers stand for it."""
        if rounding not in self._rounded:
            raw = self.raw(rounding.value)
            producer = rounding.value.producer
            with building(self._graph), source_scope(producer.source if producer else Source()):
                self._rounded[rounding] = (
                    _rows(raw, rounding) if isinstance(rounding, RoundedRows) else _whole(raw, rounding)
                )
        return self._rounded[rounding]


def _whole(raw: Value, rounding: RoundedValue) -> Value:
    (integers,) = emit_many(Quantize(), raw, types=[rounding.type])
    return emit(Dequantize(), integers)


def _rows(raw: Value, rounding: RoundedRows) -> Value:
    """Each row in steps of its own range, which holds 0."""
    if rounding.symmetric:
        step = math.multiply(math.max(emit(Abs(), raw), rounding.axes, True), 1 / 127)
    else:
        low = math.minimum(math.min(raw, rounding.axes, True), 0.0)
        high = math.maximum(math.max(raw, rounding.axes, True), 0.0)
        step = math.multiply(math.subtract(high, low), 1 / 255)
    step = math.maximum(step, LEAST_STEP)
    return math.multiply(math.round_half_even(math.divide(raw, step)), step)
