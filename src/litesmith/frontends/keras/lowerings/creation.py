"""New tensors of sizes, some of them dynamic, or of another tensor's shape."""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

from keras import config
from keras.src.backend import result_type

from litesmith.frontends.keras.lowerings.promotion import common_dtype, dtype_or, kind_of
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import creation, math
from litesmith.ops.array import as_value, broadcast_to, cast, full, reshape
from litesmith.ops.sizes import known_size, known_sizes
from litesmith.ops.widening import kernel_dtype
from litesmith.opset.binary import FloorDiv
from litesmith.opset.rules import sizes_of

TRACED = {
    **dict.fromkeys((DType.BOOL, DType.INT8, DType.INT16), DType.INT32),
    **dict.fromkeys((DType.UINT8, DType.UINT16), DType.UINT32),
}
"""The types in which Keras adds up narrow integers."""


def _float_or(dtype: Any) -> DType:
    return dtype_or(dtype, DType(config.floatx()))


@lowers("ops.zeros", "ops.empty")
def zeros(shape: Any, dtype: Any = None) -> Value:
    return full(known_sizes(shape), 0, _float_or(dtype))


@lowers("ops.ones")
def ones(shape: Any, dtype: Any = None) -> Value:
    return full(known_sizes(shape), 1, _float_or(dtype))


@lowers("ops.full")
def filled(shape: Any, fill_value: Any, dtype: Any = None) -> Value:
    value = as_value(fill_value, _float_or(dtype))
    sizes = known_sizes(shape)
    return broadcast_to(value, sizes) if value.type.rank else full(sizes, value, value.type.dtype)


@lowers("ops.zeros_like", "ops.empty_like")
def zeros_like(x: Value, dtype: Any = None) -> Value:
    return creation.full_like(x, 0, dtype_or(dtype, x.type.dtype))


@lowers("ops.ones_like")
def ones_like(x: Value, dtype: Any = None) -> Value:
    return creation.full_like(x, 1, dtype_or(dtype, x.type.dtype))


@lowers("ops.full_like")
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Value:
    like = as_value(x)
    return creation.full_like(like, fill_value, dtype_or(dtype, like.type.dtype))


@lowers("ops.arange")
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Value:
    given = [bound for bound in (start, stop, step) if bound is not None]
    made = dtype_or(dtype, common_dtype(*given))
    if stop is None:
        start, stop = 0, start
    bounds = (start, stop, 1 if step is None else step)
    sizes = [_size(bound) for bound in bounds]
    known = [size for size in sizes if size is not None]
    if len(known) == len(sizes):
        return cast(creation.count_up(*known), made)
    counted = common_dtype(*bounds)
    counted = DType.FLOAT32 if counted.is_float else kernel_dtype(FloorDiv, counted)
    return cast(creation.count_between(*bounds, counted), made)


def _size(bound: Any) -> Size | None:
    """A bound of a range as a size; None for one that the model computes, or a fraction."""
    if isinstance(bound, (Dim, SupportsIndex)) and not isinstance(bound, Value):
        return bound if isinstance(bound, Dim) else operator.index(bound)
    if isinstance(bound, float) and bound.is_integer():
        return int(bound)
    sizes = sizes_of(bound) if isinstance(bound, Value) and bound.type.dtype.is_integer else None
    return sizes[0] if sizes else None


@lowers("ops.linspace")
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    computed = DType(result_type(kind_of(start), kind_of(stop), float))
    first, last = as_value(start, computed), as_value(stop, computed)
    count = known_size(num)
    made = dtype_or(dtype, computed)
    result = creation.linspace(first, last, count, endpoint, axis)
    result = cast(math.floor(result) if made.is_integer else result, made)
    if not retstep:
        return result
    return result, math.divide(math.subtract(last, first), as_value(count - 1 if endpoint else count, computed))


@lowers("ops.logspace")
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Value:
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    computed = exponents.type.dtype
    return cast(math.power(as_value(base, computed), exponents), dtype_or(dtype, computed))


@lowers("ops.geomspace")
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Value:
    computed = DType(result_type(kind_of(start), kind_of(stop), float))
    first, last = as_value(start, computed), as_value(stop, computed)
    made = creation.geomspace(first, last, known_size(num), endpoint, axis)
    return cast(made, _float_or(dtype))


@lowers("ops.eye")
def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Value:  # noqa: N803 (Keras' names)
    rows, columns = _rows_and_columns(N, M)
    return cast(creation.band(rows, columns, k, k), _float_or(dtype))


@lowers("ops.identity")
def identity(n: Any, dtype: Any = None) -> Value:
    return eye(n, dtype=dtype)


@lowers("ops.tri")
def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Value:  # noqa: N803 (Keras' names)
    rows, columns = _rows_and_columns(N, M)
    return cast(creation.band(rows, columns, None, k), _float_or(dtype))


def _rows_and_columns(rows: Any, columns: Any) -> tuple[Size, Size]:
    count = known_size(rows)
    return (count, count) if columns is None else (count, known_size(columns))


@lowers("ops.tril")
def tril(x: Any, k: int = 0) -> Value:
    return creation.keep_band(as_value(x), None, k)


@lowers("ops.triu")
def triu(x: Any, k: int = 0) -> Value:
    return creation.keep_band(as_value(x), k, None)


@lowers("ops.diag")
def diag(x: Any, k: int = 0) -> Value:
    value = as_value(x)
    return creation.diagonal_matrix(value, k) if value.type.rank == 1 else creation.diagonal(value, k)


@lowers("ops.diagonal")
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    return creation.diagonal(as_value(x), offset, axis1, axis2)


@lowers("ops.diagflat")
def diagflat(x: Any, k: int = 0) -> Value:
    return creation.diagonal_matrix(reshape(as_value(x), (-1,)), k)


@lowers("ops.trace")
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    value = as_value(x)
    summed = TRACED.get(value.type.dtype, value.type.dtype)
    return math.sum(cast(creation.diagonal(value, offset, axis1, axis2), summed), -1)


@lowers("ops.one_hot")
def one_hot(x: Any, num_classes: Any, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Value:
    return creation.one_hot(as_value(x), known_size(num_classes), axis, _float_or(dtype))


@lowers("ops.multi_hot")
def multi_hot(x: Any, num_classes: Any, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Value:
    indices = as_value(x)
    reduced = 1 if indices.type.rank > 1 else 0
    marked = creation.one_hot(indices, known_size(num_classes), axis, DType.FLOAT32)
    return cast(math.max(marked, reduced), _float_or(dtype))


@lowers("ops.meshgrid")
def meshgrid(*x: Any, indexing: str = "xy") -> list[Value]:
    return creation.meshgrid([as_value(vector) for vector in x], indexing == "xy")
