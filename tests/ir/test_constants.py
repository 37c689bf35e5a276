"""Constants say what their elements will be, and compute them where they are wanted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from litesmith.ir.constants import Constant
from litesmith.ir.types import DType

FLOATS = arrays.arrays(np.float32, (2, 3, 4), elements=st.floats(-100, 100, width=32))
STEPS = st.lists(
    st.one_of(
        st.permutations(range(3)).map(lambda axes: ("transposed", tuple(axes))),
        st.sampled_from([0.5, 3.0, 1 / 3]).map(lambda factor: ("times", np.array([factor]))),
        st.sampled_from([0.5, 1 / 3]).map(lambda factor: ("times", np.array([factor], np.float32))),
    ),
    max_size=5,
)


def altered(constant, array, steps):
    """A constant, and the array that it should hold, after the same steps."""
    for name, argument in steps:
        constant = getattr(constant, name)(argument)
        array = array.transpose(argument) if name == "transposed" else (array * argument).astype(np.float32)
    return constant, array


@given(FLOATS, STEPS)
def test_steps_are_those_of_numpy(array, steps):
    constant, expected = altered(Constant.of(array), array, steps)
    assert constant.type.shape == expected.shape
    np.testing.assert_array_equal(constant.array(), expected)


@given(FLOATS, STEPS)
def test_written_elements_are_those_that_are_given(array, steps):
    constant, expected = altered(Constant.of(array), array, steps)
    target = np.full(expected.shape, np.nan, np.float32)
    constant.write_into(target)
    np.testing.assert_array_equal(target, expected)
    np.testing.assert_array_equal(constant.array(), expected)


def test_nothing_is_computed_before_it_is_asked_for():
    asked = []

    def load():
        asked.append(True)
        return np.ones((2, 3), np.float32)

    base = Constant.of(np.ones((2, 3), np.float32))
    constant = Constant(base.type, load, "weights").transposed((1, 0)).times(np.float32([2.0])).reshaped((6,))
    assert not asked
    np.testing.assert_array_equal(constant.array(), np.full(6, 2.0, np.float32))
    assert len(asked) == 1


def test_equal_keys_mean_equal_elements():
    array = np.arange(600, dtype=np.float32)
    constant = Constant.of(array)
    assert constant.reshaped((20, 30)).key == constant.reshaped((20, 30)).key
    assert constant.reshaped((20, 30)).key != constant.reshaped((30, 20)).key
    assert constant.times(np.float32([2.0])).key != constant.times(np.float32([3.0])).key
    assert Constant.of(array.copy()).key != constant.key


def test_small_arrays_of_equal_elements_have_equal_keys():
    assert Constant.of(np.array([1, 2], np.int32)).key == Constant.of(np.array([1, 2], np.int32)).key
    assert Constant.of(np.array([1, 2], np.int32)).key != Constant.of(np.array([1, 2], np.int64)).key
    assert Constant.of(np.array([0.0])).key != Constant.of(np.array([-0.0])).key


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.INT8, DType.BOOL])
def test_a_given_type_is_taken(dtype):
    constant = Constant.of(np.array([0, 1]), dtype)
    assert constant.type.dtype is dtype
    assert constant.array().dtype == dtype.numpy
    assert constant.cast(dtype) is constant


def test_a_target_of_another_type_is_refused():
    with pytest.raises(TypeError):
        Constant.of(np.ones(3, np.float32)).write_into(np.zeros(3, np.int32))


def test_a_constant_that_is_transposed_back_is_the_one_that_it_was():
    constant = Constant.of(np.arange(600, dtype=np.float32).reshape(10, 20, 3))
    moved = constant.transposed((2, 0, 1))
    assert moved.transposed((1, 2, 0)) is constant
    again = moved.transposed((1, 0, 2))
    assert again.key == constant.transposed((0, 2, 1)).key
    np.testing.assert_array_equal(again.array(), constant.array().transpose(0, 2, 1))
