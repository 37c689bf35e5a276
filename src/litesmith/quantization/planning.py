"""What a model becomes in integers, before anything is changed: which operations compute with them, in what scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType, Quantization
from litesmith.opset.binary import Extremum
from litesmith.opset.elementwise import LogSoftmax, Softmax
from litesmith.opset.matmul import BatchMatmul
from litesmith.quantization import lstm
from litesmith.quantization.borders import give_constants_to_each, split
from litesmith.quantization.domains import Domains, settled
from litesmith.quantization.forms import Form
from litesmith.quantization.groups import Group, groups_of, shared_operands
from litesmith.quantization.loops import accumulating, without_weights
from litesmith.quantization.observers.choosing import Observer, range_of
from litesmith.quantization.ranges import Histogram
from litesmith.quantization.readers import read_as
from litesmith.quantization.reasons import LeftReal, divided_by, why_real
from litesmith.quantization.scales import MOST, Function, asymmetric, symmetric, symmetric16
from litesmith.quantization.variances import coarse

Array = np.ndarray[Any, Any]
MOST_STEPS = 250
"""Of a result in one of what it is made of."""
LEAST_OF_SOFTMAX = 2**-24 * 255
"""Of the range that a softmax is taken of: TFLM ends the program where its steps are below 2 ** -26."""
MASKED = 16.0
"""How far what is masked lies from the rest: exp(-16) is nothing beside exp(0)."""


@dataclass
class Plan:
    """What becomes of a graph.

    Attributes:
        domains: the element types in which real numbers are computed, and go from graph to graph.
        crossings: QUANTIZE and DEQUANTIZE that stand where types or scales meet.
        forms: what each operation that computes with integers was asked to be.
        types: of each value that becomes an integer.
        scales: of each of these.
        left: operations that were to compute with integers and cannot.
        histograms: what activations hold, copies that were made included.
    """

    domains: Domains
    crossings: list[Operation]
    forms: dict[Operation, Form]
    histograms: dict[Value, Histogram]
    types: dict[Value, DType] = field(default_factory=dict)
    scales: dict[Value, Quantization] = field(default_factory=dict)
    left: list[LeftReal] = field(default_factory=list)

    def domain(self, operation: Operation) -> DType:
        """The element type that an operation computes in; float32 for a crossing, which computes nothing."""
        return self.domains.of(operation)


def plan(
    graphs: Sequence[Graph],
    histograms: Mapping[Value, Histogram],
    form_of: Callable[[Operation], Form],
    observer: Observer = "mse",
) -> Plan:
    """Which operations of a model's graphs compute with integers, and the scales of their values.

    QUANTIZE and DEQUANTIZE are put where element types meet, and QUANTIZE where a value needs two scales; all types
    are float32 still.

    Args:
        histograms: what its activations hold, as `ranges.observe` says.
        form_of: what each operation is to become.
        observer: how ranges follow from what was seen.
    """
    operations = [operation for graph in graphs for operation in graph.operations]
    chosen_forms = {operation: form_of(operation) for operation in operations}
    for operation in (*accumulating(graphs), *coarse(graphs, histograms)):
        chosen_forms[operation] = _wider(operation, chosen_forms[operation])
    reasons = {
        operation: why_real(operation, histograms, form) if form.computes_integers else ""
        for operation, form in chosen_forms.items()
    }
    for operation in without_weights(graphs):
        if reasons[operation] is None:
            reasons[operation] = "it is in a loop without weights, where what is rounded off adds up"
    for operation in tuple(divided_by(reasons)):
        reasons[operation] = "others divide by it, and it may be rounded to 0"
    forms = {operation: form for operation, form in chosen_forms.items() if reasons[operation] is None}
    histograms = dict(histograms)
    crossings: list[Operation] = []
    for operation in filter(lstm.is_lstm, operations):
        crossings += _prepare_states(operation, forms, histograms)
    domains = settled({operation: form.activations for operation, form in forms.items()}, graphs)
    left = [LeftReal(operation, reason) for operation, reason in reasons.items() if reason]
    found = Plan(domains, crossings, forms, histograms, left=left)
    for graph in graphs:
        give_constants_to_each(graph)
        found.crossings += split(graph, domains)
    groups, requantized = groups_of(graphs, domains)
    found.crossings += requantized
    for operation in found.crossings:
        _copy_histogram(found.histograms, operation)
    chosen: dict[int, Quantization] = {}
    repeated = {result for graph in graphs[1:] for operation in graph.operations for result in operation.results}
    for value, group in groups.items():
        if id(group) not in chosen:
            # What a function hides of one step of a loop, such as a gate that never quite opens, adds up over all.
            function = read_as(group) if repeated.isdisjoint(group.members) else None
            chosen[id(group)] = _scale(group, found.histograms, observer, function)
        found.types[value], found.scales[value] = group.domain, chosen[id(group)]
    for graph in graphs:
        _keep_ratios(graph, found)
    return found


def _prepare_states(
    operation: Operation, forms: dict[Operation, Form], histograms: dict[Value, Histogram]
) -> list[Operation]:
    """Load the variables of an LSTM operator as integers; who else reads its cell state computes with 16 bits.

    Where the operator computes with real numbers, so do those that write and read its variables.
    """
    assert operation.graph is not None
    before = lstm.states(operation)
    if operation not in forms:
        for value in before:
            for other in (value.producer, *value.users):
                forms.pop(other, None)  # type: ignore[arg-type]
        return []
    crossings = lstm.load_states(operation, operation.graph)
    histograms.update(zip(lstm.states(operation), [histograms[value] for value in before], strict=True))
    _, cell = lstm.states(operation)
    for reader in cell.users:
        if reader is not operation and reader in forms:
            forms[reader] = replace(forms[reader], activations=DType.INT16)
    return crossings


def _wider(operation: Operation, form: Form) -> Form:
    """A form of 16 bits in place of one of 8, for what rounds the same number again and again."""
    has_kernel = DType.INT16 in operation.operator.quantized_dtypes
    return replace(form, activations=DType.INT16) if form.activations is DType.INT8 and has_kernel else form


def _copy_histogram(histograms: dict[Value, Histogram], crossing: Operation) -> None:
    """What a copy holds that QUANTIZE or DEQUANTIZE makes."""
    (value,) = crossing.operands
    assert value is not None
    if value in histograms and not crossing.result.is_variable:
        histograms[crossing.result] = histograms[value]


def _scale(
    group: Group, histograms: Mapping[Value, Histogram], observer: Observer, function: Function | None
) -> Quantization:
    """`function`: what all who read the values compute of them, whose error counts."""
    if group.fixed is not None:
        return group.fixed
    histogram = _together(group, histograms)
    if any(map(lstm.is_cell_state, group.members)):
        return lstm.power_of_two(histogram.low, histogram.high)
    is_symmetric = group.domain is DType.INT16 or any(_wants_zero(value) for value in group.members)
    bits = 16 if group.domain is DType.INT16 else 8
    low, high = _with_masks(*range_of(histogram, observer, is_symmetric, bits, function), histogram)
    if bits == 16:
        return symmetric16(low, high)
    if any(isinstance(each.operator, (Softmax, LogSoftmax)) for value in group.members for each in value.users):
        high = max(high, low + LEAST_OF_SOFTMAX)
    return symmetric(low, high) if is_symmetric else asymmetric(low, high)


def _with_masks(low: float, high: float, histogram: Histogram) -> tuple[float, float]:
    """A range in which there is room for what is masked."""
    return low - MASKED * histogram.masks[0], high + MASKED * histogram.masks[1]


def _together(group: Group, histograms: Mapping[Value, Histogram]) -> Histogram:
    """What all values of a group hold: what moves values about holds nothing new."""
    found: Histogram | None = None
    for value in group.members:
        if value.constant is not None:
            if _only_bounds(value):
                continue
            own = Histogram()
            own.add(np.atleast_1d(value.constant.array()), may_be_mask=len(group.members) > 1)
        else:
            own = histograms[value]
        found = own if found is None else found.merged(own)
    assert found is not None
    return found


def _only_bounds(value: Value) -> bool:
    """Whether a constant limits others only: beyond what they hold it does nothing, wherever it is cut off."""
    return all(isinstance(operation.operator, Extremum) for operation in value.users)


def _wants_zero(value: Value) -> bool:
    """Whether XNNPACK takes a value with a zero point of 0 only: the right one of a product of two activations."""
    return any(isinstance(operation.operator, BatchMatmul) and place == 1 for operation, place in value.uses)


def _keep_ratios(graph: Graph, found: Plan) -> None:
    """Widen the scales of results where XNNPACK would refuse the file, as their steps are too small.

    What is summed or multiplied may have steps of at most 2 ** 8 times those of the result (`xnnpack_delegate.cc`,
    and the limits of its operators).
    """
    for operation in graph.operations:
        if found.domain(operation) is not DType.INT8 or not operation.results:
            continue
        largest = _largest_step(operation, found.scales)
        result = found.scales.get(operation.results[0])
        if largest is None or result is None or largest < result.scales[0] * MOST_STEPS:
            continue
        wider = Quantization((float(np.float32(largest / MOST_STEPS * 1.25)),), result.zero_points)
        for value, own in found.scales.items():
            if own is result:
                found.scales[value] = wider


def _largest_step(operation: Operation, scales: Mapping[Value, Quantization]) -> float | None:
    """The largest step of what an operation adds up; None where it adds nothing up."""
    steps = [scales[value].scales[0] for value in shared_operands(operation) if value in scales]
    if operation.operator.builtin in ("ADD", "SUB"):
        return max(steps)
    if operation.operator.builtin in ("MUL", "BATCH_MATMUL"):
        return float(np.prod(steps))
    weights = [
        operand.constant.array()
        for place, operand in enumerate(operation.operands)
        if operand is not None and operand.constant and operation.operator.operand(place).role is Role.WEIGHT
    ]
    return steps[0] * float(np.abs(weights[0]).max(initial=0)) / MOST if weights and steps else None
