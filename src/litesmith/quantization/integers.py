"""A model's real numbers as integers of 8 bits: which operations compute with them, and in what scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from litesmith.ir.builder import building, constant_value, emit, emit_many
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Never, Role
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.binary import Comparison, Div, Extremum
from litesmith.opset.conversion import Dequantize, Quantize
from litesmith.opset.elementwise import LogSoftmax, Softmax
from litesmith.opset.matmul import BatchMatmul
from litesmith.quantization.constants import LARGEST_BIAS, as_bias, as_integers, as_reals, mean_shift, with_scales
from litesmith.quantization.groups import Group, groups_of, real_results, shared_operands
from litesmith.quantization.ranges import MASK, Histogram
from litesmith.quantization.scales import MOST, asymmetric, least_error_range, symmetric
from litesmith.quantization.weights import as_int8

Array = np.ndarray[Any, Any]
Face = Literal["float32", "int8", "uint8"]
WIDEST = 120.0
"""Of what is compared: steps are below 1 then, also where the zero point is 0 and half of them are not used."""
LARGEST = 1e30
"""Of a range: kernels multiply and divide scales."""
MOST_STEPS = 250
"""Of a result in one of what it is made of."""
LEAST_OF_SOFTMAX = 2**-24 * 255
"""Of the range that a softmax is taken of: TFLM ends the program where its steps are below 2 ** -26."""
MASKED = 16.0
"""How far what is masked lies from the rest: exp(-16) is nothing beside exp(0)."""


@dataclass(frozen=True)
class LeftReal:
    """An operation that computes with real numbers still, and why."""

    operation: Operation
    reason: str


@dataclass
class Integers:
    """What became of a model.

    Attributes:
        scales: of each value that is an integer now.
        left: operations that compute with real numbers still.
    """

    scales: dict[Value, Quantization] = field(default_factory=dict)
    left: list[LeftReal] = field(default_factory=list)


def quantize_integers(model: Model, histograms: Mapping[Value, Histogram], face: Face = "float32") -> Integers:
    """Let the first graph compute with integers of 8 bits wherever there is a kernel for it.

    Args:
        histograms: what its activations hold, as `ranges.observe` says.
        face: the type of inputs and outputs that are real numbers now.
    """
    return _Quantizer(model.main, dict(histograms)).run(face)


class _Quantizer:
    def __init__(self, graph: Graph, histograms: dict[Value, Histogram]) -> None:
        self.graph = graph
        self.histograms = histograms
        self.found = Integers()
        self.reasons = {operation: self._reason(operation) for operation in graph.operations}
        self.shifts: dict[Operation, Array] = {}

    def run(self, face: Face) -> Integers:
        groups, copies = groups_of(self.graph, self.takes)
        for copy, value in copies.items():
            self.histograms[copy] = self.histograms[value]
            assert copy.producer is not None
            self.reasons[copy.producer] = None
        chosen: dict[int, Quantization] = {}
        for value, group in groups.items():
            if id(group) not in chosen:
                chosen[id(group)] = self._scale(group)
            self.found.scales[value] = chosen[id(group)]
        self._keep_ratios()
        for operation in list(self.graph.operations):
            if self.takes(operation):
                self._make_integer(operation)
        self._cross()
        self._face(face)
        self.found.left = [
            LeftReal(operation, reason) for operation, reason in self.reasons.items() if reason and operation.graph
        ]
        return self.found

    def takes(self, operation: Operation) -> bool:
        """Whether an operation computes with integers."""
        return self.reasons.get(operation, "it was added") is None

    def _reason(self, operation: Operation) -> str | None:
        """Why an operation stays as it is; empty for one that has nothing to do with real numbers."""
        values = [*shared_operands(operation), *real_results(operation)]
        if not values:
            return ""
        if isinstance(operation.operator.scales, Never):
            return "it has no kernel for integers of 8 bits"
        for value in values:
            if value.constant is None and (value not in self.histograms or not self.histograms[value].seen):
                return "nothing was seen of its values"
            if self._reach(value) > LARGEST and not self._is_mask(value):
                return "its values are larger than integers can stand for"
            if value.constant is None and self.histograms[value].unusable:
                return "some of its values are not numbers"
        if isinstance(operation.operator, Div) and not _is_far_from_zero(operation.operands[1]):
            return "its kernel ends the run where a divisor is rounded to 0"
        if isinstance(operation.operator, Comparison) and any(self._reach(value) > WIDEST for value in values):
            return "its kernel ends the process where a step is 1 or more"
        for place, operand in enumerate(operation.operands):
            role = operation.operator.operand(place).role
            if operand is not None and role in (Role.WEIGHT, Role.BIAS) and operand.constant is None:
                return "its weights are computed by the model"
            if operand is not None and role is Role.WEIGHT and operand.type.dtype is not DType.FLOAT32:
                return "its weights have another form already"
        return None

    def _reach(self, value: Value) -> float:
        """How wide the range of a value is."""
        if value.constant is not None:
            array = value.constant.array()
            return float(max(array.max(initial=0), 0) - min(array.min(initial=0), 0))
        return self.histograms[value].high - self.histograms[value].low

    def _is_mask(self, value: Value) -> bool:
        """Whether a value only says what is left out."""
        return value.constant is not None and bool((np.abs(value.constant.array()) >= MASK).all())

    def _scale(self, group: Group) -> Quantization:
        if group.fixed is not None:
            return Quantization((group.fixed.scale,), (group.fixed.zero_point,))
        histogram = self._together(group)
        is_symmetric = any(_wants_zero(value) for value in group.members)
        low, high = least_error_range(histogram, is_symmetric)
        low, high = low - MASKED * histogram.masks[0], high + MASKED * histogram.masks[1]
        if any(isinstance(each.operator, (Softmax, LogSoftmax)) for value in group.members for each in value.users):
            high = max(high, low + LEAST_OF_SOFTMAX)
        return symmetric(low, high) if is_symmetric else asymmetric(low, high)

    def _together(self, group: Group) -> Histogram:
        """What all values of a group hold: what moves values about holds nothing new."""
        found: Histogram | None = None
        for value in group.members:
            if value.constant is not None:
                if _only_bounds(value):
                    continue
                own = Histogram()
                own.add(np.atleast_1d(value.constant.array()), may_be_mask=len(group.members) > 1)
            else:
                own = self.histograms[value]
            found = own if found is None else found.merged(own)
        assert found is not None
        return found

    def _keep_ratios(self) -> None:
        """Widen the scales of results where XNNPACK would refuse the file, as their steps are too small.

        What is summed or multiplied may have steps of at most 2 ** 8 times those of the result (`xnnpack_delegate.cc`,
        and the limits of its operators).
        """
        for operation in self.graph.operations:
            if not self.takes(operation) or not operation.results:
                continue
            largest = self._largest_step(operation)
            result = self.found.scales.get(operation.results[0])
            if largest is None or result is None or largest < result.scales[0] * MOST_STEPS:
                continue
            wider = Quantization((float(np.float32(largest / MOST_STEPS * 1.25)),), result.zero_points)
            for value, own in self.found.scales.items():
                if own is result:
                    self.found.scales[value] = wider

    def _largest_step(self, operation: Operation) -> float | None:
        """The largest step of what an operation adds up; None where it adds nothing up."""
        steps = [self.found.scales[value].scales[0] for value in shared_operands(operation)]
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

    def _make_integer(self, operation: Operation) -> None:
        """Give an operation integer results, and integer constants to compute with."""
        for place, operand in enumerate(operation.operands):
            if operand is None or operand.constant is None or operand.type.dtype is not DType.FLOAT32:
                continue
            described = operation.operator.operand(place)
            if described.role is Role.ACTIVATION:
                made = as_integers(operand.constant, self.found.scales[operand])
            elif described.role is Role.WEIGHT:
                weights = as_int8(operand.constant, described.channel_axis)
                assert weights is not None
                made = self._with_room_for_bias(operation, weights, operand.constant, described.channel_axis)
                self._note_shift(operation, operand.constant, made)
            else:
                continue
            self.graph.rewire(operation, place, constant_value(made, operand.name))
        self._make_bias(operation)
        for result in real_results(operation):
            result.type = TensorType(DType.INT8, result.type.shape, self.found.scales[result])

    def _input_scale(self, operation: Operation) -> float:
        """The scale of what an operation multiplies by its weights."""
        place = next(
            place
            for place in range(len(operation.operands))
            if operation.operator.operand(place).role is Role.ACTIVATION
        )
        value = operation.operands[place]
        assert value is not None
        return self.found.scales[value].scales[0]

    def _bias_place(self, operation: Operation) -> int | None:
        for place, operand in enumerate(operation.operands):
            if operand is not None and operation.operator.operand(place).role is Role.BIAS:
                return place
        return None

    def _with_room_for_bias(
        self, operation: Operation, weights: Constant, original: Constant, axis: int | None
    ) -> Constant:
        """The weights in scales in which the bias fits into 32 bits."""
        place = self._bias_place(operation)
        if place is None:
            return weights
        bias = operation.operands[place]
        assert bias is not None
        assert bias.constant is not None
        assert weights.type.quantization is not None
        scales = np.array(weights.type.quantization.scales)
        least = np.abs(bias.constant.array()) / (self._input_scale(operation) * LARGEST_BIAS / 2)
        if np.all(scales >= least):
            return weights
        return with_scales(original, np.maximum(scales, least), axis)

    def _note_shift(self, operation: Operation, weights: Constant, rounded: Constant) -> None:
        """How far the rounding of weights moves an operation's results on average, from the means of its inputs."""
        place = next(i for i in range(len(operation.operands)) if operation.operator.operand(i).role is Role.ACTIVATION)
        value = operation.operands[place]
        histogram = None if value is None else self.histograms.get(value)
        means = None if histogram is None else histogram.means
        if means is None or rounded.type.quantization is None:
            return
        shift = mean_shift(operation.operator, weights.array() - as_reals(rounded), means)
        if shift is not None:
            self.shifts[operation] = shift.astype(np.float32)

    def _make_bias(self, operation: Operation) -> None:
        place = self._bias_place(operation)
        if place is None:
            return
        bias = operation.operands[place]
        assert bias is not None
        assert bias.constant is not None
        weights = next(
            operand
            for position, operand in enumerate(operation.operands)
            if operand is not None and operation.operator.operand(position).role is Role.WEIGHT
        )
        assert weights.type.quantization is not None
        scales = np.float64(self._input_scale(operation)) * np.array(weights.type.quantization.scales)
        shift = self.shifts.get(operation)
        corrected = bias.constant if shift is None else Constant.of(bias.constant.array() + shift)
        self.graph.rewire(operation, place, constant_value(as_bias(corrected, scales), bias.name))

    def _cross(self) -> None:
        """Put QUANTIZE and DEQUANTIZE where integers and real numbers meet."""
        for value in [*self.graph.inputs, *(result for each in list(self.graph.operations) for result in each.results)]:
            if value.type.dtype is DType.INT8 and value in self.found.scales:
                self._let_reals_read(value)
            elif value.type.dtype is DType.FLOAT32 and value in self.found.scales:
                self._let_integers_read(value)

    def _let_reals_read(self, value: Value) -> None:
        readers = [use for use in value.uses if not self.takes(use[0])]
        is_output = self.graph.is_output(value)
        if not readers and not is_output:
            return
        with self._behind(value):
            real = emit(Dequantize(), value)
            real.name = value.name
        assert real.producer is not None
        self.reasons[real.producer] = ""
        for operation, place in readers:
            self.graph.rewire(operation, place, real)
        self.graph.outputs = [real if output is value else output for output in self.graph.outputs]

    def _let_integers_read(self, value: Value) -> None:
        readers = [use for use in value.uses if self.takes(use[0])]
        if not readers:
            return
        with self._behind(value):
            type = TensorType(DType.INT8, value.type.shape, self.found.scales[value])
            (integer,) = emit_many(Quantize(), value, types=[type])
            integer.name = value.name
        assert integer.producer is not None
        self.reasons[integer.producer] = ""
        self.found.scales[integer] = self.found.scales[value]
        for operation, place in readers:
            self.graph.rewire(operation, place, integer)

    def _behind(self, value: Value) -> Any:
        """Where an operation that reads a value can stand first."""
        if value.producer is None:
            place = 0
        else:
            place = self.graph.operations.index(value.producer) + 1
        before = self.graph.operations[place] if place < len(self.graph.operations) else None
        return _at(self.graph, before, value)

    def _face(self, face: Face) -> None:
        """Let callers give and take integers, where they asked for it."""
        if face == "float32":
            return
        for value in list(self.graph.inputs):
            quantizes = [each for each in value.users if isinstance(each.operator, Quantize)]
            if len(quantizes) == 1 == len(value.uses) and value.type.dtype is DType.FLOAT32:
                self._integer_input(value, quantizes[0], face)
        for place, value in enumerate(self.graph.outputs):
            producer = value.producer
            if producer is not None and isinstance(producer.operator, Dequantize) and value.type.dtype is DType.FLOAT32:
                (integer,) = producer.operands
                assert integer is not None
                self.graph.outputs[place] = integer if face == "int8" else self._as_uint8(integer)
        self.graph.prune()

    def _integer_input(self, value: Value, quantize: Operation, face: Face) -> None:
        type = quantize.result.type
        if face == "int8":
            value.type = type
            self.graph.replace(quantize, [value])
            return
        value.type = _unsigned(type)

    def _as_uint8(self, value: Value) -> Value:
        with self._behind(value):
            (made,) = emit_many(Quantize(), value, types=[_unsigned(value.type)])
            made.name = value.name
        return made


