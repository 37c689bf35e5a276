"""The real Schur form of square matrices, by Francis' double steps with the shifts of LAPACK's `hseqr`.

The error is about 1e-5 relative to the norm for 32 rows: of the product made of the form and its basis again.
A matrix takes about two steps for each row; one of 30 times its rows ends them all.
"""

from __future__ import annotations

from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, expand_dims, full
from litesmith.ops.control import fori_loop, while_loop
from litesmith.ops.creation import band, count_up, keep_band
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import matmul
from litesmith.ops.indexing import select
from litesmith.ops.linalg.reflections import reflect, reflect_rows, reflector
from litesmith.ops.linalg.stacks import (
    beside_diagonal,
    column,
    diagonal,
    for_each,
    identity,
    neighbours,
    of_bands,
    transposed,
    where,
)
from litesmith.ops.sizes import int32
from litesmith.opset.slicing import Gather

EPSILON = 1.2e-7
"""What float32 rounds off, relative to 1."""

SMALLEST = 1e-2
"""Magnitudes, relative to the largest element, below which all count as this one where elements are taken for 0."""

STEPS_OF_A_ROW = 30
UNUSUAL = 10
"""After so many steps without a 0, the shifts are others: those of some matrices, as permutations, lead nowhere."""


@decomposition
def schur(stack: Value) -> tuple[Value, Value]:
    """T and an orthogonal Z for which Z T Z^T is the matrix [count, n, n], whose largest magnitude is 1.

    T is triangular but for blocks of two rows on its diagonal, which have complex eigenvalues.
    """
    size = stack.type.shape[1]
    if not isinstance(size, Dim) and size < 2:
        return stack, expand_dims(identity(size), 0)
    form, basis = _hessenberg(stack)
    if isinstance(size, Dim) or size > 2:
        form, basis = _iterated(form, basis)
    return _without_real_blocks(form, basis)


def _hessenberg(stack: Value) -> tuple[Value, Value]:
    """Matrices with zeros below the diagonal's lower neighbour, and their bases."""
    size = stack.type.shape[1]
    places = count_up(0, size)

    def step(place: Value, values: list[Value]) -> list[Value]:
        below = where(math.greater(places, place), column(values[0], place), 0.0)
        return _turned(values, reflector(below, math.add(place, 1), places))

    form, basis = for_each(size - 2, step, [stack, expand_dims(identity(size), 0)], "hessenberg")
    return keep_band(form, -1, None), basis


def _turned(values: list[Value], direction: Value) -> list[Value]:
    """A matrix seen from a reflected basis, and that."""
    form, basis = values
    return [reflect_rows(reflect(form, direction), direction), reflect_rows(basis, direction)]


def _iterated(form: Value, basis: Value) -> tuple[Value, Value]:
    """Double steps on the last block of more than two rows, until there is none."""
    size = form.type.shape[1]
    form, last = _deflated(form)
    none = full((1, 1), 0, DType.INT32)

    def condition(values: list[Value]) -> Value:
        steps, _, last, *_ = values
        return math.logical_and(math.less(steps, STEPS_OF_A_ROW * size), math.greater(math.max(last), 0))

    def step(values: list[Value]) -> list[Value]:
        steps, waited, last, form, basis = values
        form, basis = _double_step(form, basis, last, math.equal(math.floor_mod(waited, UNUSUAL), UNUSUAL - 1))
        form, now = _deflated(form)
        waited = select(math.equal(now, last), math.add(waited, 1), int32(0))
        return [math.add(steps, 1), waited, now, form, basis]

    *_, form, basis = while_loop(condition, step, [int32(0), none, last, form, basis], "francis")
    return form, basis


def _deflated(form: Value) -> tuple[Value, Value]:
    """Matrices whose small elements below the diagonal are 0, and where their last block of three rows or more ends.

    int32 [count, 1], 0 where there is none.
    """
    size = form.type.shape[1]
    places = count_up(0, size)
    magnitudes = math.absolute(diagonal(form))
    before, _ = neighbours(magnitudes, 0.0)
    _, below = beside_diagonal(form)
    limit = math.multiply(math.maximum(math.add(magnitudes, before), SMALLEST), EPSILON)
    is_small = math.less_equal(math.absolute(below), limit)
    is_left = cast(math.logical_not(is_small), DType.FLOAT32)
    earlier, _ = neighbours(is_left, 0.0)
    joined = math.greater(math.multiply(is_left, earlier), 0.0)
    last = math.max(select(joined, places, int32(0)), 1, True)
    gone = math.logical_and(band(size, size, -1, -1), expand_dims(is_small, 2))
    return where(math.logical_not(gone), form, 0.0), last


