"""How long slices of axes of unknown size are."""

from itertools import product

import pytest

from litesmith.ir.dims import Dim, evaluate, symbol
from litesmith.opset.slicing import slice_length

BOUNDS = (None, *range(-4, 5))


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2])
def test_a_slice_is_as_long_as_in_python(step):
    for begin, end in product(BOUNDS, BOUNDS):
        length = slice_length(symbol("t", 101), begin, end, step)
        for size in range(1, 9):
            cut = -((end if step > 0 else begin) or 0)  # sizes are at least what a slice cuts off
            found = evaluate(length, {"t": size})
            assert found == len(range(size)[slice(begin, end, step)]) or (found < 0 and size < cut), (begin, end, size)


@pytest.mark.parametrize(
    ("begin", "end", "shown"),
    [(None, None, "t"), (-1, None, "1"), (1, None, "-1+t"), (None, -3, "-3+t"), (-2, None, "(min(2, t))")],
)
def test_lengths_stay_simple(begin, end, shown):
    assert str(slice_length(symbol("t", 101), begin, end, 1)) == shown


def test_bounds_in_the_wrong_order_take_nothing_of_any_size():
    assert slice_length(symbol("t", 101), -1, -2, 1) == 0
    assert slice_length(symbol("t", 101), 2, 1, 1) == 0
    assert str(slice_length(symbol("t", 101), -2, 2, 1)) == "(max(0, 2*(min(2, t))-1*t))"


def test_a_length_that_no_size_changes_is_a_number():
    assert slice_length(symbol("t", 101), 1, None, -2) == 1
    assert not isinstance(slice_length(symbol("t", 101), 1, None, -2), Dim)
    assert isinstance(slice_length(symbol("t", 101), 1, None, -1), Dim)
