"""torch's promotion of element types."""

from __future__ import annotations

from typing import Any

import torch

from litesmith.frontends.torch.tensors import dtype_of, torch_dtype
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.array import as_value, cast

Operand = Any
"""A value, a size, or a Python number."""


def common_dtype(*operands: Operand) -> DType:
    """The element type that torch computes in: tensors of axes count before scalars, and those before numbers."""
    found: Any = None
    for operand in operands:
        other = _like(operand)
        found = other if found is None else _like_result(found, other)
    return dtype_of(found.dtype if isinstance(found, torch.Tensor) else torch.result_type(found, found))


def _like(operand: Operand) -> Any:
    """Something of the kind that torch tells types by."""
    if isinstance(operand, Value):
        return torch.empty((1,) * operand.type.rank, dtype=torch_dtype(operand.type.dtype), device="meta")
    if isinstance(operand, Dim):
        return 1
    return operand


def _like_result(left: Any, right: Any) -> Any:
    ranks = [each.ndim if isinstance(each, torch.Tensor) else -1 for each in (left, right)]
    dtype = torch.result_type(left, right)
    if max(ranks) < 0:
        return left if torch.result_type(left, left) == dtype else right
    return torch.empty((1,) * max(ranks), dtype=dtype, device="meta")


def as_one_type(*operands: Operand) -> list[Value]:
    """Operands as values of the type that torch computes in."""
    dtype = common_dtype(*operands)
    return [_as(operand, dtype) for operand in operands]


def as_floats(*operands: Operand) -> list[Value]:
    """Operands of functions of reals as values of one type: integers as float32."""
    dtype = common_dtype(*operands)
    return [_as(operand, float_of(dtype)) for operand in operands]


def float_of(dtype: DType) -> DType:
    """A type of floats, or complex numbers, as it is, and float32 for others."""
    return dtype if dtype.is_float or "complex" in dtype.value else DType.FLOAT32


def _as(operand: Operand, dtype: DType) -> Value:
    return cast(operand, dtype) if isinstance(operand, Value) else as_value(operand, dtype)
