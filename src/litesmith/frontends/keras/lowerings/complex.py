"""Complex numbers: taking them apart and putting them together."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.promotion import promote_float
from litesmith.frontends.keras.registry import lowers, takes_complex
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import complex, math
from litesmith.ops.array import as_value, cast, full

takes_complex(
    *("add", "subtract", "multiply", "divide", "true_divide", "negative", "square", "power", "exp", "log"),
    *("abs", "absolute", "equal", "not_equal", "isclose", "isnan", "isinf", "isfinite", "sum", "mean", "average"),
    *("real", "imag", "conj", "conjugate", "angle", "isreal", "cast", "convert_to_tensor", "copy", "array"),
    *("shape", "size", "ndim", "stop_gradient", "zeros_like", "ones_like", "full_like", "where", "select"),
    *("reshape", "ravel", "transpose", "swapaxes", "moveaxis", "expand_dims", "squeeze", "broadcast_to", "tile"),
    *("repeat", "roll", "flip", "rot90", "tril", "triu", "diff", "concatenate", "stack", "hstack", "vstack", "append"),
    *("split", "array_split", "unstack", "get_item", "slice", "take", "take_along_axis", "cond"),
    *("matmul", "dot", "inner", "outer", "vdot", "tensordot", "einsum"),
)


@lowers("ops._get_complex_tensor_from_tuple")
def combine(x: Any) -> Value:
    real, imaginary = promote_float(*x)
    return complex.combine(cast(real, DType.FLOAT32), cast(imaginary, DType.FLOAT32))


@lowers("ops.real")
def real(x: Any) -> Value:
    return complex.real(as_value(x))


@lowers("ops.imag")
def imag(x: Any) -> Value:
    return complex.imag(as_value(x))


@lowers("ops.conj", "ops.conjugate")
def conjugate(x: Any) -> Value:
    return complex.conjugate(as_value(x))


@lowers("ops.angle")
def angle(x: Any) -> Value:
    (value,) = promote_float(x)
    return complex.angle(value)


@lowers("ops.isreal")
def isreal(x: Any) -> Value:
    value = as_value(x)
    if value.type.dtype is not DType.COMPLEX64:
        return full(value.type.shape, True, DType.BOOL)
    return math.equal(complex.imag(value), 0.0)
