"""Linear algebra; the numbers that tell of success are always zeros."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.torch.registry import Deferred, imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import concatenate, expand_dims, full, slice_axis, squeeze
from litesmith.ops.creation import diagonal
from litesmith.ops.errors import Unsupported
from litesmith.ops.linalg import eigenvectors, elimination, reflections, singular, spectral, triangular
from litesmith.ops.linalg.products import kron as kron_of
from litesmith.ops.rearranging import swap_axes


def _fine(matrix: Value) -> Value:
    return full(matrix.type.shape[:-2], 0, DType.INT32)


@imports("linalg_inv", "inverse")
def inv(x: Value | None = None, A: Value | None = None) -> Value:
    matrix = x if x is not None else A
    assert matrix is not None
    return elimination.inv(matrix)


@imports("linalg_inv_ex")
def inv_ex(A: Value, check_errors: bool = False) -> Sequence[Value]:
    return [elimination.inv(A), _fine(A)]


@imports("linalg_det", "det")
def det(x: Value | None = None, A: Value | None = None) -> Value:
    matrix = x if x is not None else A
    assert matrix is not None
    return elimination.det(matrix)


@imports("_linalg_det")
def det_with_factors(A: Value) -> Sequence[Value | Deferred]:
    return [elimination.det(A), Deferred(_no_factors), Deferred(_no_factors)]


def _no_factors() -> Value:
    raise Unsupported("the factors that torch keeps of a matrix for gradients")


@imports("linalg_slogdet", "slogdet")
def slogdet(x: Value | None = None, A: Value | None = None) -> Sequence[Value]:
    matrix = x if x is not None else A
    assert matrix is not None
    return elimination.slogdet(matrix)


@imports("_linalg_slogdet")
def slogdet_with_factors(A: Value) -> Sequence[Value | Deferred]:
    return [*elimination.slogdet(A), Deferred(_no_factors), Deferred(_no_factors)]


@imports("logdet")
def logdet(x: Value) -> Value:
    return math.log(elimination.det(x))


def _solved(matrix: Value, right: Value) -> Value:
    """Of a vector on the right, a vector."""
    is_vector = right.type.rank == 1 or (right.type.rank == matrix.type.rank - 1)
    columns = expand_dims(right, -1) if is_vector else right
    found = elimination.solve(matrix, columns)
    return squeeze(found, -1) if is_vector else found


@imports("linalg_solve")
def solve(A: Value, B: Value, left: bool = True) -> Value:
    if left:
        return _solved(A, B)
    return swap_axes(_solved(swap_axes(A, -1, -2), swap_axes(B, -1, -2)), -1, -2)


@imports("linalg_solve_ex")
def solve_ex(A: Value, B: Value, left: bool = True, check_errors: bool = False) -> Sequence[Value]:
    return [solve(A, B, left), _fine(A)]


@imports("_linalg_solve_ex")
def solve_with_factors(A: Value, B: Value, left: bool = True, check_errors: bool = False) -> Sequence[Value | Deferred]:
    return [solve(A, B, left), Deferred(_no_factors), Deferred(_no_factors), _fine(A)]


@imports("linalg_solve_triangular")
def solve_triangular(x: Value, B: Value, upper: bool, left: bool = True, unitriangular: bool = False) -> Value:
    if unitriangular:
        raise Unsupported("solve_triangular with unitriangular=True")
    if left:
        return triangular.solve_triangular(x, B, lower=not upper)
    turned = triangular.solve_triangular(swap_axes(x, -1, -2), swap_axes(B, -1, -2), lower=upper)
    return swap_axes(turned, -1, -2)


@imports("linalg_cholesky", "cholesky")
def cholesky(x: Value, upper: bool = False) -> Value:
    return triangular.cholesky(x, upper=upper)


@imports("linalg_cholesky_ex")
def cholesky_ex(x: Value, upper: bool = False, check_errors: bool = False) -> Sequence[Value]:
    return [triangular.cholesky(x, upper=upper), _fine(x)]


@imports("linalg_qr")
def qr(A: Value, mode: str = "reduced") -> Sequence[Value]:
    if mode == "r":
        raise Unsupported("qr with mode='r'; take the second result of mode='reduced'")
    return reflections.qr(A, mode="complete" if mode == "complete" else "reduced")


@imports("linalg_svd", "_linalg_svd")
def svd(A: Value, full_matrices: bool = True) -> Sequence[Value]:
    return singular.svd(A, full=full_matrices)


@imports("linalg_svdvals")
def svdvals(A: Value) -> Value:
    return singular.singular_values(A)


@imports("linalg_eigh", "_linalg_eigh")
def eigh(A: Value | None = None, x: Value | None = None, UPLO: str = "L", compute_v: bool = True) -> Sequence[Value]:
    """Of symmetric matrices, both triangles of which are the same."""
    matrix = A if A is not None else x
    assert matrix is not None
    return spectral.eigh(matrix)


@imports("linalg_eigvalsh")
def eigvalsh(x: Value, UPLO: str = "L") -> Value:
    return spectral.eigh(x)[0]


@imports("linalg_pinv")
def pinv(x: Value, rcond: float = 1e-15) -> Value:
    """Singular values below the largest size of the matrix, times the rounding error, count as 0, as in torch."""
    return singular.pinv(x, cutoff=singular.rounding(x))


@imports("linalg_lstsq")
def lstsq(x: Value, b: Value) -> Sequence[Value | Deferred]:
    return [singular.lstsq(x, b, cutoff=singular.rounding(x)), *(Deferred(_no_factors) for _ in range(3))]


@imports("linalg_cross", "cross")
def cross(x: Value, other: Value, dim: int | None = -1) -> Value:
    axis = -1 if dim is None else dim
    parts = [[slice_axis(each, axis, i, i + 1) for i in range(3)] for each in (x, other)]
    (a, b, c), (d, e, f) = parts
    return concatenate(
        [
            math.subtract(math.multiply(b, f), math.multiply(c, e)),
            math.subtract(math.multiply(c, d), math.multiply(a, f)),
            math.subtract(math.multiply(a, e), math.multiply(b, d)),
        ],
        axis,
    )


@imports("linalg_eig")
def eig(x: Value) -> Sequence[Value]:
    return eigenvectors.eig(x)


@imports("linalg_eigvals", "_linalg_eigvals")
def eigvals(x: Value) -> Value:
    return eigenvectors.eig(x)[0]


@imports("linalg_lu_factor")
def lu_factor(A: Value, pivot: bool = True) -> Sequence[Value]:
    """Exchanges are counted from 1."""
    if not pivot:
        raise Unsupported("lu_factor with pivot=False")
    factors, exchanges = elimination.lu_factor(A)
    return [factors, math.add(exchanges, 1)]


@imports("linalg_lu_factor_ex")
def lu_factor_ex(A: Value, pivot: bool = True, check_errors: bool = False) -> Sequence[Value]:
    return [*lu_factor(A, pivot), _fine(A)]


@imports("cholesky_inverse")
def cholesky_inverse(x: Value, upper: bool = False) -> Value:
    return triangular.cholesky_inverse(x, upper=upper)


@imports("cholesky_solve")
def cholesky_solve(x: Value, input2: Value, upper: bool = False) -> Value:
    """X with input2 input2^T X = x, or input2^T input2 X = x where the factor is the upper one."""
    first, second = (swap_axes(input2, -1, -2), input2) if upper else (input2, swap_axes(input2, -1, -2))
    below = triangular.solve_triangular(first, x, lower=True)
    return triangular.solve_triangular(second, below, lower=False)


@imports("kron")
def kron(x: Value, other: Value) -> Value:
    return kron_of(x, other)


@imports("trace")
def trace(x: Value) -> Value:
    return math.sum(diagonal(x), 0)
