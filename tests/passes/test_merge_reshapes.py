"""Which reshapes become one, or none."""

from litesmith.passes.merge_reshapes import MergeReshapes
from support import check_rewrite


def test_squeeze_undoes_expand_dims_with_two_dynamic_sizes():
    check_rewrite(
        MergeReshapes(),
        """graph main(%x: float32[batch, time, 3]) {
          %1 = expand_dims %x, const int32[] 2 : float32[batch, time, 1, 3]
          %2 = squeeze(squeeze_dims=(2,)) %1 : float32[batch, time, 3]
          %3 = relu %2 : float32[batch, time, 3]
          return %3
        }""",
        """graph main(%x: float32[batch, time, 3]) {
          %1 = relu %x : float32[batch, time, 3]
          return %1
        }""",
    )


def test_expand_dims_stays_where_a_reshape_would_need_sizes_at_run_time():
    check_rewrite(
        MergeReshapes(),
        """graph main(%x: float32[batch, time, 3]) {
          %1 = expand_dims %x, const int32[] 2 : float32[batch, time, 1, 3]
          return %1
        }""",
        None,
    )


def test_the_same_probe_is_not_the_same_size():
    check_rewrite(
        MergeReshapes(),
        """graph main(%x: float32[batch, 3]) {
          %1 = reshape %x, const int32[2] [3, -1] : float32[3, batch]
          return %1
        }""",
        None,
    )


def test_a_constant_is_reshaped_when_it_is_written():
    check_rewrite(
        MergeReshapes(),
        """graph main(%x: float32[batch, 2]) {
          %1 = reshape const float32[2, 1] [[1.0], [2.0]], const int32[1] [2] : float32[2]
          %2 = add %x, %1 : float32[batch, 2]
          return %2
        }""",
        """graph main(%x: float32[batch, 2]) {
          %1 = add %x, const float32[2] [1.0, 2.0] : float32[batch, 2]
          return %1
        }""",
    )


def test_the_shape_in_between_may_be_read_by_others():
    check_rewrite(
        MergeReshapes(),
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = reshape %1, const int32[3] [-1, 3, 2] : float32[batch, 3, 2]
          return %1, %2
        }""",
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = reshape %x, const int32[3] [-1, 3, 2] : float32[batch, 3, 2]
          return %1, %2
        }""",
    )
