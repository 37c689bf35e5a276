"""Products of vectors and of blocks."""

from __future__ import annotations

from litesmith.ir.graph import Value
from litesmith.ops import math
from litesmith.ops.array import reshape, stack, unstack
from litesmith.ops.errors import Unsupported

MOST_AXES = 4
"""Blocks of more axes would take a product of more than 8."""


def cross(x: Value, y: Value, result_axis: int) -> Value:
    """The cross products of vectors of 2 or 3 elements along the last axis, which broadcast; 0 stands in for a third.

    Vectors of 3 elements stand along `result_axis`; of two vectors of 2 elements, only the third is returned.
    """
    first, second = unstack(x, -1), unstack(y, -1)
    if not {len(first), len(second)} <= {2, 3}:
        raise Unsupported(f"the cross product of vectors of {len(first)} and {len(second)} elements")
    third = _difference(first[0], second[1], first[1], second[0])
    if len(first) == len(second) == 2:
        return third
    if len(first) == 2:
        elements = [math.multiply(first[1], second[2]), math.negative(math.multiply(first[0], second[2])), third]
    elif len(second) == 2:
        elements = [math.negative(math.multiply(first[2], second[1])), math.multiply(first[2], second[0]), third]
    else:
        elements = [
            _difference(first[1], second[2], first[2], second[1]),
            _difference(first[2], second[0], first[0], second[2]),
            third,
        ]
    return stack(elements, result_axis)


def _difference(a: Value, b: Value, c: Value, d: Value) -> Value:
    return math.subtract(math.multiply(a, b), math.multiply(c, d))


def kron(x: Value, y: Value) -> Value:
    """Kronecker's product: each element of x times all of y, in blocks; axes of size 1 in front of a shorter shape."""
    rank = max(x.type.rank, y.type.rank)
    if rank > MOST_AXES:
        raise Unsupported(f"Kronecker's product of tensors with {rank} axes (at most {MOST_AXES})")
    outside, inside = ((1,) * (rank - value.type.rank) + value.type.shape for value in (x, y))
    blocks = reshape(x, [size for one in outside for size in (one, 1)])
    block = reshape(y, [size for one in inside for size in (1, one)])
    return reshape(math.multiply(blocks, block), [own * other for own, other in zip(outside, inside, strict=True)])