def _double_step(form: Value, basis: Value, last: Value, is_unusual: Value) -> tuple[Value, Value]:
    """A step with two shifts on the blocks that end at `last` [count, 1], from their first rows to there."""
    size = form.type.shape[1]
    places = count_up(0, size)
    _, below = beside_diagonal(form)
    starts = math.logical_and(math.equal(below, 0.0), math.less_equal(places, last))
    first = math.max(select(starts, places, int32(0)), 1, True)
    start = _start(form, first, _shifts(form, last, is_unusual))

    def step(place: Value, values: list[Value]) -> list[Value]:
        bulge = column(values[0], math.maximum(math.subtract(place, 1), 0))
        chosen = select(math.equal(first, place), start, bulge)
        end = math.minimum(math.add(place, 2), last)
        inside = math.logical_and(math.greater_equal(places, place), math.less_equal(places, end))
        counts = math.logical_and(inside, math.less_equal(first, place))
        return _turned(values, reflector(where(counts, chosen, 0.0), place, places))

    nowhere = math.equal(last, 0)
    begin = math.min(select(nowhere, as_value(size, DType.INT32), first))
    form, basis = fori_loop(begin, math.max(last), step, [form, basis], "chase")
    return keep_band(form, -1, None), basis


def _shifts(form: Value, last: Value, is_unusual: Value) -> tuple[Value, Value]:
    """The sum and the product of the eigenvalues of the two last rows of blocks, [count, 1] each."""
    end = math.maximum(last, 2)
    before = math.subtract(end, 1)
    middle = diagonal(form)
    above, below = beside_diagonal(form)
    a, d = _at(middle, before), _at(middle, end)
    b, c = _at(above, end), _at(below, end)
    other = math.add(math.absolute(c), math.absolute(_at(below, before)))
    moved = math.add(d, math.multiply(other, 0.75))
    a, d = select(is_unusual, moved, a), select(is_unusual, moved, d)
    b, c = select(is_unusual, math.multiply(other, -0.4375), b), select(is_unusual, other, c)
    return math.add(a, d), math.subtract(math.multiply(a, d), math.multiply(b, c))


def _start(form: Value, first: Value, shifts: tuple[Value, Value]) -> Value:
    """The first columns [count, n] of blocks squared and shifted twice, over their largest magnitudes."""
    size = form.type.shape[1]
    total, product = shifts
    second, third = (math.minimum(math.add(first, step), size - 1) for step in (1, 2))
    middle = diagonal(form)
    above, below = beside_diagonal(form)
    a, d = _at(middle, first), _at(middle, second)
    b, c = _at(above, second), _at(below, second)
    top = math.add(math.add(math.multiply(a, math.subtract(a, total)), product), math.multiply(b, c))
    under = math.multiply(c, math.subtract(math.add(a, d), total))
    bottom = math.multiply(c, _at(below, third))
    places = count_up(0, size)
    column = where(math.equal(places, third), bottom, 0.0)
    for place, element in ((second, under), (first, top)):
        column = select(math.equal(places, place), element, column)
    largest = math.max(math.absolute(column), 1, True)
    return math.divide(column, where(math.greater(largest, 0.0), largest, 1.0))


def _at(vectors: Value, places: Value) -> Value:
    """An element of each vector, where `places` [count, 1] say."""
    return emit(Gather(axis=1, batch_dims=1), vectors, places)


def _without_real_blocks(form: Value, basis: Value) -> tuple[Value, Value]:
    """Blocks of two rows with real eigenvalues made triangular, all at once: they do not meet."""
    middle = diagonal(form)
    above, below = beside_diagonal(form)
    before, _ = neighbours(middle, 0.0)
    half = math.multiply(math.subtract(before, middle), 0.5)
    squared = math.add(math.square(half), math.multiply(above, below))
    is_real = math.logical_and(math.not_equal(below, 0.0), math.greater_equal(squared, 0.0))
    root = math.sqrt(math.maximum(squared, 0.0))
    offset = math.add(half, select(math.less(half, 0.0), math.negative(root), root))
    length = math.sqrt(where(is_real, math.add(math.square(offset), math.square(below)), 1.0))
    cosine = where(is_real, math.divide(offset, length), 1.0)
    sine = where(is_real, math.divide(below, length), 0.0)
    _, behind = neighbours(cosine, 1.0)
    turn = of_bands(math.multiply(cosine, behind), math.negative(sine), sine)
    size = form.type.shape[1]
    gone = math.logical_and(band(size, size, -1, -1), expand_dims(is_real, 2))
    seen = matmul(matmul(transposed(turn), form), turn)
    return keep_band(where(math.logical_not(gone), seen, 0.0), -1, None), matmul(basis, turn)
