"""Keras' rules for the element type of a result."""

from __future__ import annotations

from typing import Any

from keras import backend
from keras.src.backend import result_type, standardize_dtype

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.array import as_value


def kind_of(x: Any) -> Any:
    """What `result_type` takes for an operand: a dtype's name, or a weak Python type."""
    if isinstance(x, Value):
        return x.type.dtype.value
    if isinstance(x, Dim):
        return "int32"
    if isinstance(x, (list, tuple)):
        return result_type(*map(kind_of, x)) if x else standardize_dtype(None)
    return type(x)


def common_dtype(*operands: Any, weak: type | None = None) -> DType:
    """The type that Keras promotes operands to, together with a weak Python type."""
    kinds = [*map(kind_of, operands), *([] if weak is None else [weak])]
    return DType(result_type(*kinds))


def promote(*operands: Any) -> list[Value]:
    """Operands as values of the type that Keras promotes them to."""
    dtype = common_dtype(*operands)
    return [as_value(operand, dtype) for operand in operands]


def promote_float(*operands: Any) -> list[Value]:
    """Operands as values of their common type, or of the default float type if that is an integer's."""
    dtype = common_dtype(*operands, weak=float)
    return [as_value(operand, dtype) for operand in operands]


def float_value(x: Any) -> Value:
    """One operand as floats: of its own type, or of the default one."""
    (value,) = promote_float(x)
    return value


def dtype_or(dtype: Any, default: DType) -> DType:
    """A `dtype=` argument, or the default for None."""
    return default if dtype is None else DType(standardize_dtype(dtype))


def backend_counts() -> DType:
    """The integers in which the backend counts, where Keras hands on what it gives."""
    return DType.INT64 if backend.backend() in ("numpy", "torch") else DType.INT32
