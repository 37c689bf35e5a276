"""Inputs to compare a model on, when the user gives none."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Value
from litesmith.ir.types import DType
from litesmith.opset.matmul import EmbeddingLookup
from litesmith.opset.selection import OneHot
from litesmith.opset.slicing import Gather

Array = np.ndarray[Any, Any]
DYNAMIC_SIZE = 37
"""What sizes other than the batch are, unless the model needs larger ones."""


def samples(graph: Graph, batch: int, seed: int, size: int = DYNAMIC_SIZE) -> list[Array]:
    """A seeded array for each input: normal floats, and integers that every table of the model has."""
    random = np.random.default_rng(seed)
    return [_sample(value, batch, size, random) for value in graph.inputs]


def _sample(value: Value, batch: int, size: int, random: np.random.Generator) -> Array:
    batch_size = next((s for s in value.type.shape[:1] if isinstance(s, Dim)), None)
    shape = tuple(
        (batch if batch_size is not None and axis == 0 else size) if isinstance(dim, Dim) else dim
        for axis, dim in enumerate(value.type.shape)
    )
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
