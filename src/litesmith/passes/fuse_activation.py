"""Activations into the operators that apply them to their own result."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from litesmith.ir.graph import Operation, Value
from litesmith.opset.binary import Add, Div, Maximum, Minimum, Mul, Sub
from litesmith.opset.elementwise import Relu, Relu0To1, Relu6, ReluN1To1
from litesmith.opset.enums import Activation
from litesmith.opset.pooling import Pool2D
from litesmith.passes.base import Decline, Rewrite, only_use
from litesmith.passes.linear import FILTERS, activation_of, is_plain, rebuilt

APPLY_ACTIVATIONS = (*FILTERS, Add, Sub, Mul, Div, Pool2D)
"""Kernels that honour the option, with XNNPACK and without. CONCATENATION does not: it refuses or ignores it."""

Interval = tuple[float, float]

INTERVALS: dict[Activation, Interval] = {
    Activation.NONE: (-math.inf, math.inf),
    Activation.RELU: (0.0, math.inf),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}
"""What each fused activation limits its operand to."""
ACTIVATIONS = {interval: activation for activation, interval in INTERVALS.items()}
OPERATORS: dict[type, Interval] = {
    Relu: (0.0, math.inf),
    Relu6: (0.0, 6.0),
    ReluN1To1: (-1.0, 1.0),
    Relu0To1: (0.0, 1.0),
}


@dataclass(frozen=True)
class FuseActivation(Rewrite):
    """Let an operator limit its own result to what RELU, RELU6 or RELU_N1_TO_1 leave.

    Several limits in a row count as one, and MINIMUM and MAXIMUM of one number are limits as well.

    Before:
        graph main(%x: float32[batch, 5, 5, 2]) {
          %1 = conv_2d(stride_w=2, stride_h=2) %x, const float32[4, 3, 3, 2], const float32[4]
             : float32[batch, 2, 2, 4]
          %2 = relu %1 : float32[batch, 2, 2, 4]
          return %2
        }

    After:
        graph main(%x: float32[batch, 5, 5, 2]) {
          %1 = conv_2d(stride_w=2, stride_h=2, fused_activation_function=RELU) %x, const float32[4, 3, 3, 2],
             const float32[4] : float32[batch, 2, 2, 4]
          return %1
        }

    Before:
        graph main(%x: float32[batch, 4], %y: float32[batch, 4]) {
          %1 = add %x, %y : float32[batch, 4]
          %2 = maximum %1, const float32[] 0.0 : float32[batch, 4]
          %3 = minimum %2, const float32[] 6.0 : float32[batch, 4]
          return %3
        }

    After:
        graph main(%x: float32[batch, 4], %y: float32[batch, 4]) {
          %1 = add(fused_activation_function=RELU6) %x, %y : float32[batch, 4]
          return %1
        }
    """

    roots = (Relu, Relu6, ReluN1To1, Relu0To1, Minimum, Maximum)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        interval: Interval = INTERVALS[Activation.NONE]
        limit: tuple[Value, Interval] | None = _limit(operation)
        reader, shared = operation, False
        while limit is not None:
            input, outer = limit
            interval = _within(outer, interval)
            producer = input.producer
            if producer is None or not is_plain(input):
                return None
            shared = shared or only_use(input) is not reader
            if isinstance(producer.operator, APPLY_ACTIVATIONS):
                return _fused(producer, interval, shared)
            reader, limit = producer, _limit(producer)
        return None


def _fused(producer: Operation, interval: Interval, shared: bool) -> Value | Decline | None:
    """The producer's result within `interval`, by its own activation; None when no activation is that."""
    activation = ACTIVATIONS.get(_within(INTERVALS[activation_of(producer)], interval))
    if activation is None:
        return None
    if activation is activation_of(producer):
        return producer.result
    if shared:
        return Decline("the result is also read without the activation")
    return rebuilt(producer, list(producer.operands), fused_activation_function=activation)


def _within(first: Interval, then: Interval) -> Interval:
    """What limiting to `first` and after that to `then` leaves."""
    low, high = then
    return min(max(first[0], low), high), min(max(first[1], low), high)


def _limit(operation: Operation) -> tuple[Value, Interval] | None:
    """What an operation limits, and to which interval; None when it does something else."""
    (input, *others) = operation.operands
    if input is None:
        return None
    known = OPERATORS.get(type(operation.operator))
    if known is not None:
        return input, known
    if not isinstance(operation.operator, (Minimum, Maximum)):
        return None
    (other,) = others
    if input.constant is not None:
        input, other = other, input
    if input is None or other is None or other.constant is None or not operation.result.type.matches(input.type):
        return None
    numbers = other.constant.array()
    if other.type.nbytes > 4 * 4096 or numbers.size == 0 or not np.all(numbers == numbers.flat[0]):
        return None
    number = float(numbers.flat[0])
    return input, (-math.inf, number) if isinstance(operation.operator, Minimum) else (number, math.inf)
