"""Gaussian elimination with partial pivoting, as LAPACK's `getrf` chooses the pivots.

The error is that of elimination in float32: about 1e-7 times the condition number, relative to the norm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from litesmith.ir.builder import constant, constant_value
from litesmith.ir.constants import Array
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import broadcast_to, cast, concatenate, expand_dims, reshape, slice_axis
from litesmith.ops.creation import band, count_up
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import matmul
from litesmith.ops.indexing import select
from litesmith.ops.linalg.stacks import (
    column,
    diagonal,
    element,
    for_each,
    identity,
    in_order,
    known_size,
    outer,
    over_stacks,
    row,
    where,
)
from litesmith.ops.statistics import arg_max

Part = Literal["all", "lower", "upper"]
TRIANGLES: dict[Part, Callable[[Array], Array]] = {"all": np.asarray, "lower": np.tril, "upper": np.triu}


@decomposition
@over_stacks
def lu_factor(matrix: Value) -> tuple[Value, Value]:
    """L (without its diagonal of ones) and U in one matrix, and the row that each row was exchanged with (int32).

    Of [..., m, n] there are min(m, n) exchanges. A column without a pivot other than 0 is left out.
    """
    reduced, exchanges = _reduced(matrix)
    pivots = diagonal(reduced)
    divisors = where(math.not_equal(pivots, 0.0), pivots, 1.0)
    rows, columns = reduced.type.shape[1:]
    below = band(rows, columns, None, -1)
    return select(below, math.divide(reduced, expand_dims(divisors, 1)), reduced), exchanges


def permutation(exchanges: Value, rows: Size) -> Value:
    """Where each of `rows` rows stood before they were exchanged, [..., rows] (int32), from what `lu_factor` gives."""
    steps = known_size(exchanges.type.shape[-1], "exchanges")
    places = count_up(0, rows)
    order = broadcast_to(places, (*exchanges.type.shape[:-1], rows))
    for step in range(steps):
        other = slice_axis(exchanges, -1, step, step + 1)
        is_other = math.equal(places, other)
        there = math.sum(math.multiply(order, cast(is_other, DType.INT32)), -1, True)
        here = slice_axis(order, -1, step, step + 1)
        order = select(math.equal(places, step), there, select(is_other, here, order))
    return order


@decomposition
@over_stacks
def det(matrix: Value) -> Value:
    """The determinant: the product of the pivots."""
    pivots, parity = _pivots(matrix)
    return math.multiply(math.product(pivots, 1), parity)


@decomposition
@over_stacks
def slogdet(matrix: Value) -> tuple[Value, Value]:
    """The sign of the determinant, 0 if it is 0, and the logarithm of its magnitude, then minus infinity."""
    pivots, parity = _pivots(matrix)
    sign = math.multiply(math.product(math.sign(pivots), 1), parity)
    return sign, math.sum(math.log(math.absolute(pivots)), 1)


def _pivots(stack: Value) -> tuple[Value, Value]:
    """The pivots, and the sign of the permutation of rows."""
    reduced, exchanges = _reduced(stack)
    stays = math.equal(exchanges, count_up(0, stack.type.shape[-1]))
    signs = select(stays, constant(1.0), constant(-1.0))
    return diagonal(reduced), math.product(signs, 1)


def _reduced(stack: Value) -> tuple[Value, Value]:
    """U, with the columns of L times their pivots below it, and the exchanges of rows."""
    rows, columns = stack.type.shape[1:]
    row_places, column_places = count_up(0, rows), count_up(0, columns)
    steps = min(rows, columns)
    step_places = count_up(0, steps)

    def step(place: Value, values: list[Value]) -> list[Value]:
        matrix, exchanges = values
        matrix, chosen = _with_pivot(matrix, place, row_places)
        pivot_row = row(matrix, place)
        eliminated = column(matrix, place)
        pivot = element(eliminated, place)
        factors = math.divide(eliminated, where(math.not_equal(pivot, 0.0), pivot, 1.0))
        below = where(math.greater(row_places, place), factors, 0.0)
        right = where(math.greater(column_places, place), pivot_row, 0.0)
        exchanges = select(math.equal(step_places, place), chosen, exchanges)
        return [math.subtract(matrix, outer(below, right)), exchanges]

    reduced, exchanges = for_each(steps, step, [stack, reshape(step_places, (1, steps))], "eliminate")
    return reduced, exchanges


def _with_pivot(matrix: Value, place: Value, row_places: Value) -> tuple[Value, Value]:
    """Matrices whose row at `place` has the largest magnitude in that column, and where it stood, [count, 1]."""
    magnitudes = math.absolute(column(matrix, place))
    candidates = where(math.greater_equal(row_places, place), magnitudes, -1.0)
    chosen = expand_dims(arg_max(candidates, 1), 1)
    others = select(math.equal(row_places, chosen), place, row_places)
    order = select(math.equal(row_places, place), chosen, others)
    return in_order(matrix, order), chosen


@decomposition
def solve(matrix: Value, right: Value) -> Value:
    """The X [..., n, m] for which `matrix` [..., n, n] times X is `right`; leading axes broadcast.

    A constant matrix is inverted when the model is converted. With a singular one nothing is finite.
    """
    if matrix.constant is not None:
        return matmul(inverse_of_constant(matrix), right)
    return _solved(matrix, right)


@decomposition
def inv(matrix: Value) -> Value:
    """The inverse; of a singular matrix, nothing finite."""
    return _solved(matrix, identity(matrix.type.shape[-1]))


def inverse_of_constant(matrix: Value, part: Part = "all") -> Value:
    """The inverse of a constant matrix, or of a triangle of it, computed in float64 when it is written."""
    assert matrix.constant is not None
    type = matrix.type

    def inverse(array: Array) -> Array:
        return np.linalg.inv(TRIANGLES[part](array.astype(np.float64))).astype(type.dtype.numpy)

    return constant_value(matrix.constant.map(inverse, type, ("inverse", part)), matrix.name)


@over_stacks
def _solved(matrix: Value, right: Value) -> Value:
    """Gauss-Jordan elimination: the matrix becomes the identity, and what stands beside it the solution."""
    size = matrix.type.shape[1]
    places = count_up(0, size)

    def step(place: Value, values: list[Value]) -> list[Value]:
        joined, _ = _with_pivot(values[0], place, places)
        eliminated = column(joined, place)
        pivot_row = math.divide(row(joined, place), element(eliminated, place))
        others = math.subtract(joined, outer(eliminated, pivot_row))
        at_pivot = reshape(math.equal(places, place), (size, 1))
        return [select(at_pivot, expand_dims(pivot_row, 1), others)]

    (joined,) = for_each(size, step, [concatenate([matrix, right], 2)], "solve")
    return slice_axis(joined, 2, size, None)
