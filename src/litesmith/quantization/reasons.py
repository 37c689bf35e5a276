"""Why an operation computes with real numbers still, in a model of integers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Never, Role, Same
from litesmith.ir.types import DType
from litesmith.opset.binary import Comparison, Div, Equal, NotEqual
from litesmith.opset.elementwise import LogSoftmax, Rsqrt
from litesmith.opset.variable import AssignVariable, ReadVariable
from litesmith.passes.pointwise import is_pointwise_unary
from litesmith.quantization import lstm
from litesmith.quantization.forms import Form
from litesmith.quantization.groups import real_results, shared_operands
from litesmith.quantization.ranges import MASK, Histogram

WIDEST = 120.0
"""Of what is compared: steps are below 1 then, also where the zero point is 0 and half of them are not used."""
LARGEST = 1e30
"""Of a range: kernels multiply and divide scales."""
VARIABLES = (ReadVariable, AssignVariable)
"""What keeps state between calls: in float32, so that nothing is rounded off it there."""
LEAST_LOGARITHM = -16.0
"""Of a LOG_SOFTMAX of 8 bits, whose scale is 16 / 256."""
STEEP = 50.0
"""How much smaller than the largest a value may be: its reciprocal root is off by 0.1 % then."""
BITS = {DType.INT8: 8, DType.INT16: 16}


@dataclass(frozen=True)
class LeftReal:
    """An operation that computes with real numbers still, and why."""

    operation: Operation
    reason: str


def why_real(operation: Operation, histograms: Mapping[Value, Histogram], form: Form) -> str | None:
    """Why an operation stays as it is; empty for one that has nothing to do with real numbers, None for no reason."""
    values = [*shared_operands(operation), *real_results(operation)]
    if not values or operation.operator.subgraphs() or isinstance(operation.operator, VARIABLES):
        return ""
    operator = operation.operator
    if isinstance(operator.scales, Never) or form.activations not in operator.quantized_dtypes:
        return f"it has no kernel for integers of {BITS[form.activations]} bits"
    recurrent = lstm.is_lstm(operation)
    values += lstm.states(operation) if recurrent else ()
    return (
        (lstm.why_not(operation) if recurrent else None)
        or _why_not_its_values(values, histograms, form)
        or (_why_not_its_cell(operation, histograms) if recurrent else _why_not_its_weights(operation))
        or _why_its_kernel_fails(operation, values, histograms, form)
    )


def _why_not_its_values(values: Iterable[Value], histograms: Mapping[Value, Histogram], form: Form) -> str | None:
    for value in values:
        if value.constant is None and (value not in histograms or not histograms[value].seen):
            return "nothing was seen of its values"
        if _reach(value, histograms) > LARGEST and not _is_mask(value):
            return "its values are larger than integers can stand for"
        if value.constant is None and histograms[value].unusable:
            return "some of its values are not numbers"
        if form.activations is DType.INT16 and value.constant is None and histograms[value].masks[1]:
            return "QUANTIZE makes the least integer of 16 bits of what stands for infinity"
    return None


def _why_its_kernel_fails(
    operation: Operation, values: Iterable[Value], histograms: Mapping[Value, Histogram], form: Form
) -> str | None:
    if form.activations is DType.INT16 and isinstance(operation.operator, Rsqrt) and _is_steep(operation, histograms):
        return "its kernel for 16 bits draws straight lines between 512 points, which are too far apart near 0"
    if isinstance(operation.operator, Div) and not _is_far_from_zero(operation.operands[1]):
        return "its kernel ends the run where a divisor is rounded to 0"
    if isinstance(operation.operator, LogSoftmax) and histograms[operation.result].least < LEAST_LOGARITHM:
        return "its integers end at -16, and its values go below"
    if isinstance(operation.operator, (Equal, NotEqual)) and any(map(_is_not_0, operation.operands)):
        return "of integers that are rounded, none is equal to this number"
    if isinstance(operation.operator, Comparison) and any(_reach(value, histograms) > WIDEST for value in values):
        return "its kernel ends the process where a step is 1 or more"
    return None


def _why_not_its_cell(operation: Operation, histograms: Mapping[Value, Histogram]) -> str | None:
    """Why the kernel has no scale for the cell state of an LSTM operator."""
    cell = histograms[lstm.states(operation)[1]]
    return "its cell state goes beyond 64" if max(-cell.low, cell.high) > lstm.LARGEST_CELL else None


def _why_not_its_weights(operation: Operation) -> str | None:
    for place, operand in enumerate(operation.operands):
        role = operation.operator.operand(place).role
        if operand is not None and role in (Role.WEIGHT, Role.BIAS) and operand.constant is None:
            return "its weights are computed by the model"
        if operand is not None and role is Role.WEIGHT and operand.type.dtype is not DType.FLOAT32:
            return "its weights have another form already"
    return None


def _reach(value: Value, histograms: Mapping[Value, Histogram]) -> float:
    """How wide the range of a value is."""
    if value.constant is not None:
        array = value.constant.array()
        return float(max(array.max(initial=0), 0) - min(array.min(initial=0), 0))
    return histograms[value].high - histograms[value].low


def _is_steep(operation: Operation, histograms: Mapping[Value, Histogram]) -> bool:
    """Whether some values are so much smaller than the largest that few points lie below them."""
    (value,) = operation.operands
    return value is None or value.constant is not None or histograms[value].least < histograms[value].most / STEEP


def _is_mask(value: Value) -> bool:
    """Whether a value only says what is left out."""
    return value.constant is not None and bool((np.abs(value.constant.array()) >= MASK).all())


def divided_by(reasons: Mapping[Operation, str | None]) -> Iterator[Operation]:
    """What computes with integers and makes what others divide by as real numbers: it may be rounded to 0 there.

    What moves numbers about is followed, and what turns each into another; what has weights stays as it is.
    """
    divisions = (each for each, reason in reasons.items() if reason and isinstance(each.operator, Div))
    waiting = [division.operands[1] for division in divisions]
    while waiting:
        value = waiting.pop()
        maker = None if value is None else value.producer
        if maker is None or reasons.get(maker, "") is not None or _has_weights(maker):
            continue
        yield maker
        if isinstance(maker.operator.scales, Same) or is_pointwise_unary(maker):
            waiting += shared_operands(maker)


def _has_weights(operation: Operation) -> bool:
    return any(operand.role is Role.WEIGHT for operand in operation.operator.operands)


def _is_not_0(value: Value | None) -> bool:
    """Whether a value is constant, and some of it is no 0, which every scale has."""
    return value is not None and value.constant is not None and bool(np.any(value.constant.array()))


def _is_far_from_zero(divisor: Value | None) -> bool:
    """Whether a divisor is known, and none of it is less than a step of its range."""
    if divisor is None or divisor.constant is None:
        return False
    magnitudes = np.abs(divisor.constant.array())
    return bool(magnitudes.size and magnitudes.min() > magnitudes.max() / 64)
