"""Which transposes are reshapes."""

from litesmith.passes.cancel_transposes import moves_only_ones
from litesmith.passes.replace_transposes import ReplaceTransposes
from support import check_rewrite


def test_a_dynamic_axis_counts_as_longer_than_1():
    check_rewrite(
        ReplaceTransposes(),
        """graph main(%x: float32[batch, 1, 3]) {
          %1 = transpose %x, const int32[3] [2, 1, 0] : float32[3, 1, batch]
          return %1
        }""",
        None,
    )


def test_two_dynamic_axes_are_not_reshaped():
    check_rewrite(
        ReplaceTransposes(),
        """graph main(%x: float32[batch, 1, time]) {
          %1 = transpose %x, const int32[3] [1, 0, 2] : float32[1, batch, time]
          return %1
        }""",
        None,
    )


def test_axes_of_size_1_move_freely():
    assert moves_only_ones((5, 1, 1, 3), (0, 3, 1, 2))
    assert not moves_only_ones((5, 2, 1, 3), (0, 3, 1, 2))
