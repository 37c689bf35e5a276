"""`keras.ops` about tensors themselves: conversion, element types, sizes."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.promotion import common_dtype, dtype_or
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import complex, math
from litesmith.ops.array import as_value
from litesmith.ops.float8 import FLOAT8, rounded_to_float8


@lowers("ops.convert_to_tensor")
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Value:
    return as_value(x, dtype_or(dtype, common_dtype(x)))


@lowers("ops.cast")
def cast(x: Any, dtype: Any) -> Value:
    target = dtype_or(dtype, DType.FLOAT32)
    if target in FLOAT8:
        return rounded_to_float8(as_value(x), target)
    if not isinstance(x, Value) or target is DType.COMPLEX64 or x.type.dtype is not DType.COMPLEX64:
        return as_value(x, target)
    return math.not_equal(x, 0) if target is DType.BOOL else as_value(complex.real(x), target)


@lowers("ops.shape")
def shape(x: Value) -> tuple[Size, ...]:
    return x.type.shape


@lowers("ops.stop_gradient")
def stop_gradient(variable: Value) -> Value:
    return variable


@lowers("ops.size")
def size(x: Any) -> Value:
    return as_value(as_value(x).type.elements, DType.INT32)


@lowers("ops.ndim")
def ndim(x: Any) -> int:
    return as_value(x).type.rank


@lowers("ops.copy")
def copy(x: Any) -> Value:
    return as_value(x)


@lowers("ops.array")
def array(x: Any, dtype: Any = None) -> Value:
    return convert_to_tensor(x, dtype)
