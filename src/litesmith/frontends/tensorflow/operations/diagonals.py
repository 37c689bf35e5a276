"""Diagonals of matrices, one or several."""

from __future__ import annotations

import numpy as np

from litesmith.frontends.tensorflow.registry import Ints, Sizes, imports, modest
from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ops import diagonals
from litesmith.ops.array import expand_dims, reshape
from litesmith.ops.creation import diagonal
from litesmith.ops.diagonals import Band

LEFT = "LEFT_LEFT"
"""Where shorter diagonals stand in versions that do not say it."""


def _band(offsets: Ints, align: str) -> Band:
    above, below = align.split("_")
    return Band(offsets[0], offsets[-1], above == "RIGHT", below == "RIGHT")


def _zero(x: Value) -> Value:
    return constant(np.zeros((), x.type.dtype.numpy))


@imports("MatrixDiagPart", "BatchMatrixDiagPart")
def matrix_diag_part(matrix: Value) -> Value:
    return diagonal(matrix, 0, -2, -1)


@imports("MatrixDiagPartV2")
def matrix_diag_part_v2(matrix: Value, k: Ints, fill: Value) -> Value:
    return matrix_diag_part_v3(matrix, k, fill, align=LEFT)


@imports("MatrixDiagPartV3")
def matrix_diag_part_v3(matrix: Value, k: Ints, fill: Value, *, align: str = "RIGHT_LEFT") -> Value:
    if k[0] == k[-1]:
        return diagonal(matrix, k[0], -2, -1)
    band = _band(k, align)
    modest((band.count, *matrix.type.shape))
    return diagonals.take(matrix, band, fill)


@imports("MatrixDiag", "BatchMatrixDiag")
def matrix_diag(x: Value) -> Value:
    size = x.type.shape[-1]
    return diagonals.put(expand_dims(x, -2), Band(0, 0), (size, size), _zero(x))


@imports("MatrixDiagV2")
def matrix_diag_v2(x: Value, k: Ints, num_rows: Sizes, num_cols: Sizes, fill: Value) -> Value:
    return matrix_diag_v3(x, k, num_rows, num_cols, fill, align=LEFT)


@imports("MatrixDiagV3")
def matrix_diag_v3(
    x: Value, k: Ints, num_rows: Sizes, num_cols: Sizes, fill: Value, *, align: str = "RIGHT_LEFT"
) -> Value:
    band = _band(k, align)
    bands = _as_bands(x, band)
    sizes = diagonals.smallest(band, bands.type.shape[-1], _said(num_rows[0]), _said(num_cols[0]))
    modest(sizes)
    return diagonals.put(bands, band, sizes, fill)


def _said(size: Size) -> Size | None:
    return None if not isinstance(size, Dim) and size == -1 else size


def _as_bands(x: Value, band: Band) -> Value:
    """A single diagonal stands without an axis for it."""
    return expand_dims(x, -2) if band.count == 1 else x


@imports("MatrixSetDiag", "BatchMatrixSetDiag")
def matrix_set_diag(matrix: Value, x: Value) -> Value:
    return diagonals.put(expand_dims(x, -2), Band(0, 0), matrix.type.shape[-2:], matrix)


@imports("MatrixSetDiagV2")
def matrix_set_diag_v2(matrix: Value, x: Value, k: Ints) -> Value:
    return matrix_set_diag_v3(matrix, x, k, align=LEFT)


@imports("MatrixSetDiagV3")
def matrix_set_diag_v3(matrix: Value, x: Value, k: Ints, *, align: str = "RIGHT_LEFT") -> Value:
    band = _band(k, align)
    return diagonals.put(_as_bands(x, band), band, matrix.type.shape[-2:], matrix)


@imports("Diag")
def diag(x: Value) -> Value:
    """A tensor of any rank on the diagonal of one of twice as many axes."""
    flat = reshape(x, (x.type.elements,))
    return reshape(matrix_diag(flat), (*x.type.shape, *x.type.shape))


@imports("DiagPart")
def diag_part(x: Value) -> Value:
    shape = x.type.shape[: x.type.rank // 2]
    size = product(shape)
    return reshape(diagonal(reshape(x, (size, size)), 0, 0, 1), shape)
