"""Tensors of one element as numbers, and sizes as tensors."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.array import reshape
from litesmith.ops.sizes import known_size


@imports("item", "_local_scalar_dense")
def item(x: Value) -> Any:
    """An integer as a size, which the model measures; others as scalars."""
    scalar = reshape(x, ())
    return known_size(scalar) if x.type.dtype.is_integer and x.type.dtype is not DType.BOOL else scalar


@imports("numel", "sym_numel")
def numel(x: Value) -> Any:
    return product(x.type.shape)
