"""Linear algebra, computed in float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast
from litesmith.ops.creation import band
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.ops.linalg import eigenvectors, elimination, reflections, singular, spectral, triangular
from litesmith.ops.linalg.stacks import transposed


def _real(matrix: Value) -> Value:
    if matrix.type.dtype is DType.COMPLEX64:
        raise Unsupported("linear algebra of complex matrices")
    return cast(matrix, DType.FLOAT32)


@imports("cholesky")
def cholesky(matrix: Value) -> Value:
    return cast(triangular.cholesky(_real(matrix), upper=False), matrix.type.dtype)


@imports("triangular_solve")
def triangular_solve(
    matrix: Value, right: Value, *, left_side: bool, lower: bool, transpose_a: bool, unit_diagonal: bool
) -> Value:
    """From the right: X A = B is A^T X^T = B^T."""
    dtype, factor, right = matrix.type.dtype, _real(matrix), _real(right)
    if unit_diagonal:
        size = factor.type.shape[-1]
        factor = select(band(size, size, 0, 0), as_value(1.0, DType.FLOAT32), factor)
    if transpose_a == left_side:
        factor, lower = transposed(factor), not lower
    solution = triangular.solve_triangular(factor, right if left_side else transposed(right), lower)
    return cast(solution if left_side else transposed(solution), dtype)


@imports("lu")
def lu(matrix: Value) -> Sequence[Value]:
    factors, exchanges = elimination.lu_factor(_real(matrix))
    return [cast(factors, matrix.type.dtype), exchanges, elimination.permutation(exchanges, matrix.type.shape[-2])]


@imports("lu_pivots_to_permutation")
def lu_pivots_to_permutation(exchanges: Value, *, permutation_size: int) -> Value:
    return elimination.permutation(exchanges, permutation_size)


@imports("qr")
def qr(matrix: Value, *, full_matrices: bool, pivoting: Any) -> Sequence[Value]:
    if pivoting:
        raise Unsupported("a QR decomposition with exchanges of columns")
    factors = reflections.qr(_real(matrix), mode="complete" if full_matrices else "reduced")
    return [cast(factor, matrix.type.dtype) for factor in factors]


@imports("svd")
def svd(matrix: Value, *, full_matrices: bool, compute_uv: bool, subset_by_index: Any) -> Sequence[Value]:
    if subset_by_index is not None:
        raise Unsupported("some of the singular values only")
    if not compute_uv:
        return [cast(singular.singular_values(_real(matrix)), matrix.type.dtype)]
    u, values, v = singular.svd(_real(matrix), full=full_matrices)
    return [cast(part, matrix.type.dtype) for part in (values, u, v)]


@imports("eigh")
def eigh(matrix: Value, *, lower: bool, subset_by_index: Any) -> Sequence[Value]:
    if subset_by_index is not None:
        raise Unsupported("some of the eigenvalues only")
    symmetric = _real(matrix)
    values, vectors = spectral.eigh(symmetric if lower else transposed(symmetric))
    return [cast(vectors, matrix.type.dtype), cast(values, matrix.type.dtype)]


@imports("eig")
def eig(
    matrix: Value, *, compute_left_eigenvectors: bool, compute_right_eigenvectors: bool, **_: Any
) -> Sequence[Value]:
    if compute_left_eigenvectors:
        raise Unsupported("left eigenvectors; the right ones of the transposed matrix are those conjugated")
    values, vectors = eigenvectors.eig(_real(matrix))
    return [values, vectors] if compute_right_eigenvectors else [values]


@imports("symmetric_product")
def symmetric_product(matrix: Value, added: Value, *, alpha: float, beta: float) -> Value:
    product = math.multiply(math.matmul(matrix, transposed(matrix)), alpha)
    return math.add(product, math.multiply(added, beta))