def _unsigned(type: TensorType) -> TensorType:
    """The same reals as integers of 0..255."""
    assert type.quantization is not None
    quantization = replace(type.quantization, zero_points=tuple(zero + 128 for zero in type.quantization.zero_points))
    return TensorType(DType.UINT8, type.shape, quantization)


def _at(graph: Graph, before: Operation | None, value: Value) -> Any:
    from contextlib import ExitStack

    stack = ExitStack()
    stack.enter_context(building(graph, before))
    if value.producer is not None:
        stack.enter_context(source_scope(value.producer.source))
    return stack


def _is_far_from_zero(divisor: Value | None) -> bool:
    """Whether a divisor is known, and none of it is less than a step of its range."""
    if divisor is None or divisor.constant is None:
        return False
    magnitudes = np.abs(divisor.constant.array())
    return bool(magnitudes.size and magnitudes.min() > magnitudes.max() / 64)


def _only_bounds(value: Value) -> bool:
    """Whether a constant limits others only: beyond what they hold it does nothing, wherever it is cut off."""
    return all(isinstance(operation.operator, Extremum) for operation in value.users)


def _wants_zero(value: Value) -> bool:
    """Whether XNNPACK takes a value with a zero point of 0 only: the right one of a product of two activations."""
    return any(isinstance(operation.operator, BatchMatmul) and place == 1 for operation, place in value.uses)
