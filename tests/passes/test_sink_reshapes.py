"""Which operators a RESHAPE moves behind, and what becomes of constants."""

import pytest

from litesmith.passes.sink_reshapes import SinkReshapes, constant_shape
from support import check_rewrite


@pytest.mark.parametrize(
    ("shape", "after", "before", "expected"),
    [
        ((1, 1), (6, 2), (3, 4), ()),
        ((), (6, 2), (3, 4), ()),
        ((2,), (6, 2), (2, 3, 2), (2,)),
        ((1, 2), (6, 2), (2, 3, 2), (2,)),
        ((6, 2), (6, 2), (1, 6, 2), (6, 2)),
        ((5, 1, 1), (4, 5, 1, 1), (4, 5), (5,)),
        ((5,), (4, 5), (4, 5, 1, 1), (5, 1, 1)),
        ((6, 1), (6, 2), (2, 3, 2), None),
        ((2,), (6, 2), (12,), None),
    ],
)
def test_the_shape_of_a_constant_in_front_of_a_reshape(shape, after, before, expected):
    assert constant_shape(shape, after, before) == expected


def test_a_constant_along_a_regrouped_axis_stays_behind():
    check_rewrite(
        SinkReshapes(),
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = mul %1, const float32[6] : float32[batch, 6]
          return %2
        }""",
        None,
    )


def test_a_softmax_stays_behind():
    check_rewrite(
        SinkReshapes(),
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = softmax(beta=1.0) %1 : float32[batch, 6]
          return %2
        }""",
        None,
    )


def test_a_reshape_that_others_read_stays():
    check_rewrite(
        SinkReshapes(),
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = relu %1 : float32[batch, 6]
          return %1, %2
        }""",
        None,
    )


def test_a_result_that_grows_by_broadcasting_stays():
    check_rewrite(
        SinkReshapes(),
        """graph main(%x: float32[1, 2]) {
          %1 = reshape %x, const int32[1] [2] : float32[2]
          %2 = add %1, const float32[3, 2] : float32[3, 2]
          return %2
        }""",
        None,
    )


def test_a_cast_is_passed_with_its_type():
    check_rewrite(
        SinkReshapes(),
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = reshape %x, const int32[2] [-1, 6] : float32[batch, 6]
          %2 = cast(out_data_type=INT32) %1 : int32[batch, 6]
          return %2
        }""",
        """graph main(%x: float32[batch, 2, 3]) {
          %1 = cast(out_data_type=INT32) %x : int32[batch, 2, 3]
          %2 = reshape %1, const int32[2] [-1, 6] : int32[batch, 6]
          return %2
        }""",
    )
