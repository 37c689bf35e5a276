"""When an operator may broadcast by itself."""

import pytest

from litesmith.passes.drop_broadcasts import DropBroadcasts
from support import check_rewrite


def test_it_stays_where_it_makes_the_shape_of_the_result():
    check_rewrite(
        DropBroadcasts(),
        """graph main(%x: float32[1, 4], %y: float32[4]) {
          %1 = broadcast_to %x, const int32[2] [3, 4] : float32[3, 4]
          %2 = add %1, %y : float32[3, 4]
          return %2
        }""",
        None,
    )


def test_of_two_one_stays():
    check_rewrite(
        DropBroadcasts(),
        """graph main(%x: float32[1, 4], %y: float32[4]) {
          %1 = broadcast_to %x, const int32[2] [3, 4] : float32[3, 4]
          %2 = broadcast_to %y, const int32[2] [3, 4] : float32[3, 4]
          %3 = add %1, %2 : float32[3, 4]
          return %3
        }""",
        """graph main(%x: float32[1, 4], %y: float32[4]) {
          %1 = broadcast_to %y, const int32[2] [3, 4] : float32[3, 4]
          %2 = add %x, %1 : float32[3, 4]
          return %2
        }""",
    )


def test_a_condition_is_broadcast_by_select():
    check_rewrite(
        DropBroadcasts(),
        """graph main(%c: bool[3, 1], %x: float32[3, 4], %y: float32[3, 4]) {
          %1 = broadcast_to %c, const int32[2] [3, 4] : bool[3, 4]
          %2 = select_v2 %1, %x, %y : float32[3, 4]
          return %2
        }""",
        """graph main(%c: bool[3, 1], %x: float32[3, 4], %y: float32[3, 4]) {
          %1 = select_v2 %c, %x, %y : float32[3, 4]
          return %1
        }""",
    )


@pytest.mark.parametrize("leading", [("2", "1"), ("2, 3", "1, 3"), ("2, 3", "3"), ("2, 3", "1, 1")])
def test_leading_axes_of_a_product_of_matrices(leading):
    full, short = leading
    check_rewrite(
        DropBroadcasts(),
        f"""graph main(%x: float32[{full}, 4, 5], %y: float32[{short}, 5, 6]) {{
          %1 = broadcast_to %y, const int32[{full.count(",") + 3}] [{full}, 5, 6] : float32[{full}, 5, 6]
          %2 = batch_matmul %x, %1 : float32[{full}, 4, 6]
          return %2
        }}""",
        f"""graph main(%x: float32[{full}, 4, 5], %y: float32[{short}, 5, 6]) {{
          %1 = batch_matmul %x, %y : float32[{full}, 4, 6]
          return %1
        }}""",
    )


def test_rows_of_a_product_of_matrices_stay():
    check_rewrite(
        DropBroadcasts(),
        """graph main(%x: float32[1, 5], %y: float32[5, 6]) {
          %1 = broadcast_to %x, const int32[2] [4, 5] : float32[4, 5]
          %2 = batch_matmul %1, %y : float32[4, 6]
          return %2
        }""",
        None,
    )
