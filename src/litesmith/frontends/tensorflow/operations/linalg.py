"""Linear algebra, computed in float32."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.tensorflow.registry import imports
from litesmith.frontends.tensorflow.variables import Unreadable
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import cast
from litesmith.ops.creation import keep_band
from litesmith.ops.errors import Unsupported
from litesmith.ops.linalg import eigenvectors, elimination, products, reflections, singular, spectral, triangular
from litesmith.ops.linalg.stacks import transposed

NOT_ASKED_FOR = Unreadable("what a decomposition was told not to compute")
"""In place of results that TensorFlow leaves as they happen to be in memory."""


def _real(matrix: Value) -> Value:
    if matrix.type.dtype is DType.COMPLEX64:
        raise Unsupported("linear algebra of complex matrices")
    return cast(matrix, DType.FLOAT32)


@imports("Cholesky", "BatchCholesky")
def cholesky(matrix: Value) -> Value:
    return cast(triangular.cholesky(_real(matrix), upper=False), matrix.type.dtype)


@imports("MatrixInverse", "BatchMatrixInverse")
def matrix_inverse(matrix: Value, *, adjoint: bool = False) -> Value:
    whole = transposed(_real(matrix)) if adjoint else _real(matrix)
    return cast(elimination.inv(whole), matrix.type.dtype)


@imports("MatrixDeterminant", "BatchMatrixDeterminant")
def matrix_determinant(matrix: Value) -> Value:
    return cast(elimination.det(_real(matrix)), matrix.type.dtype)


@imports("LogMatrixDeterminant", outputs=("sign", "log_abs_determinant"))
def log_matrix_determinant(matrix: Value) -> tuple[Value, Value]:
    sign, logarithm = elimination.slogdet(_real(matrix))
    return cast(sign, matrix.type.dtype), cast(logarithm, matrix.type.dtype)


@imports("MatrixSolve", "BatchMatrixSolve")
def matrix_solve(matrix: Value, right: Value, *, adjoint: bool = False) -> Value:
    whole = transposed(_real(matrix)) if adjoint else _real(matrix)
    return cast(elimination.solve(whole, _real(right)), matrix.type.dtype)


@imports("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def matrix_triangular_solve(matrix: Value, right: Value, *, lower: bool = True, adjoint: bool = False) -> Value:
    """Only the triangle that is meant is read."""
    triangle = keep_band(_real(matrix), None, 0) if lower else keep_band(_real(matrix), 0, None)
    whole = transposed(triangle) if adjoint else triangle
    return cast(triangular.solve_triangular(whole, _real(right), lower != adjoint), matrix.type.dtype)


@imports("Qr", outputs=("q", "r"))
def qr(matrix: Value, *, full_matrices: bool = False) -> tuple[Value, Value]:
    q, r = reflections.qr(_real(matrix), mode="complete" if full_matrices else "reduced")
    return cast(q, matrix.type.dtype), cast(r, matrix.type.dtype)


@imports("Svd", outputs=("s", "u", "v"))
def svd(matrix: Value, *, compute_uv: bool = True, full_matrices: bool = False) -> tuple[Value, Any, Any]:
    dtype = matrix.type.dtype
    if not compute_uv:
        return cast(singular.singular_values(_real(matrix)), dtype), NOT_ASKED_FOR, NOT_ASKED_FOR
    u, values, v = singular.svd(_real(matrix), full=full_matrices)
    return cast(values, dtype), cast(u, dtype), cast(transposed(v), dtype)


@imports("SelfAdjointEigV2", outputs=("e", "v"))
def self_adjoint_eig(matrix: Value, *, compute_v: bool = True) -> tuple[Value, Any]:
    """Only the lower triangle is read."""
    lower = keep_band(_real(matrix), None, 0)
    strict = keep_band(_real(matrix), None, -1)
    values, vectors = spectral.eigh(math.add(lower, transposed(strict)))
    return cast(values, matrix.type.dtype), cast(vectors, matrix.type.dtype) if compute_v else NOT_ASKED_FOR


@imports("Cross")
def cross(x: Value, y: Value) -> Value:
    return products.cross(x, y, -1)


@imports("Eig", outputs=("e", "v"))
def eig(matrix: Value, *, compute_v: bool = True) -> tuple[Value, Any]:
    """Complex, in the order in which the steps leave them."""
    values, vectors = eigenvectors.eig(_real(matrix))
    return values, vectors if compute_v else NOT_ASKED_FOR


@imports("Lu", outputs=("lu", "p"))
def lu(matrix: Value, *, output_idx_type: DType = DType.INT32) -> tuple[Value, Value]:
    """Both factors in one matrix, and where each row stood before."""
    factors, exchanges = elimination.lu_factor(_real(matrix))
    places = elimination.permutation(exchanges, matrix.type.shape[-2])
    return cast(factors, matrix.type.dtype), cast(places, output_idx_type)
