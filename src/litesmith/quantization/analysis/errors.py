"""What each layer's rounding does to a model's outputs: alone, and among all others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.graph import Operation, Value
from litesmith.ir.types import DType
from litesmith.opset.control import CallOnce
from litesmith.opset.variable import AssignVariable, ReadVariable
from litesmith.quantization.analysis.unrounding import RoundedConstant, RoundedValue, Rounding
from litesmith.quantization.analysis.variants import Variant, Variants

Array = np.ndarray[Any, Any]
Batch = dict[Value, Array]
LEAST = 1e-20
"""A share of noise that is none: 200 dB."""


@dataclass(frozen=True)
class LayerNoise:
    """Noise over signal at the outputs, as shares of power.

    Attributes:
        alone: with only this layer rounded.
        weights, activations: with only these of it; None where it has none.
        without: with all rounded but this layer.
    """

    layer: str
    roundings: tuple[Rounding, ...]
    alone: float
    weights: float | None
    activations: float | None
    without: float


@dataclass(frozen=True)
class Noise:
    """What rounding does to a model's outputs, on some data.

    Attributes:
        total: noise over signal with all rounded.
        real: what every value is without rounding, batch by batch.
    """

    total: float
    layers: tuple[LayerNoise, ...]
    real: tuple[Batch, ...]


def decibels_of(share: float) -> float:
    """Signal over noise in decibels, at most 200."""
    return -10 * math.log10(max(share, LEAST))


class Measuring:
    """Runs a model of real numbers with some of its roundings.

    What comes before a layer is computed once, without rounding and with all of it, and kept; each trial runs what
    comes behind.
    """

    def __init__(self, variants: Variants, inputs: Sequence[list[Array]]) -> None:
        self._variants = variants
        self._main = variants.real.model.main
        self._outputs = list(dict.fromkeys(self._main.outputs))
        given = [dict(zip(self._main.inputs, arrays, strict=True)) for arrays in inputs]
        self.everything: frozenset[Rounding] = frozenset(variants.real.roundings)
        self._made: dict[frozenset[Rounding], Variant] = {}
        self._real = [self._all(batch, frozenset()) for batch in given]
        self._rounded = [self._all(batch, self.everything) for batch in given]

    def run(self, advance: Callable[[str], None]) -> Noise:
        """The noise of each layer; `advance` is called with its name before it is measured."""
        found = []
        for layer, roundings in by_layer(self._variants.real.roundings).items():
            advance(layer)
            found.append(self._layer(layer, roundings))
        total = self._noise(self._rounded)
        return Noise(total, tuple(found), tuple(self._real))

    def changed(self, removed: frozenset[Rounding], added: frozenset[Rounding]) -> float:
        """The noise with all rounded but for some roundings, in whose place there are others."""
        active = (self.everything - removed) | added
        return self._noise(self._behind(active, removed | added, self._rounded))

    def only(self, active: frozenset[Rounding]) -> float:
        """The noise with only some roundings."""
        return self._noise(self._behind(active, active, self._real))

    def outputs(self, rounded: bool) -> list[list[Array]]:
        """The model's outputs, batch by batch, without rounding or with all of it."""
        runs = self._rounded if rounded else self._real
        return [[batch[value] for value in self._main.outputs] for batch in runs]

    def _layer(self, layer: str, roundings: list[Rounding]) -> LayerNoise:
        known = self._variants.exact
        weights = frozenset(each for each in roundings if isinstance(each, RoundedConstant) and each in known)
        values = frozenset(each for each in roundings if isinstance(each, RoundedValue))
        parts = [self.only(each) if each else None for each in (weights, values)]
        both = self.only(weights | values) if weights and values else parts[0] or parts[1] or 0.0
        rest = self.everything - weights - values
        without = self._behind(rest, roundings, self._rounded)
        return LayerNoise(layer, tuple(roundings), both, parts[0], parts[1], self._noise(without))

    def _behind(self, active: frozenset[Rounding], changed: Iterable[Rounding], known: list[Batch]) -> list[Batch]:
        """The outputs with some roundings, where all but the changed ones are as in what is known."""
        operations = self._affected(changed)
        computed = {result for operation in operations for result in operation.results}
        at_the_end = {each.value for each in changed if isinstance(each, RoundedValue)}
        wanted = [value for value in self._outputs if value in computed or value in at_the_end]
        if not wanted:
            return known
        variant = self._variants.make(active, wanted, operations)
        return [{**{value: batch[value] for value in self._outputs}, **variant(batch)} for batch in known]

    def _affected(self, changed: Iterable[Rounding]) -> list[Operation]:
        """The operations of the main graph whose results differ where these roundings do."""
        inside: dict[Any, Operation] = {}
        for operation in self._main.operations:
            for graph in _graphs_of(operation):
                inside[graph] = operation
        first: set[Operation] = set()
        for each in changed:
            if isinstance(each, RoundedConstant):
                graph = each.operation.graph
                first.add(each.operation if graph is self._main else inside[graph])
            elif each.graph is self._main:
                first.update(operation for operation, _ in each.readers or each.value.uses)
            else:
                first.add(inside[each.graph])
        found = self._following(first)
        while more := self._readers_of_what_is_written(found) - set(found):
            found = self._following({*found, *more})
        return self._with_variables(found)

    def _following(self, first: set[Operation]) -> list[Operation]:
        """These operations, and those that read what they compute, in the order of the graph."""
        moved: set[Value] = set()
        found = []
        for operation in self._main.operations:
            if operation in first or any(operand in moved for operand in operation.operands):
                found.append(operation)
                moved.update(operation.results)
        return found

    def _readers_of_what_is_written(self, operations: list[Operation]) -> set[Operation]:
        """What reads, in the next run, variables that these operations write."""
        written = {_variable(each) for each in operations if isinstance(each.operator, AssignVariable)}
        every = (each for each in self._main.operations if isinstance(each.operator, ReadVariable))
        return {each for each in every if _variable(each) in written}

    def _with_variables(self, operations: list[Operation]) -> list[Operation]:
        """And what makes the variables that they use, which are not handed over."""
        needed = set(operations)
        used = {operand for operation in operations for operand in operation.operands if operand is not None}
        if any(value.type.dtype is DType.RESOURCE for value in used):
            needed.update(each for each in self._main.operations if isinstance(each.operator, CallOnce))
        needed.update(
            value.producer
            for value in used
            if value.producer is not None and (value.is_variable or value.type.dtype is DType.RESOURCE)
        )
        return [operation for operation in self._main.operations if operation in needed]

    def _all(self, batch: Batch, active: frozenset[Rounding]) -> Batch:
        """Every value that some operation reads, and the outputs."""
        values = [
            result
            for operation in self._main.operations
            for result in operation.results
            if (result.uses or result in self._outputs) and not result.is_variable
            if result.type.dtype is not DType.RESOURCE
        ]
        variant = self._made.get(active) or self._variants.make(active, values, self._main.operations)
        self._made[active] = variant
        return {**batch, **variant(batch)}

    def _noise(self, batches: list[Batch]) -> float:
        """Noise over signal, the mean of all outputs that are real numbers."""
        shares = []
        for value in self._outputs:
            real = [batch[value] for batch in self._real]
            if real[0].dtype.kind == "f":
                power = sum(float(np.sum(np.square(array, dtype=np.float64))) for array in real)
                pairs = zip(real, batches, strict=True)
                noise = sum(float(np.sum((array - batch[value]).astype(np.float64) ** 2)) for array, batch in pairs)
                shares.append(noise / max(power, 1e-30))
        return float(np.mean(shares)) if shares else 0.0


def _variable(operation: Operation) -> str:
    """The name of the variable that an operation reads or writes."""
    handle = operation.operands[0]
    assert handle is not None
    return "" if handle.producer is None else getattr(handle.producer.operator, "shared_name", "")


def _graphs_of(operation: Operation) -> list[Any]:
    """The graphs that an operation runs, and those that they run."""
    found = list(operation.operator.subgraphs())
    for graph in found:
        found += [each for inner in graph.operations for each in inner.operator.subgraphs() if each not in found]
    return found


def by_layer(roundings: Iterable[Rounding]) -> Mapping[str, list[Rounding]]:
    """The roundings of each layer, in the order of the graph."""
    layers: dict[str, list[Rounding]] = {}
    for rounding in roundings:
        layers.setdefault(rounding.layer, []).append(rounding)
    return layers
