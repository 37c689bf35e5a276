"""The statistics that batch normalizations keep, and of which filter's results they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.source import current_source


@dataclass(frozen=True)
class Normalization:
    """What a filter computed while the model was trained, before it was normalized.

    Attributes:
        layer: the path of the normalization's layer.
        of: the path of the filter's layer.
        mean, variance: of each channel that the filter computes.
        filter, bias: of the filter before the normalization became part of it; bias is None where it has none.
    """

    layer: str
    of: str
    mean: Constant
    variance: Constant
    filter: Constant
    bias: Constant | None


_noted: ContextVar[list[Normalization] | None] = ContextVar("litesmith_normalizations", default=None)


@contextmanager
def noting_normalizations() -> Iterator[list[Normalization]]:
    """What is normalized inside of what filters compute, in order."""
    found: list[Normalization] = []
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note_normalization(value: Value, mean: Value, variance: Value) -> None:
    """Let it be known that statistics of the last axis of `value` are about to normalize it."""
    noted, producer = _noted.get(), value.producer
    if noted is None or producer is None or mean.constant is None or variance.constant is None:
        return
    parts: dict[Role, Constant] = {}
    added = _added(producer)
    if added is not None:
        producer = added[0]
    for place, operand in enumerate(producer.operands):
        if operand is not None and operand.constant is not None:
            parts[producer.operator.operand(place).role] = operand.constant
    if added is not None:
        if Role.BIAS in parts and np.any(parts[Role.BIAS].array()):
            return
        parts[Role.BIAS] = added[1]
    if Role.WEIGHT in parts:
        layer, of = current_source().layer, producer.source.layer
        found = Normalization(layer, of, mean.constant, variance.constant, parts[Role.WEIGHT], parts.get(Role.BIAS))
        noted.append(found)


def _added(operation: Operation) -> tuple[Operation, Constant] | None:
    """The filter whose results an operation adds a bias to, and that bias; the passes that join them come later."""
    if operation.operator.builtin != "ADD" or len(operation.operands) != 2:
        return None
    left, right = operation.operands
    if left is None or right is None or left.producer is None or right.constant is None:
        return None
    channels = operation.result.type.shape[-1]
    if not right.type.rank or not right.type.elements == right.type.shape[-1] == channels:
        return None
    return left.producer, right.constant.reshaped((channels,))


def once_each(noted: Sequence[Normalization]) -> tuple[Normalization, ...]:
    """Those of layers that are called once: importing twice notes twice the same."""
    found: dict[str, list[Normalization]] = {}
    for each in noted:
        found.setdefault(each.of, []).append(each)
    return tuple(every[-1] for every in found.values() if len({each.layer for each in every}) == 1)
