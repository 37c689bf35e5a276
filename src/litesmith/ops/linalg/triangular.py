"""Triangular systems and Cholesky's decomposition.

The error is about 1e-7 times the condition number, relative to the norm.
"""

from __future__ import annotations

from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import cast, expand_dims, full
from litesmith.ops.creation import count_up, keep_band
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import matmul
from litesmith.ops.linalg.elimination import inverse_of_constant
from litesmith.ops.linalg.stacks import (
    column,
    diagonal,
    element,
    for_each,
    identity,
    outer,
    over_stacks,
    row,
    transposed,
    where,
)


@decomposition
def solve_triangular(matrix: Value, right: Value, lower: bool) -> Value:
    """The X [..., n, m] for which a triangle of `matrix` [..., n, n] times X is `right`.

    The other triangle is not read. A constant matrix is inverted when the model is converted.
    """
    if matrix.constant is not None:
        return matmul(inverse_of_constant(matrix, "lower" if lower else "upper"), right)
    return _substituted(matrix, right, lower=lower)


@over_stacks
def _substituted(matrix: Value, right: Value, lower: bool) -> Value:
    """Substitution in a system whose equations were divided by what stands on the diagonal."""
    size = matrix.type.shape[1]
    pivots = expand_dims(diagonal(matrix), 2)
    strict = math.divide(keep_band(matrix, None, -1) if lower else keep_band(matrix, 1, None), pivots)

    def step(place: Value, values: list[Value]) -> list[Value]:
        at = place if lower else math.subtract(size - 1, place)
        return [math.subtract(values[0], outer(column(strict, at), row(values[0], at)))]

    (solution,) = for_each(size, step, [math.divide(right, pivots)], "substitute")
    return solution


@decomposition
@over_stacks
def cholesky(matrix: Value, upper: bool) -> Value:
    """The triangular L (U with `upper`) for which L L^T (U^T U) is the matrix, of which that triangle is read.

    Of a matrix that is not positive definite, elements are not numbers.
    """
    lower = transposed(matrix) if upper else matrix
    size = lower.type.shape[1]
    places = count_up(0, size)

    def step(place: Value, values: list[Value]) -> list[Value]:
        rest, factor = values
        below = where(math.greater_equal(places, place), column(rest, place), 0.0)
        new = math.divide(below, math.sqrt(element(below, place)))
        here = expand_dims(cast(math.equal(places, place), DType.FLOAT32), 0)
        return [math.subtract(rest, outer(new, new)), math.add(factor, outer(new, here))]

    nothing = full((1, size, size), 0.0, DType.FLOAT32)
    _, factor = for_each(size, step, [lower, nothing], "cholesky")
    return transposed(factor) if upper else factor


@decomposition
def cholesky_inverse(factor: Value, upper: bool) -> Value:
    """The inverse of the matrix whose Cholesky factor this is."""
    inverse = solve_triangular(factor, identity(factor.type.shape[-1]), not upper)
    return matmul(inverse, transposed(inverse)) if upper else matmul(transposed(inverse), inverse)
