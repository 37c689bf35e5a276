"""Functions of integers, in LiteRT operators: exact."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, broadcast_shape, broadcast_to, cast
from litesmith.ops.control import while_loop
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select
from litesmith.ops.widening import kernel_dtype
from litesmith.opset.binary import FloorMod


@decomposition
def greatest_common_divisor(x: Value, y: Value) -> Value:
    """The largest integer that divides both, by Euclid's algorithm; 0 for two zeros.

    The loop ends when all elements are done, after 45 rounds at most for int32.
    """
    dtype = x.type.dtype
    wide = kernel_dtype(FloorMod, dtype)
    shape = broadcast_shape(x, y)
    first, second = (broadcast_to(math.absolute(cast(value, wide)), shape) for value in (x, y))

    def step(carried: list[Value]) -> Sequence[Value]:
        larger, smaller = carried
        done = math.equal(smaller, 0)
        rest = math.floor_mod(larger, math.maximum(smaller, 1))
        return [select(done, larger, smaller), select(done, smaller, rest)]

    found, _ = while_loop(lambda carried: math.any(math.not_equal(carried[1], 0)), step, [first, second], "gcd")
    return cast(found, dtype)


@decomposition
def least_common_multiple(x: Value, y: Value) -> Value:
    """The smallest positive integer that both divide; 0 where one of them is 0. It wraps around as products do."""
    divisor = math.maximum(greatest_common_divisor(x, y), 1)
    return math.multiply(math.floor_divide(math.absolute(x), divisor), math.absolute(y))


@decomposition
def power(x: Value, y: Value) -> Value:
    """Integers to the power of integers that are not negative, by squaring; it wraps around as products do."""
    shape = broadcast_shape(x, y)
    base, exponent = broadcast_to(x, shape), broadcast_to(y, shape)

    def step(carried: list[Value]) -> Sequence[Value]:
        result, square, rest = carried
        odd = math.equal(math.floor_mod(rest, 2), 1)
        return [select(odd, math.multiply(result, square), result), math.square(square), math.floor_divide(rest, 2)]

    one = broadcast_to(as_value(1, x.type.dtype), shape)
    found, *_ = while_loop(lambda carried: math.any(math.greater(carried[2], 0)), step, [one, base, exponent], "power")
    return found


def unravel(places: Value, shape: Sequence[Size]) -> list[Value]:
    """For each axis of a shape, the index of the elements at these places in row-major order."""
    dtype = places.type.dtype
    wide = dtype if dtype is DType.INT64 else DType.INT32
    rest, found = cast(places, wide), []
    for size in reversed(shape[1:]):
        found.append(cast(math.floor_mod(rest, as_value(size, wide)), dtype))
        rest = math.floor_divide(rest, as_value(size, wide))
    return [cast(rest, dtype), *reversed(found)] if shape else []
