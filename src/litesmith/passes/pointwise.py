"""Which operators compute each element from the elements at the same place."""

from __future__ import annotations

from litesmith.ir.graph import Operation
from litesmith.opset.binary import Binary
from litesmith.opset.conversion import Cast
from litesmith.opset.elementwise import (
    L2Normalization,
    LocalResponseNormalization,
    LogSoftmax,
    Softmax,
    Unary,
)

ALONG_THE_LAST_AXIS = (Softmax, LogSoftmax, L2Normalization, LocalResponseNormalization)
"""Unary operators in which the elements along the last axis depend on each other."""


def is_pointwise_unary(operation: Operation) -> bool:
    """Whether the one operand's places are the result's, whatever the shape."""
    operator = operation.operator
    return isinstance(operator, (Unary, Cast)) and not isinstance(operator, ALONG_THE_LAST_AXIS)


def is_pointwise_binary(operation: Operation) -> bool:
    """Whether two operands meet place by place, after broadcasting."""
    return isinstance(operation.operator, Binary)
