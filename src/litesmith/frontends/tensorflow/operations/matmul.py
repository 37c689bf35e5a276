"""Products of matrices."""

from __future__ import annotations

from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import complex as complexes
from litesmith.ops import einsum as sums
from litesmith.ops import math
from litesmith.ops.array import cast
from litesmith.ops.rearranging import swap_axes


@imports("MatMul")
def matmul(x: Value, y: Value, *, transpose_a: bool = False, transpose_b: bool = False) -> Value:
    return math.matmul(_turned(x, transpose_a), _turned(y, transpose_b))


@imports("BatchMatMul", "BatchMatMulV2")
def batch_matmul(x: Value, y: Value, *, adj_x: bool = False, adj_y: bool = False) -> Value:
    return math.matmul(_adjoint(x, adj_x), _adjoint(y, adj_y))


@imports("BatchMatMulV3")
def typed_batch_matmul(x: Value, y: Value, *, Tout: DType, adj_x: bool = False, adj_y: bool = False) -> Value:
    wide = cast(x, Tout), cast(y, Tout)
    return batch_matmul(*wide, adj_x=adj_x, adj_y=adj_y)


@imports("Einsum")
def einsum(*operands: Value, equation: str) -> Value:
    return sums.einsum(equation, operands)


def _adjoint(x: Value, is_adjoint: bool) -> Value:
    turned = _turned(x, is_adjoint)
    return complexes.conjugate(turned) if is_adjoint and x.type.dtype is DType.COMPLEX64 else turned


def _turned(x: Value, is_turned: bool) -> Value:
    return swap_axes(x, -2, -1) if is_turned else x
