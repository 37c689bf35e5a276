"""Singular values, by rotations of the rows of a matrix until they are orthogonal, and what follows from them.

Errors of matrices of up to 32 x 32 are about 1e-5 relative to the norm: of singular values, and of the matrix
made of the factors again. The factors are orthogonal also where singular values are 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litesmith.ir.builder import constant, constant_value
from litesmith.ir.constants import Array
from litesmith.ir.dims import Dim, maximum
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, reshape, slice_axis
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import matmul
from litesmith.ops.indexing import select
from litesmith.ops.linalg.reflections import qr
from litesmith.ops.linalg.rotations import TINY, Tournament
from litesmith.ops.linalg.stacks import (
    diagonal,
    identity,
    in_order,
    known_size,
    over_stacks,
    scaled_to_one,
    times_transposed,
    transposed,
    where,
)
from litesmith.ops.ordering import top_k
from litesmith.ops.statistics import euclidean_norm

EPSILON = float(np.finfo(np.float32).eps)
CROOKED = 2e-6
"""The largest cosine between rows that counts as 0."""
NOISE = 1e-12
"""The square of a row's norm, relative to the largest one, below which its direction is noise."""


@decomposition
@over_stacks
def svd(matrix: Value, full: bool) -> tuple[Value, Value, Value]:
    """U [..., m, m], the singular values, largest first, and V^T [..., n, n] of matrices [..., m, n].

    Without `full`, U has only the first min(m, n) columns and V^T as many rows.
    """
    rows, columns = (known_size(size, "the singular value decomposition") for size in matrix.type.shape[1:])
    found = _orthogonalized(matrix, with_turns=True)
    norms, order = top_k(found.norms, min(rows, columns))
    sorted_rows, turns = (in_order(stack, order) for stack in (found.rows, found.turns))
    q, r = qr(transposed(sorted_rows), mode="complete" if full else "reduced")
    signs = select(math.less(diagonal(r), 0.0), constant(-1.0), constant(1.0))
    directions = math.multiply(slice_axis(q, 2, 0, min(rows, columns)), expand_dims(signs, 1))
    if full and rows != columns:
        directions = concatenate([directions, slice_axis(q, 2, min(rows, columns), None)], 2)
    values = math.multiply(norms, found.scale)
    if found.is_transposed:
        return directions, values, turns
    return transposed(turns), values, transposed(directions)


@decomposition
@over_stacks
def singular_values(matrix: Value) -> Value:
    """The singular values, largest first; followed by zeros where one size of the matrices is dynamic and less."""
    found = _orthogonalized(matrix, with_turns=False)
    norms, _ = top_k(found.norms, found.norms.type.shape[1])
    return math.multiply(norms, found.scale)


@decomposition
def matrix_rank(matrix: Value, tolerance: float | None) -> Value:
    """How many singular values (int32) are above a tolerance; by default, above what float32 rounds off."""
    values = singular_values(matrix)
    rounded = math.multiply(math.max(values, -1, True), rounding(matrix))
    counts = math.greater(values, rounded if tolerance is None else tolerance)
    return math.sum(cast(counts, DType.INT32), -1)


@decomposition
@over_stacks
def pinv(matrix: Value, cutoff: float | Value) -> Value:
    """The pseudo-inverse; singular values up to `cutoff` times the largest one count as 0."""
    found = _orthogonalized(matrix, with_turns=True)
    limit = math.multiply(math.max(found.norms, 1, True), cutoff)
    counts = math.greater(found.norms, limit)
    squares = where(counts, math.square(found.norms), 1.0)
    weights = where(counts, math.divide(1.0, math.multiply(squares, found.scale)), 0.0)
    weighted = math.multiply(found.rows, expand_dims(weights, 2))
    if found.is_transposed:
        return matmul(transposed(found.turns), weighted)
    return matmul(transposed(weighted), found.turns)


def rounding(matrix: Value, times: float = 1.0) -> Value | float:
    """What float32 rounds off of singular values, relative to the largest one: its epsilon times the larger size.

    And `times` that.
    """
    rows, columns = matrix.type.shape[-2:]
    if not isinstance(rows, Dim) and not isinstance(columns, Dim):
        return times * EPSILON * max(rows, columns)
    return math.multiply(as_value(maximum(rows, columns), DType.FLOAT32), times * EPSILON)


@dataclass(frozen=True)
class _Orthogonal:
    """Rows at right angles: matrices (transposed if tall), over `scale`, with rows turned by orthogonal matrices."""

    rows: Value
    turns: Value
    norms: Value
    scale: Value
    is_transposed: bool


def _orthogonalized(stack: Value, with_turns: bool) -> _Orthogonal:
    """Rotations of the shorter side; of the one of known size where the other one is not known."""
    rows, columns = stack.type.shape[1:]
    is_transposed = isinstance(rows, Dim) or (not isinstance(columns, Dim) and rows > columns)
    size = known_size(columns if is_transposed else rows, "singular values")
    scaled, scale = scaled_to_one(transposed(stack) if is_transposed else stack)
    turned, turns = _turned(scaled, Tournament(size), with_turns)
    return _Orthogonal(turned, turns, euclidean_norm(turned, 2), reshape(scale, (-1, 1)), is_transposed)


def _turned(stack: Value, tournament: Tournament, with_turns: bool) -> tuple[Value, Value]:
    """Orthogonal rows, and the matrices that turned them (`with_turns`)."""

    def rotate(values: list[Value]) -> list[Value]:
        rotation = tournament.rotation(times_transposed(values[0], values[0]))
        return [matmul(rotation, value) for value in values]

    start = [stack]
    if with_turns:
        start.append(expand_dims(identity(tournament.size), 0))
    if tournament.size > 2:
        turned = tournament.sweeps(rotate, lambda values: _is_crooked(values[0], tournament), start)
    else:
        turned = rotate(rotate(rotate(start)))
    return turned[0], turned[-1]


def _is_crooked(stack: Value, tournament: Tournament) -> Value:
    """Whether rows of a matrix are not orthogonal, as a bool scalar."""
    products = times_transposed(stack, stack)
    squares = diagonal(products)
    least = math.maximum(math.multiply(math.max(squares, 1, True), NOISE), TINY)
    lengths = math.sqrt(math.maximum(squares, least))
    sizes = math.multiply(expand_dims(lengths, 1), expand_dims(lengths, 2))
    cosines = math.divide(math.multiply(math.absolute(products), tournament.beside), sizes)
    return math.greater(math.max(cosines), CROOKED)


@decomposition
def lstsq(matrix: Value, right: Value, cutoff: float | Value) -> Value:
    """The X [n, k] of least norm for which matrix [m, n] times X is nearest to `right` [m, k].

    The pseudo-inverse of a constant matrix is computed, in float64, when the model is written.
    """
    if matrix.constant is None or isinstance(cutoff, Value):
        return matmul(pinv(matrix, cutoff=cutoff), right)
    type = matrix.type

    def inverse(array: Array) -> Array:
        return np.linalg.pinv(array.astype(np.float64), rcond=cutoff).astype(type.dtype.numpy)

    shape = (type.shape[1], type.shape[0])
    constant_inverse = matrix.constant.map(inverse, type.with_shape(shape), ("pseudo-inverse", cutoff))
    return matmul(constant_value(constant_inverse, matrix.name), right)
