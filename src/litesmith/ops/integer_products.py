"""Sums of products of integers, as convolutions are, where kernels take floats only: to the last digit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported

Bilinear = Callable[[Value, Value], Value]
"""Sums of products of an element of each operand."""

EXACT_BITS = 24
"""Float32 holds every integer of so many bits."""


def in_float32(product: Bilinear, x: Value, filter: Value, terms: int) -> Value:
    """`product` of two tensors of one type, each of whose results is a sum of `terms` products at most.

    Integers are taken apart into digits, so few bits each that float32 holds their sums; they wrap around as their
    type does. Of truth values it is whether any product is true.
    """
    dtype = x.type.dtype
    if dtype is DType.BOOL:
        return math.not_equal(product(cast(x, DType.FLOAT32), cast(filter, DType.FLOAT32)), 0.0)
    if not dtype.is_integer:
        return product(x, filter)
    if dtype in (DType.INT64, DType.UINT64):
        raise Unsupported(f"convolutions of {dtype} (cast to int32)")
    left, right = _widths(dtype.bits, _bits(filter), int(np.ceil(np.log2(max(terms, 1)))))
    total = as_value(0, DType.INT32)
    for i, digit in enumerate(_digits(x, dtype.bits, left)):
        for j, weight in enumerate(_digits(filter, _bits(filter), right)):
            if left * i + right * j < dtype.bits:
                part = cast(product(cast(digit, DType.FLOAT32), cast(weight, DType.FLOAT32)), DType.INT32)
                place = np.array(1 << (left * i + right * j), np.int64).astype(np.int32)
                total = part if i == j == 0 else math.add(total, math.multiply(part, as_value(place)))
    return cast(total, dtype)


def _bits(x: Value) -> int:
    """Bits of the largest magnitude."""
    if x.constant is None:
        return x.type.dtype.bits
    return int(np.abs(x.constant.array().astype(np.int64)).max(initial=0)).bit_length()


def _widths(bits: int, weight_bits: int, carry: int) -> tuple[int, int]:
    """How many bits the digits of both may have, that sums of their products carry into `carry` more."""
    left = EXACT_BITS - carry
    if bits + weight_bits <= left:
        return bits, weight_bits
    if weight_bits <= left // 2:
        return left - weight_bits, weight_bits
    if left < 4:
        raise Unsupported("sums of so many products of integers")
    return left // 2, left // 2


def _digits(x: Value, bits: int, width: int) -> list[Value]:
    """Int32 tensors with the digits, the lowest first; the highest one has the sign."""
    rest, found = cast(x, DType.INT32), []
    while bits > width:
        found.append(math.floor_mod(rest, 1 << width))
        rest, bits = math.floor_divide(rest, 1 << width), bits - width
    return [*found, rest]
