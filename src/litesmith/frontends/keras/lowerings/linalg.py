"""Linear algebra of `keras.ops`, computed in float32."""

from __future__ import annotations

from math import inf
from typing import Any, Literal

from litesmith.frontends.keras.lowerings.promotion import float_value, promote, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, statistics
from litesmith.ops.array import axes_of, cast, expand_dims, move_axis, squeeze
from litesmith.ops.errors import Unsupported
from litesmith.ops.linalg import eigenvectors, elimination, products, reflections, singular, spectral, triangular

Axis = int | tuple[int, ...] | None

ROUNDINGS = 10.0
"""By default `pinv` takes singular values for 0 up to as many times what float32 rounds off, as JAX does."""


def _single(x: Any) -> tuple[Value, DType]:
    """An operand as float32, and the type of its results."""
    value = float_value(x)
    return cast(value, DType.FLOAT32), value.type.dtype


def _cast_all(results: tuple[Value, ...], dtype: DType) -> tuple[Value, ...]:
    return tuple(cast(result, dtype) for result in results)


@lowers("ops.linalg.cholesky")
def cholesky(a: Any, upper: bool = False) -> Value:
    matrix, dtype = _single(a)
    return cast(triangular.cholesky(matrix, upper=upper), dtype)


@lowers("ops.linalg.cholesky_inverse")
def cholesky_inverse(a: Any, upper: bool = False) -> Value:
    matrix, dtype = _single(a)
    return cast(triangular.cholesky_inverse(matrix, upper), dtype)


@lowers("ops.linalg.det")
def det(a: Any) -> Value:
    matrix, dtype = _single(a)
    return cast(elimination.det(matrix), dtype)


@lowers("ops.slogdet")
def slogdet(x: Any) -> tuple[Value, ...]:
    matrix, dtype = _single(x)
    return _cast_all(elimination.slogdet(matrix), dtype)


@lowers("ops.logdet")
def logdet(x: Any) -> Value:
    return slogdet(x)[1]


@lowers("ops.linalg.inv")
def inv(a: Any) -> Value:
    matrix, dtype = _single(a)
    return cast(elimination.inv(matrix), dtype)


@lowers("ops.linalg.lu_factor")
def lu_factor(a: Any) -> tuple[Value, Value]:
    matrix, dtype = _single(a)
    factors, exchanges = elimination.lu_factor(matrix)
    return cast(factors, dtype), exchanges


@lowers("ops.linalg.solve")
def solve(a: Any, b: Any) -> Value:
    return _solved(elimination.solve, a, b)


@lowers("ops.linalg.solve_triangular")
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Value:
    return _solved(lambda matrix, right: triangular.solve_triangular(matrix, right, lower), a, b)


def _solved(solver: Any, a: Any, b: Any) -> Value:
    """Solutions for columns; a right side with an axis less than the matrices, or a single one, is a vector."""
    matrix, right = promote_float(a, b)
    dtype = matrix.type.dtype
    matrix, right = cast(matrix, DType.FLOAT32), cast(right, DType.FLOAT32)
    is_vector = right.type.rank in (1, matrix.type.rank - 1)
    if is_vector:
        right = expand_dims(right, right.type.rank)
    solution = solver(matrix, right)
    return cast(squeeze(solution, -1) if is_vector else solution, dtype)


@lowers("ops.linalg.qr")
def qr(x: Any, mode: Literal["reduced", "complete"] = "reduced") -> tuple[Value, ...]:
    matrix, dtype = _single(x)
    return _cast_all(reflections.qr(matrix, mode=mode), dtype)


@lowers("ops.linalg.eigh")
def eigh(a: Any) -> tuple[Value, ...]:
    matrix, dtype = _single(a)
    return _cast_all(spectral.eigh(matrix), dtype)


@lowers("ops.linalg.eig")
def eig(a: Any) -> tuple[Value, ...]:
    return eigenvectors.eig(cast(float_value(a), DType.FLOAT32))


@lowers("ops.linalg.svd")
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Value | tuple[Value, ...]:
    matrix, dtype = _single(x)
    if compute_uv:
        return _cast_all(singular.svd(matrix, full=full_matrices), dtype)
    return _singular_values(float_value(x))


def _singular_values(matrices: Value) -> Value:
    """The singular values of matrices whose number of them is known."""
    if any(isinstance(size, Dim) for size in matrices.type.shape[-2:]):
        raise Unsupported("the singular values of matrices of dynamic size, whose number is not known")
    return cast(singular.singular_values(cast(matrices, DType.FLOAT32)), matrices.type.dtype)


@lowers("ops.linalg.pinv")
def pinv(x: Any, rcond: float | None = None) -> Value:
    matrix, dtype = _single(x)
    cutoff = singular.rounding(matrix, ROUNDINGS) if rcond is None else rcond
    return cast(singular.pinv(matrix, cutoff=cutoff), dtype)


@lowers("ops.linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Value:
    matrix, right = promote_float(a, b)
    dtype = matrix.type.dtype
    matrix, right = cast(matrix, DType.FLOAT32), cast(right, DType.FLOAT32)
    cutoff = singular.rounding(matrix) if rcond is None else rcond
    is_vector = right.type.rank == 1
    solution = singular.lstsq(matrix, expand_dims(right, 1) if is_vector else right, cutoff)
    return cast(squeeze(solution, -1) if is_vector else solution, dtype)


@lowers("ops.linalg.matrix_rank")
def matrix_rank(x: Any, tol: float | None = None) -> Value:
    return singular.matrix_rank(_single(x)[0], tol)


@lowers("ops.linalg.norm")
def norm(x: Any, ord: int | float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Value:
    value = float_value(x)
    axes = axes_of(axis, value.type.rank)
    if ord is None or (ord == "fro" and len(axes) == 2):
        return statistics.euclidean_norm(value, axes, keepdims)
    if len(axes) == 1 and not isinstance(ord, str):
        return statistics.vector_norm(value, float(ord), axes[0], keepdims)
    if len(axes) != 2:
        raise Unsupported(f"the norm of order {ord!r} over {len(axes)} axes")
    return _matrix_norm(value, ord, axes, keepdims)


def _matrix_norm(x: Value, order: int | float | str, axes: tuple[int, ...], keep: bool) -> Value:
    """A norm of matrices: by sums of the magnitudes along rows or columns, or by singular values."""
    matrices = move_axis(x, axes, (-2, -1))
    if order in (1, -1, inf, -inf):
        sums = math.sum(math.absolute(matrices), -2 if order in (1, -1) else -1)
        result = (math.max if order in (1, inf) else math.min)(sums, -1)
    elif order in (2, "nuc"):
        values = singular.singular_values(cast(matrices, DType.FLOAT32))
        result = cast((math.max if order == 2 else math.sum)(values, -1), x.type.dtype)
    elif order == -2:
        result = math.min(_singular_values(matrices), -1)
    else:
        raise Unsupported(f"the norm of order {order!r} of matrices")
    return expand_dims(result, sorted(axes)) if keep else result


@lowers("ops.cross")
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Value:
    if axis is not None:
        axisa = axisb = axisc = axis
    left, right = promote(x1, x2)
    return products.cross(move_axis(left, axisa, -1), move_axis(right, axisb, -1), axisc)


@lowers("ops.kron")
def kron(x1: Any, x2: Any) -> Value:
    return products.kron(*promote(x1, x2))
