"""Inputs to compare a model on, when the user gives none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, repeat
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim, Shape
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.named_size import NamedSize, Names
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.joining import Concatenation, Pack
from litesmith.opset.matmul import EmbeddingLookup
from litesmith.opset.selection import OneHot
from litesmith.opset.slicing import DynamicUpdateSlice, Gather, Slice

Array = np.ndarray[Any, Any]
DYNAMIC_SIZE = 37
"""What sizes other than the batch are, unless the model needs larger ones."""


def samples(
    graph: Graph, batch: int, seed: int, size: int | Sequence[int] = DYNAMIC_SIZE, names: Sequence[Names] = ()
) -> list[Array]:
    """A seeded array for each input: normal floats, and integers that every table of the model has.

    Args:
        graph: whose inputs they are.
        batch: what dynamic sizes of first axes are.
        seed: other seeds give other numbers.
        size: what other dynamic sizes are, or sizes that they take in turn.
        names: of the sizes of each input; those of one name are equal, and at most their bound.
    """
    random = np.random.default_rng(seed)
    sizes = _Sizes(batch, (size,) if isinstance(size, int) else tuple(size))
    shapes = [sizes.shape(value, named) for value, named in zip(graph.inputs, names or repeat(()), strict=bool(names))]
    return [_sample(value, shape, random) for value, shape in zip(graph.inputs, shapes, strict=True)]


class _Sizes:
    """What dynamic sizes are in one set of inputs."""

    def __init__(self, batch: int, others: tuple[int, ...]) -> None:
        self.batch = batch
        self.others = cycle(others)
        self.known: dict[str, int] = {}

    def shape(self, value: Value, names: Names) -> tuple[int, ...]:
        named = names or (None,) * value.type.rank
        return tuple(
            self._size(axis, name) if isinstance(dim, Dim) else dim
            for axis, (dim, name) in enumerate(zip(value.type.shape, named, strict=True))
        )

    def _size(self, axis: int, named: NamedSize | None) -> int:
        if named is not None and named.name in self.known:
            return self.known[named.name]
        size = next(self.others) if axis else self.batch
        if named is not None:
            size = min(size, named.most or size)
            self.known[named.name] = size
        return size


def _sample(value: Value, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    dtype = value.type.dtype
    if dtype is DType.BOOL:
        return random.random(shape) < 0.5
    if dtype.is_integer:
        return random.integers(0, _bound(value), shape).astype(dtype.numpy)
    return random.standard_normal(shape).astype(dtype.numpy)


def _bound(value: Value) -> int:
    """How many different numbers an integer input may hold, as far as the operators that index by it say."""
    bounds = [2**7 if value.type.dtype.bits == 8 else 2**15]
    waiting, seen = [value], {value}
    while waiting:
        current = waiting.pop()
        for operation, position in current.uses:
            indexed = _indexed(operation, position)
            if indexed is not None:
                bounds.append(indexed)
            else:
                new = [result for result in operation.results if result not in seen and result.type.dtype.is_integer]
                waiting += new
                seen.update(new)
    return min(bounds)


def _indexed(operation: Operation, position: int) -> int | None:
    """How many numbers an operator takes as this operand, which indexes another; None where it does not."""
    operator, operands = operation.operator, operation.operands
    table = operands[0] if isinstance(operator, Gather) else operands[1] if len(operands) > 1 else None
    if isinstance(operator, Gather) and position == 1 and table is not None:
        return int(table.type.shape[operator.axis])
    if isinstance(operator, EmbeddingLookup) and position == 0 and table is not None:
        return int(table.type.shape[0])
    if isinstance(operator, OneHot) and position == 0 and table is not None and table.constant is not None:
        return int(table.constant.array())
    if isinstance(operator, (Pack, Concatenation)):
        starts = [use for use in operation.result.uses if use[1] == _STARTS.get(type(use[0].operator))]
        return min((_starts(used, position) for used, _ in starts), default=None)
    if position == _STARTS.get(type(operator)):
        return min(_starts(operation, axis) for axis in range(len(_block(operation))))
    return None


_STARTS: dict[type[Operator] | None, int] = {Slice: 1, DynamicUpdateSlice: 2}
"""Which operand says where a block begins."""


def _starts(operation: Operation, axis: int) -> int:
    """At how many places along an axis a block may begin: one where sizes are known only when the model runs."""
    whole = operation.operands[0]
    assert whole is not None
    total, size = whole.type.shape[axis], _block(operation)[axis]
    return 1 if isinstance(total, Dim) or isinstance(size, Dim) else max(total - size + 1, 1)


def _block(operation: Operation) -> Shape:
    block = operation.operands[1] if isinstance(operation.operator, DynamicUpdateSlice) else operation.result
    assert block is not None
    return block.type.shape
