"""Matrices along the last two axes, and steps over their columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import broadcast_to, expand_dims, move_axis, reshape
from litesmith.ops.control import fori_loop
from litesmith.ops.creation import band, count_up
from litesmith.ops.einsum import Term, contract
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.ops.sizes import int32
from litesmith.opset.rules import broadcast_shapes
from litesmith.opset.slicing import Gather

Results = TypeVar("Results", bound=Value | tuple[Value, ...])
Step = Callable[[Value, list[Value]], Sequence[Value]]
"""Takes the number of a step, an int32 scalar, and the carried values; gives the next carried values."""

MOST_UNROLLED = 4
"""Steps that are written out. A loop of more has fewer operators, and takes little longer."""


def over_stacks(function: Callable[..., Results]) -> Callable[..., Results]:
    """A function of stacks [count, rows, columns] as one of matrices with any leading axes, which broadcast."""

    @wraps(function)
    def apply(*matrices: Value, **options: Any) -> Results:
        leading = broadcast_shapes(*(matrix.type.shape[:-2] for matrix in matrices))
        stacks = [_stacked(matrix, leading) for matrix in matrices]
        results = function(*stacks, **options)
        if isinstance(results, Value):
            return cast(Results, _with_leading(results, leading))
        return cast(Results, tuple(_with_leading(result, leading) for result in results))

    return apply


def _stacked(matrix: Value, leading: Sequence[Size]) -> Value:
    last = matrix.type.shape[-2:]
    return reshape(broadcast_to(matrix, (*leading, *last)), (product(leading), *last))


def _with_leading(result: Value, leading: Sequence[Size]) -> Value:
    return reshape(result, (*leading, *result.type.shape[1:]))


def for_each(count: Size, step: Step, carried: Sequence[Value], name: str) -> list[Value]:
    """The carried values after the steps 0, 1, ... `count` - 1: written out where they are few, else a loop."""
    if isinstance(count, Dim) or count > MOST_UNROLLED:
        return fori_loop(0, count, step, carried, name)
    values = list(carried)
    for number in range(count):
        values = list(step(int32(number), values))
    return values


def known_size(size: Size, what: str) -> int:
    """A size of matrices that must not be dynamic."""
    if isinstance(size, Dim):
        raise Unsupported(f"{what} of matrices of dynamic size {size}")
    return int(size)


def row(stack: Value, place: Value) -> Value:
    """A row of each matrix, [count, columns]."""
    return emit(Gather(axis=1), stack, place)


def column(stack: Value, place: Value) -> Value:
    """A column of each matrix, [count, rows]."""
    return emit(Gather(axis=2), stack, place)


def element(vectors: Value, place: Value) -> Value:
    """An element of each vector, [count, 1]."""
    return emit(Gather(axis=1), vectors, reshape(place, (1,)))


def outer(columns: Value, rows: Value) -> Value:
    """The product of a column [count, m] and a row [count, n] for each matrix."""
    return math.multiply(expand_dims(columns, 2), expand_dims(rows, 1))


def where(condition: Value, x: Value, otherwise: float) -> Value:
    """The elements of x for which a condition holds, and a number in place of the others."""
    return select(condition, x, constant(otherwise, DType.FLOAT32))


def diagonal(stack: Value, along: int = 1) -> Value:
    """The main diagonal of each matrix, one element for each column (`along=2`: row), zeros behind its end."""
    rows, columns = stack.type.shape[1:]
    on_diagonal = band(rows, columns, 0, 0)
    return math.sum(where(on_diagonal, stack, 0.0), along)


def beside_diagonal(stack: Value) -> tuple[Value, Value]:
    """For each row of square matrices, [count, n]: what stands above its diagonal element, and to the left of that.

    The first row has zeros.
    """
    size = stack.type.shape[1]
    above = math.sum(where(band(size, size, 1, 1), stack, 0.0), 1)
    return above, math.sum(where(band(size, size, -1, -1), stack, 0.0), 2)


def of_bands(middle: Value, above: Value, below: Value) -> Value:
    """Square matrices of the vectors that `diagonal` and `beside_diagonal` give, zeros elsewhere."""
    size = middle.type.shape[1]
    left = where(band(size, size, -1, -1), expand_dims(below, 2), 0.0)
    with_above = select(band(size, size, 1, 1), expand_dims(above, 1), left)
    return select(band(size, size, 0, 0), expand_dims(middle, 1), with_above)


def neighbours(vectors: Value, outside: float) -> tuple[Value, Value]:
    """The elements before and behind each one of vectors [count, n]; `outside` where there is none."""
    size = vectors.type.shape[1]
    places = count_up(0, size)
    earlier = emit(Gather(axis=1), vectors, math.maximum(math.subtract(places, 1), 0))
    later = emit(Gather(axis=1), vectors, math.minimum(math.add(places, 1), size - 1))
    return (
        where(math.greater(places, 0), earlier, outside),
        where(math.less(places, size - 1), later, outside),
    )


def identity(size: Size) -> Value:
    """The identity matrix."""
    if isinstance(size, Dim):
        return where(band(size, size, 0, 0), constant(1.0), 0.0)
    return constant(np.eye(int(size), dtype=np.float32))


def transposed(matrix: Value) -> Value:
    """Matrices whose rows are the columns."""
    return move_axis(matrix, -2, -1)


def times_transposed(left: Value, right: Value) -> Value:
    """The products of the rows of two stacks."""
    return contract([Term(left, ("b", "m", "k")), Term(right, ("b", "n", "k"))], ("b", "m", "n"))


def in_order(stack: Value, order: Value) -> Value:
    """The rows of each matrix at the places [count, rows]."""
    return emit(Gather(axis=1, batch_dims=1), stack, order)


def scaled_to_one(stack: Value) -> tuple[Value, Value]:
    """Each matrix over its largest magnitude, and that, [count, 1, 1] (1 for zeros): squares stay in range."""
    largest = math.max(math.absolute(stack), (1, 2), True)
    scale = select(math.greater(largest, 0.0), largest, constant(1.0))
    return math.divide(stack, scale), scale
