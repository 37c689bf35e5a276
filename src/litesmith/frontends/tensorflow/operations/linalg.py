"""Linear algebra, computed in float32."""

from __future__ import annotations

import numpy as np

from litesmith.frontends.tensorflow.registry import Int, imports
from litesmith.ir.builder import constant
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import cast, expand_dims
from litesmith.ops.creation import band, diagonal, keep_band
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.ops.linalg import elimination, products, reflections, singular, spectral, triangular
from litesmith.ops.linalg.stacks import transposed
from litesmith.ops.padding import pad


def _real(matrix: Value) -> Value:
    if matrix.type.dtype is DType.COMPLEX64:
        raise Unsupported("linear algebra of complex matrices")
    return cast(matrix, DType.FLOAT32)


@imports("Cholesky")
def cholesky(matrix: Value) -> Value:
    return cast(triangular.cholesky(_real(matrix), upper=False), matrix.type.dtype)


@imports("MatrixInverse")
def matrix_inverse(matrix: Value, *, adjoint: bool = False) -> Value:
    whole = transposed(_real(matrix)) if adjoint else _real(matrix)
    return cast(elimination.inv(whole), matrix.type.dtype)


@imports("MatrixDeterminant")
def matrix_determinant(matrix: Value) -> Value:
    return cast(elimination.det(_real(matrix)), matrix.type.dtype)


@imports("LogMatrixDeterminant", outputs=("sign", "log_abs_determinant"))
def log_matrix_determinant(matrix: Value) -> tuple[Value, Value]:
    sign, logarithm = elimination.slogdet(_real(matrix))
    return cast(sign, matrix.type.dtype), cast(logarithm, matrix.type.dtype)


@imports("MatrixSolve")
def matrix_solve(matrix: Value, right: Value, *, adjoint: bool = False) -> Value:
    whole = transposed(_real(matrix)) if adjoint else _real(matrix)
    return cast(elimination.solve(whole, _real(right)), matrix.type.dtype)


@imports("MatrixTriangularSolve")
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
def svd(matrix: Value, *, compute_uv: bool = True, full_matrices: bool = False) -> tuple[Value, Value, Value]:
    """What is not asked for is empty in TensorFlow, and the values once more here."""
    dtype = matrix.type.dtype
    if not compute_uv:
        values = cast(singular.singular_values(_real(matrix)), dtype)
        return values, values, values
    u, values, v = singular.svd(_real(matrix), full=full_matrices)
    return cast(values, dtype), cast(u, dtype), cast(transposed(v), dtype)


@imports("SelfAdjointEigV2", outputs=("e", "v"))
def self_adjoint_eig(matrix: Value, *, compute_v: bool = True) -> tuple[Value, Value]:
    """Only the lower triangle is read."""
    lower = keep_band(_real(matrix), None, 0)
    strict = keep_band(_real(matrix), None, -1)
    values, vectors = spectral.eigh(math.add(lower, transposed(strict)))
    return cast(values, matrix.type.dtype), cast(vectors, matrix.type.dtype)


@imports("Cross")
def cross(x: Value, y: Value) -> Value:
    return products.cross(x, y, -1)


@imports("MatrixDiagPart")
def matrix_diag_part(matrix: Value) -> Value:
    return diagonal(matrix, 0, -2, -1)


@imports("MatrixDiagPartV2")
def matrix_diag_part_v2(matrix: Value, k: Int, fill: Value) -> Value:
    return diagonal(matrix, int(k), -2, -1)


@imports("MatrixDiagPartV3")
def matrix_diag_part_v3(matrix: Value, k: Int, fill: Value, *, align: str = "RIGHT_LEFT") -> Value:
    return diagonal(matrix, int(k), -2, -1)


@imports("MatrixDiag")
def matrix_diag(x: Value) -> Value:
    return _with_diagonal(x, 0, None, None, constant(np.zeros((), x.type.dtype.numpy)))


@imports("MatrixDiagV2")
def matrix_diag_v2(x: Value, k: Int, num_rows: Int, num_cols: Int, fill: Value) -> Value:
    return _with_diagonal(x, k, num_rows, num_cols, fill)


@imports("MatrixDiagV3")
def matrix_diag_v3(x: Value, k: Int, num_rows: Int, num_cols: Int, fill: Value, *, align: str = "RIGHT_LEFT") -> Value:
    return _with_diagonal(x, k, num_rows, num_cols, fill)


@imports("MatrixSetDiag")
def matrix_set_diag(matrix: Value, x: Value) -> Value:
    return _with_diagonal(x, 0, matrix.type.shape[-2], matrix.type.shape[-1], matrix)


@imports("MatrixSetDiagV2")
def matrix_set_diag_v2(matrix: Value, x: Value, k: Int) -> Value:
    return _with_diagonal(x, k, matrix.type.shape[-2], matrix.type.shape[-1], matrix)


@imports("MatrixSetDiagV3")
def matrix_set_diag_v3(matrix: Value, x: Value, k: Int, *, align: str = "RIGHT_LEFT") -> Value:
    return _with_diagonal(x, k, matrix.type.shape[-2], matrix.type.shape[-1], matrix)


def _with_diagonal(x: Value, k: Size, rows: Size | None, columns: Size | None, elsewhere: Value) -> Value:
    """Matrices with the vectors [..., n] on the diagonal whose column - row is `k`.

    A size of -1 or None is the smallest; of a matrix without sizes, that of the smallest square.
    """
    offset, length = int(k), x.type.shape[-1]
    if rows in (None, -1) and columns in (None, -1):
        rows = columns = length + abs(offset)
    rows = length + max(-offset, 0) if rows is None or rows == -1 else rows
    columns = length + max(offset, 0) if columns is None or columns == -1 else columns
    along = rows if offset >= 0 else columns
    vectors = pad(x, [(0, 0)] * (x.type.rank - 1) + [(0, along - length)])
    return select(band(rows, columns, offset, offset), expand_dims(vectors, -1 if offset >= 0 else -2), elsewhere)
