"""Whether two graphs are the same graph."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import zip_longest

import numpy as np

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.source import Source
from litesmith.ir.types import TensorType


@dataclass(frozen=True)
class Difference:
    """The first place where two graphs differ: what it is, and where it comes from."""

    what: str
    source: Source


def first_difference(left: Graph, right: Graph) -> Difference | None:
    """Walk two graphs side by side; None when they compute the same for every size.

    Names do not count. Sizes count as expressions, constants by their elements.
    """
    return _Walk().graphs(left, right)


class _Walk:
    def __init__(self) -> None:
        self.partner: dict[Value, Value] = {}

    def graphs(self, left: Graph, right: Graph) -> Difference | None:
        for a, b in zip_longest(left.inputs, right.inputs):
            if a is None or b is None or not a.type.matches(b.type):
                return Difference(f"an input of {left.name}", Source())
            self.partner[a] = b
        for first, second in zip_longest(left.operations, right.operations):
            if first is None or second is None:
                there = first or second
                assert there is not None
                return Difference(_describe(there), there.source)
            found = self._operations(first, second)
            if found is not None:
                return found
        for a, b in zip_longest(left.outputs, right.outputs):
            if a is None or b is None or not self._same_value(a, b):
                return Difference(f"an output of {left.name}", Source())
        return None

    def _operations(self, left: Operation, right: Operation) -> Difference | None:
        difference = Difference(_describe(left), left.source)
        if type(left.operator) is not type(right.operator) or len(left.operands) != len(right.operands):
            return difference
        inner = self._options(left.operator, right.operator)
        if inner is not None:
            return inner if inner.source.layer else difference
        for a, b in zip(left.operands, right.operands, strict=True):
            if (a is None) != (b is None) or (a is not None and b is not None and not self._same_value(a, b)):
                return difference
        for a, b in zip(left.results, right.results, strict=True):
            if not a.type.matches(b.type):
                return difference
            self.partner[a] = b
        return None

    def _options(self, left: Operator, right: Operator) -> Difference | None:
        for field in fields(left):
            a, b = getattr(left, field.name), getattr(right, field.name)
            if isinstance(a, Graph):
                found = self.graphs(a, b)
                if found is not None:
                    return found
            elif a != b:
                return Difference(field.name, Source())
        return None

    def _same_value(self, left: Value, right: Value) -> bool:
        if left.constant is None or right.constant is None:
            return self.partner.get(left) is right
        if not _same_static(left.type, right.type):
            return False
        if left.constant.key == right.constant.key:
            return True
        return bool(np.array_equal(left.constant.array(), right.constant.array()))


def _same_static(left: TensorType, right: TensorType) -> bool:
    return left.dtype == right.dtype and left.shape == right.shape


def _describe(operation: Operation) -> str:
    return operation.source.operation or operation.operator.builtin
