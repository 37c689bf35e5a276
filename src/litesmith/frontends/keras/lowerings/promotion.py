"""Keras' rules for the element type of a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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
    dtype = DType(result_type(*kinds))
    return _of_arrays(dtype, operands) if _as_arrays.get() else dtype


@contextmanager
def as_arrays() -> Iterator[None]:
    """Operators of Python on tensors, which are the arrays' own where Keras runs on numpy or torch.

    They keep 64 bits, which the operations of Keras make 32.
    """
    token = _as_arrays.set(backend.backend() in ("numpy", "torch"))
    try:
        yield
    finally:
        _as_arrays.reset(token)


_as_arrays: ContextVar[bool] = ContextVar("litesmith_as_arrays", default=False)
NARROWED = {DType.INT64: DType.INT32, DType.UINT64: DType.UINT32, DType.FLOAT64: DType.FLOAT32}
"""What Keras makes of 64 bits, on all backends but TensorFlow."""


def _of_arrays(dtype: DType, operands: Sequence[Any]) -> DType:
    """The type with the 64 bits that a computed operand has."""
    computed = (x.type.dtype for x in operands if isinstance(x, Value) and not x.is_constant)
    return next((wide for wide in computed if NARROWED.get(wide) is dtype), dtype)


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


def own_float(x: Any) -> Value:
    """One operand as floats of its own type, 64 bits included; others as floats of the default type."""
    value = as_value(x)
    return value if value.type.dtype.is_float else float_value(value)


def dtype_or(dtype: Any, default: DType) -> DType:
    """A `dtype=` argument, or the default for None."""
    return default if dtype is None else DType(standardize_dtype(dtype))


def backend_counts() -> DType:
    """The integers in which the backend counts, where Keras hands on what it gives."""
    return DType.INT64 if backend.backend() in ("numpy", "torch") else DType.INT32
