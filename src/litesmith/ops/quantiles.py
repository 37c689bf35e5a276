"""Medians and quantiles, in LiteRT operators: rows are sorted, and elements picked by their rank.

The rank of a quantile is computed in float32, as Keras does for float32 tensors.
"""

from __future__ import annotations

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, ordering
from litesmith.ops.array import Axes, as_value, axes_of, cast, move_axis, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, select

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
"""How a quantile between two elements follows from them."""


def quantile(
    x: Value,
    q: Value,
    axes: int | Axes | None = None,
    *,
    method: str = "linear",
    keep: bool = False,
    skip_nan: bool = False,
) -> Value:
    """The quantiles at `q` in 0..1 (a scalar, or a vector whose axis comes first in the result) of floats.

    What is not a number makes the result that, unless `skip_nan` leaves it out; infinities count
    as elements, but none may stand next to a quantile between elements of the method "linear".
    """
    if method not in METHODS:
        raise Unsupported(f"quantiles by the method {method!r} (there are {', '.join(METHODS)})")
    rows = _Rows(x, axes, keep, skip_nan)
    return rows.shaped(_between(rows, reshape(q, (-1,)), method), of_each=q.type.rank > 0)


def median(x: Value, axes: int | Axes | None = None, *, keep: bool = False, skip_nan: bool = False) -> Value:
    """The middle one of the elements in order, or the mean of the two in the middle, of floats."""
    rows = _Rows(x, axes, keep, skip_nan)
    last = rows.last_rank()
    if not isinstance(last, (Value, Dim)):
        middle = [last // 2] if last % 2 == 0 else [last // 2, last // 2 + 1]
        return rows.shaped(math.mean(rows.at(constant(middle, DType.INT32)), 1, True), of_each=False)
    doubled = as_value(last, DType.INT32)
    lower = rows.at(math.floor_divide(doubled, 2))
    higher = rows.at(math.floor_divide(math.add(doubled, 1), 2))
    return rows.shaped(math.multiply(math.add(lower, higher), 0.5), of_each=False)


class _Rows:
    """A tensor as rows of the elements that are reduced, largest first.

    Attributes:
        rows: [rows, n], sorted.
        counts: how many numbers each row has (int32 [rows, 1]) where others are left out; they stand last.
        unknown: which rows have no quantile (bool [rows, 1]).
    """

    def __init__(self, x: Value, axes: int | Axes | None, keep: bool, skip_nan: bool) -> None:
        reduced = sorted(set(axes_of(axes, x.type.rank)))
        kept = [axis for axis in range(x.type.rank) if axis not in reduced]
        self.shape = [
            1 if axis in reduced else size for axis, size in enumerate(x.type.shape) if keep or axis not in reduced
        ]
        self.size: Size = product(x.type.shape[axis] for axis in reduced)
        count = product(x.type.shape[axis] for axis in kept)
        rows = reshape(move_axis(x, reduced, range(len(kept), x.type.rank)), (count, self.size))
        missing = math.is_nan(rows)
        self.counts: Value | None = None
        if skip_nan:
            self.counts = math.sum(cast(math.logical_not(missing), DType.INT32), 1, True)
            self.unknown = math.equal(self.counts, 0)
            rows = select(missing, as_value(-np.inf, rows.type.dtype), rows)
        else:
            self.unknown = math.any(missing, 1, True)
        self.rows, _ = ordering.top_k(rows, self.size)

    def last_rank(self) -> Size | Value:
        """The rank of the largest element of a row, counted from 0, or of each row where they differ."""
        return self.size - 1 if self.counts is None else math.subtract(self.counts, 1)

    def at(self, ranks: Value) -> Value:
        """The elements of these ranks, counted from the smallest: [rows, ranks]."""
        places = math.subtract(as_value(self.last_rank(), DType.INT32), ranks)
        if self.counts is None:
            return gather(self.rows, reshape(math.maximum(places, 0), (-1,)), 1)
        return gather(self.rows, math.maximum(places, 0), 1, batch_dims=1)

    def shaped(self, found: Value, of_each: bool) -> Value:
        """[rows, quantiles] in the shape of the result, the axis of the quantiles first or dropped."""
        found = select(self.unknown, as_value(np.nan, found.type.dtype), found)
        if not of_each:
            return reshape(found, self.shape)
        return reshape(move_axis(found, 1, 0), (found.type.shape[1], *self.shape))


def _between(rows: _Rows, q: Value, method: str) -> Value:
    """The elements at the ranks of quantiles, or what lies between two of them: [rows, quantiles]."""
    ranks = _ranks(rows.last_rank(), q)
    if method == "nearest":
        return rows.at(cast(math.round_half_even(ranks), DType.INT32))
    lower, higher = math.floor(ranks), math.ceil(ranks)
    if method in ("lower", "higher"):
        return rows.at(cast(lower if method == "lower" else higher, DType.INT32))
    below = rows.at(cast(lower, DType.INT32))
    if _are_whole(ranks):
        return below
    above = rows.at(cast(higher, DType.INT32))
    weight = constant(0.5, DType.FLOAT32) if method == "midpoint" else math.subtract(ranks, lower)
    return math.add(below, math.multiply(math.subtract(above, below), cast(weight, below.type.dtype)))


def _ranks(last: Size | Value, q: Value) -> Value:
    """The rank of each quantile among elements of which the largest has the rank `last`: float32."""
    part = cast(q, DType.FLOAT32)
    if part.constant is not None and not isinstance(last, (Value, Dim)):
        return constant(part.constant.array() * np.float32(last))
    return math.multiply(cast(as_value(last, DType.INT32), DType.FLOAT32), part)


def _are_whole(ranks: Value) -> bool:
    """Whether all ranks are known to be those of elements."""
    return ranks.constant is not None and bool((ranks.constant.array() % 1 == 0).all())
