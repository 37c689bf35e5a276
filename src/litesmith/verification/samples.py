"""Inputs to compare a model on, when the user gives none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, repeat
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Value
from litesmith.ir.named_size import NamedSize, Names
from litesmith.ir.types import DType
from litesmith.opset.matmul import EmbeddingLookup
from litesmith.opset.selection import OneHot
from litesmith.opset.slicing import Gather

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
    """How many different numbers an integer input may hold, as far as the tables it indexes say."""
    bounds = [2**7 if value.type.dtype.bits == 8 else 2**15]
    waiting, seen = [value], {value}
    while waiting:
        current = waiting.pop()
        for operation, position in current.uses:
            operator, operands = operation.operator, operation.operands
            table = operands[0] if isinstance(operator, Gather) else operands[1] if len(operands) > 1 else None
            if isinstance(operator, Gather) and position == 1 and table is not None:
                bounds.append(int(table.type.shape[operator.axis]))
            elif isinstance(operator, EmbeddingLookup) and position == 0 and table is not None:
                bounds.append(int(table.type.shape[0]))
            elif isinstance(operator, OneHot) and position == 0 and table is not None and table.constant is not None:
                bounds.append(int(table.constant.array()))
            else:
                new = [result for result in operation.results if result not in seen and result.type.dtype.is_integer]
                waiting += new
                seen.update(new)
    return min(bounds)
