"""When FULLY_CONNECTED keeps its leading axes."""

from litesmith.passes.keep_leading_axes import KeepLeadingAxes
from support import check_rewrite


def test_rows_of_another_length_stay_reshaped():
    check_rewrite(
        KeepLeadingAxes(),
        """graph main(%x: float32[batch, 2, 4]) {
          %1 = reshape %x, const int32[2] [-1, 8] : float32[batch, 8]
          %2 = fully_connected %1, const float32[3, 8], none : float32[batch, 3]
          %3 = reshape %2, const int32[3] [-1, 1, 3] : float32[batch, 1, 3]
          return %3
        }""",
        None,
    )


def test_a_result_that_others_read_stays():
    check_rewrite(
        KeepLeadingAxes(),
        """graph main(%x: float32[batch, 5, 4]) {
          %1 = reshape %x, const int32[2] [-1, 4] : float32[5*batch, 4]
          %2 = fully_connected %1, const float32[3, 4], none : float32[5*batch, 3]
          %3 = reshape %2, const int32[3] [-1, 5, 3] : float32[batch, 5, 3]
          return %2, %3
        }""",
        None,
    )


def test_more_axes_than_the_delegate_takes_stay_merged():
    check_rewrite(
        KeepLeadingAxes(),
        """graph main(%x: float32[batch, 1, 1, 1, 1, 2, 4]) {
          %1 = reshape %x, const int32[2] [-1, 4] : float32[2*batch, 4]
          %2 = fully_connected %1, const float32[3, 4], none : float32[2*batch, 3]
          %3 = reshape %2, const int32[7] [-1, 1, 1, 1, 1, 2, 3] : float32[batch, 1, 1, 1, 1, 2, 3]
          return %3
        }""",
        None,
    )
