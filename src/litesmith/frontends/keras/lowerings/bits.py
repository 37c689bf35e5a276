"""Operations on the bits of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litesmith.frontends.keras.lowerings.promotion import dtype_or, promote, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import bits, math
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported

Binary = Callable[[Value, Value], Value]


def _register(name: str, of_bits: Binary, of_truths: Binary) -> None:
    @lowers(name)
    def lower(x: Any, y: Any) -> Value:
        left, right = promote(x, y)
        return (of_truths if left.type.dtype is DType.BOOL else of_bits)(left, right)


_register("ops.bitwise_and", bits.bitwise_and, math.logical_and)
_register("ops.bitwise_or", bits.bitwise_or, math.logical_or)
_register("ops.bitwise_xor", bits.bitwise_xor, math.not_equal)


@lowers("ops.view")
def view(x: Any, dtype: Any = None) -> Value:
    return bits.view(as_value(x), dtype_or(dtype, DType.FLOAT32))


@lowers("ops.signbit")
def signbit(x: Any) -> Value:
    return bits.sign_bit(as_value(x))


@lowers("ops.nextafter")
def nextafter(x1: Any, x2: Any) -> Value:
    first, second = promote_float(x1, x2)
    if first.type.dtype is not DType.FLOAT32:
        raise Unsupported(f"the next {first.type.dtype}, which is computed in float32 (cast to float32)")
    return bits.next_after(first, second)


@lowers("ops.ldexp")
def ldexp(x1: Any, x2: Any) -> Value:
    (number,) = promote_float(x1)
    exponent = as_value(x2)
    if not exponent.type.dtype.is_integer:
        raise Unsupported(f"an exponent of type {exponent.type.dtype}, which Keras does not take either")
    return bits.scaled_by_power(number, cast(exponent, DType.INT32))
