"""Bands of diagonals put into matrices and taken out of them, in LiteRT operators.

Bands [..., k, n] hold k diagonals, the topmost first, each in a row of the longest one's length: diagonals that
are shorter stand at its left or right end, those above the main one and those below it each at an end of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litesmith.ir.dims import Dim, Size, is_static, maximum, minimum, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, expand_dims, reshape
from litesmith.ops.creation import count_up
from litesmith.ops.indexing import gather, select


@dataclass(frozen=True)
class Band:
    """Diagonals of matrices, by the difference of column and row.

    Attributes:
        lowest, highest: of the diagonals, both counted.
        right_above: whether shorter diagonals above the main one stand at the right end.
        right_below: whether those below it do.
    """

    lowest: int
    highest: int
    right_above: bool = True
    right_below: bool = False

    @property
    def count(self) -> int:
        return self.highest - self.lowest + 1

    def longest(self, rows: Size, columns: Size) -> Size:
        """The length of the longest diagonal."""
        return minimum(rows + min(self.highest, 0), columns - max(self.lowest, 0))

    def _skipped(self, offsets: Value, rows: Size, columns: Size) -> Value:
        """How many places in front of a diagonal are not its own (int32), by its offset."""
        below, above = math.minimum(offsets, 0), math.maximum(offsets, 0)
        length = math.minimum(math.add(below, _int(rows)), math.subtract(_int(columns), above))
        missing = math.subtract(_int(self.longest(rows, columns)), length)
        return math.multiply(missing, self._at_right(offsets))

    def _at_right(self, offsets: Value) -> Value:
        """1 for the offsets of diagonals that stand at the right end."""
        above, below = int(self.right_above), int(self.right_below)
        if above == below:
            return as_value(above, DType.INT32)
        return select(math.greater_equal(offsets, 0), _int(above), _int(below))


def _int(x: Any) -> Value:
    return as_value(x, DType.INT32)


def put(bands: Value, band: Band, sizes: Sequence[Size], elsewhere: Value) -> Value:
    """Matrices [..., *sizes] with bands [..., k, n], and `elsewhere` beside them, which broadcasts."""
    rows, columns = sizes
    row, column = expand_dims(count_up(0, rows), 1), expand_dims(count_up(0, columns), 0)
    offset = math.subtract(column, row)
    is_inside = math.logical_and(
        math.greater_equal(offset, _int(band.lowest)), math.less_equal(offset, _int(band.highest))
    )
    along = math.add(math.minimum(row, column), band._skipped(offset, rows, columns))
    *leading, count, length = bands.type.shape
    linear = math.add(math.multiply(math.subtract(_int(band.highest), offset), _int(length)), along)
    flat = reshape(bands, (*leading, count * length))
    found = gather(flat, select(is_inside, linear, _int(0)), len(leading))
    return select(is_inside, found, elsewhere)


def take(matrices: Value, band: Band, fill: Value) -> Value:
    """The bands [..., k, n] of matrices, with `fill` where a row has no element of its diagonal."""
    *leading, rows, columns = matrices.type.shape
    longest = band.longest(rows, columns)
    offset = expand_dims(math.subtract(_int(band.highest), count_up(0, band.count)), 1)
    place = math.subtract(expand_dims(count_up(0, longest), 0), band._skipped(offset, rows, columns))
    row, column = math.subtract(place, math.minimum(offset, 0)), math.add(place, math.maximum(offset, 0))
    ends = math.logical_and(math.less(row, _int(rows)), math.less(column, _int(columns)))
    is_inside = math.logical_and(math.greater_equal(place, 0), ends)
    linear = math.add(math.multiply(row, _int(columns)), column)
    flat = reshape(matrices, (*leading, product((rows, columns))))
    found = gather(flat, select(is_inside, linear, _int(0)), len(leading))
    return select(is_inside, found, fill)


def smallest(band: Band, length: Size, rows: Size | None, columns: Size | None) -> tuple[Size, Size]:
    """The sizes of matrices for bands of this length, where one or both are None: the smallest, square for both."""
    least_rows, least_columns = length - min(band.highest, 0), length + max(band.lowest, 0)
    if rows is None and columns is None:
        both = maximum(least_rows, least_columns) if is_static((length,)) else _larger(band, length)
        return both, both
    return (least_rows if rows is None else rows), (least_columns if columns is None else columns)


def _larger(band: Band, length: Size) -> Size:
    assert isinstance(length, Dim)
    return length + max(-min(band.highest, 0), max(band.lowest, 0))
