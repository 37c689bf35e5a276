"""Making one CAST, or none, of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.opset.conversion import Cast
from litesmith.passes.base import Decline, Rewrite, produced_by

EXACT_INTEGER_BITS = {DType.FLOAT16: 11, DType.BFLOAT16: 8, DType.FLOAT32: 24, DType.FLOAT64: 53}
"""Integers of up to this many bits are floats of a type without rounding."""
WIDER_FLOATS = {
    DType.FLOAT16: (DType.FLOAT32, DType.FLOAT64),
    DType.BFLOAT16: (DType.FLOAT32, DType.FLOAT64),
    DType.FLOAT32: (DType.FLOAT64,),
}


@dataclass(frozen=True)
class MergeCasts(Rewrite):
    """Drop casts to the same type, and the detour over a type that holds all values of the first.

    Before:
        graph main(%x: int32[batch, 4]) {
          %1 = cast(in_data_type=INT32, out_data_type=INT64) %x : int64[batch, 4]
          %2 = cast(in_data_type=INT64) %1 : float32[batch, 4]
          %3 = cast %2 : float32[batch, 4]
          return %3
        }

    After:
        graph main(%x: int32[batch, 4]) {
          %1 = cast(in_data_type=INT32) %x : float32[batch, 4]
          return %1
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Cast,)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        x, target = operation.operands[0], operation.result.type.dtype
        if x is None or x.type.quantization is not None:
            return None
        if x.type.dtype is target:
            return x
        earlier = produced_by(x, Cast)
        first = None if earlier is None else earlier.operands[0]
        if first is None or first.type.quantization is not None:
            return None
        source, between = first.type.dtype, x.type.dtype
        if not holds(between, source):
            return Decline(f"{between} does not hold every {source}")
        if between.is_float and target.is_integer and not holds(target, source):
            return Decline(f"integers wrap around where floats stop at the limits of {target}")
        if source is target:
            return first
        return emit(Cast(in_data_type=source, out_data_type=target), first)


def holds(wide: DType, narrow: DType) -> bool:
    """Whether every value of `narrow` is a value of `wide`."""
    if wide is narrow:
        return True
    if narrow is DType.BOOL:
        return wide.is_integer or wide in EXACT_INTEGER_BITS
    if narrow.is_integer:
        if wide in EXACT_INTEGER_BITS:
            return _digits(narrow) <= EXACT_INTEGER_BITS[wide]
        keeps_sign = is_signed(wide) or not is_signed(narrow)
        return wide.is_integer and keeps_sign and _digits(narrow) <= _digits(wide)
    return wide in WIDER_FLOATS.get(narrow, ())


def is_signed(integer: DType) -> bool:
    """Whether an integer type has negative numbers."""
    return integer.value.startswith("int")


def _digits(integer: DType) -> int:
    """The bits of the magnitude."""
    return integer.bits - 1 if is_signed(integer) else integer.bits
