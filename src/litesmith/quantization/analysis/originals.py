"""The weights of the real model that rounded ones were made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Model, Operation
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.quantization.analysis.unrounding import RoundedConstant

Array = np.ndarray[Any, Any]
LIKE = 0.5
"""Of the norm of a weight: what differs by more is another weight. Rounding to 4 bits changes it by about 0.15."""


def originals(rounded: tuple[RoundedConstant, ...], model: Model) -> Mapping[RoundedConstant, Constant]:
    """The real constant of each rounded one, by what it holds; those that are not found are left out.

    A weight is the nearest of its shape. A bias is that of the operation whose weight was found, since corrections
    may have moved it; without a weight, it is the nearest as well.
    """
    known = list(_real_constants(model))
    found: dict[RoundedConstant, Constant] = {}
    operations: dict[Operation, Operation] = {}
    for each in rounded:
        if _role(each) is not Role.BIAS and (near := _nearest(each, known)) is not None:
            operations[each.operation], found[each] = near
    for each in rounded:
        if _role(each) is Role.BIAS and each.operation in operations:
            bias = _bias_of(operations[each.operation])
            zeros = Constant.of(np.zeros(each.rounded.type.shape, np.float32))
            found[each] = zeros if bias is None else bias
    return {each: constant for each, constant in found.items() if constant.type.shape == each.rounded.type.shape}


def _real_constants(model: Model) -> Iterator[tuple[Operation, int, Constant, Array]]:
    for graph in model.all_graphs():
        for operation in graph.operations:
            for place, operand in enumerate(operation.operands):
                if operand is not None and operand.constant is not None and operand.type.dtype is DType.FLOAT32:
                    yield operation, place, operand.constant, operand.constant.array()


def _role(rounded: RoundedConstant) -> Role:
    return rounded.operation.operator.operand(rounded.place).role


def _nearest(
    rounded: RoundedConstant, known: list[tuple[Operation, int, Constant, Array]]
) -> tuple[Operation, Constant] | None:
    array = rounded.rounded.array()
    best, least = None, LIKE * float(np.linalg.norm(array)) or 1e-30
    for operation, _, constant, other in known:
        if other.shape == array.shape and operation.operator.builtin == rounded.operation.operator.builtin:
            distance = float(np.linalg.norm(other - array))
            if distance < least:
                best, least = (operation, constant), distance
    return best


def _bias_of(operation: Operation) -> Constant | None:
    for place, operand in enumerate(operation.operands):
        if operand is not None and operation.operator.operand(place).role is Role.BIAS:
            return operand.constant
    return None
