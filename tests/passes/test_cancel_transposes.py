"""Which transposes vanish, and which stay."""

import pytest

from litesmith.passes.cancel_transposes import CancelTransposes, compose, inverse
from support import check_rewrite


def test_two_transposes_become_one():
    check_rewrite(
        CancelTransposes(),
        """graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = transpose %x, const int32[4] [0, 3, 1, 2] : float32[batch, 3, 4, 5]
          %2 = transpose %1, const int32[4] [0, 1, 3, 2] : float32[batch, 3, 5, 4]
          return %2
        }""",
        """graph main(%x: float32[batch, 4, 5, 3]) {
          %1 = transpose %x, const int32[4] [0, 3, 2, 1] : float32[batch, 3, 5, 4]
          return %1
        }""",
    )


def test_the_first_stays_for_those_who_read_it():
    check_rewrite(
        CancelTransposes(),
        """graph main(%x: float32[batch, 4, 5]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = transpose %1, const int32[3] [0, 2, 1] : float32[batch, 4, 5]
          %3 = relu %1 : float32[batch, 5, 4]
          return %2, %3
        }""",
        """graph main(%x: float32[batch, 4, 5]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = relu %1 : float32[batch, 5, 4]
          return %x, %2
        }""",
    )


def test_a_transpose_that_moves_nothing_vanishes():
    check_rewrite(
        CancelTransposes(),
        """graph main(%x: float32[batch, 4]) {
          %1 = transpose %x, const int32[2] [0, 1] : float32[batch, 4]
          %2 = relu %1 : float32[batch, 4]
          return %2
        }""",
        """graph main(%x: float32[batch, 4]) {
          %1 = relu %x : float32[batch, 4]
          return %1
        }""",
    )


@pytest.mark.parametrize("order", [(0, 3, 1, 2), (1, 0), (2, 0, 1), (0, 2, 1, 3)])
def test_inverse_undoes(order):
    assert compose(order, inverse(order)) == tuple(range(len(order))) == compose(inverse(order), order)
