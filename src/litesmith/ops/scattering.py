"""Writing elements where index tuples say, in LiteRT operators.

Index tuples stand in the last axis of `indices` and count from the end where they are negative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Shape, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, expand_dims, reshape, unstack
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, linear_index, select
from litesmith.ops.sizes import int32, shape_tensor, size_scalar
from litesmith.opset.joining import Range
from litesmith.opset.selection import UnsortedSegmentMax, UnsortedSegmentMin, UnsortedSegmentProd
from litesmith.opset.slicing import ScatterNd

EXTREMA: dict[str, tuple[type[Operator], Callable[[Value, Value], Value]]] = {
    "max": (UnsortedSegmentMax, math.maximum),
    "min": (UnsortedSegmentMin, math.minimum),
    "mul": (UnsortedSegmentProd, math.multiply),
}
"""How updates of one place are combined, and how the result is combined with what was there."""


def scatter(indices: Value, updates: Value, shape: Shape) -> Value:
    """Zeros of a shape, with updates added where the index tuples say."""
    depth = _depth(indices)
    rows, ids = _as_rows(indices, updates, shape)
    count = product(shape[:depth])
    total = _scatter_rows(ids, cast(rows, accumulator(updates.type.dtype)), count)
    return reshape(cast(total, updates.type.dtype), shape)


def scatter_update(x: Value, indices: Value, updates: Value, reduction: str | None = None) -> Value:
    """X with updates written where the index tuples say; of several for one place the last counts.

    With a `reduction` ("add", "max", "min", "mul"), all of them and the element itself are combined.
    """
    shape, dtype = x.type.shape, x.type.dtype
    rows, ids = _as_rows(indices, updates, shape)
    count = product(shape[: _depth(indices)])
    old = reshape(x, (count, *rows.type.shape[1:]))
    if reduction is None:
        return reshape(_overwrite(old, ids, rows, count), shape)
    wide = accumulator(dtype)
    old, rows = cast(old, wide), cast(rows, wide)
    if reduction == "add":
        new = math.add(old, _scatter_rows(ids, rows, count))
    elif reduction in EXTREMA:
        if wide not in (DType.FLOAT32, DType.INT32):
            raise Unsupported(f"scattering {dtype} with reduction {reduction!r}")
        segment, combine = EXTREMA[reduction]
        new = combine(old, emit(segment(), rows, ids, size_scalar(count)))
    else:
        raise Unsupported(f"scattering with reduction {reduction!r}")
    return reshape(cast(new, dtype), shape)


def accumulator(dtype: DType) -> DType:
    """The type in which elements are added up: kernels have no arithmetic on narrow ones."""
    if dtype in (DType.FLOAT32, DType.INT32, DType.INT64):
        return dtype
    return DType.FLOAT32 if dtype.is_float else DType.INT32


def _depth(indices: Value) -> int:
    """How many leading axes an index tuple picks from."""
    depth = indices.type.shape[-1]
    if isinstance(depth, Dim):
        raise Unsupported("index tuples whose length is not known")
    return depth


def _as_rows(indices: Value, updates: Value, shape: Shape) -> tuple[Value, Value]:
    """Updates as [count, rest], and for each the linear index (int32) of the row it goes to."""
    depth = _depth(indices)
    count = product(indices.type.shape[:-1])
    tuples = reshape(indices, (count, depth))
    if tuples.constant is not None:
        columns = [constant(column) for column in tuples.constant.array().T]
    else:
        columns = unstack(tuples, -1)
    return reshape(updates, (count, product(shape[depth:]))), linear_index(columns, shape[:depth])


def _scatter_rows(ids: Value, rows: Value, count: Size) -> Value:
    shape = (count, *rows.type.shape[1:])
    return emit(ScatterNd(), expand_dims(ids, -1), rows, shape_tensor(shape))


def _overwrite(old: Value, ids: Value, rows: Value, count: Size) -> Value:
    """The rows of `old`, those that `ids` name replaced by the last of `rows` for them."""
    winner = _last_writer(ids, count)
    chosen = gather(rows, math.maximum(winner, 0), 0)
    return select(expand_dims(math.greater_equal(winner, 0), -1), chosen, old)


def _last_writer(ids: Value, count: Size) -> Value:
    """For each row the place of its last update in `ids`, negative where there is none."""
    updates = ids.type.shape[0]
    if ids.constant is not None and not isinstance(count, Dim):
        places = np.full(count, -1, np.int32)
        places[ids.constant.array()] = np.arange(updates)
        return constant(places)
    order = emit(Range(), int32(0), as_value(updates, DType.INT32), int32(1))
    return emit(UnsortedSegmentMax(), order, ids, size_scalar(count))
