"""The bytes of tensors."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from litesmith.flatbuffer.encoding import decode, encode
from litesmith.ir.types import DType

PLAIN = [DType(name) for name in ("float32", "float16", "float64", "int8", "uint8", "int16", "int32", "int64", "bool")]


@pytest.mark.parametrize("dtype", PLAIN, ids=str)
def test_elements_come_back_as_they_went(dtype):
    @given(arrays.arrays(dtype.numpy, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0)))
    def check(array):
        data = np.frombuffer(encode(array, dtype), np.uint8)
        np.testing.assert_array_equal(decode(data, dtype, array.shape), array)

    check()


@pytest.mark.parametrize(("dtype", "low", "high"), [(DType.INT4, -8, 7), (DType.INT2, -2, 1), (DType.UINT4, 0, 15)])
def test_integers_below_a_byte_are_packed_lowest_bits_first(dtype, low, high):
    @given(st.lists(st.integers(low, high), min_size=1, max_size=19))
    def check(numbers):
        array = np.array(numbers, dtype.numpy)
        data = np.frombuffer(encode(array, dtype), np.uint8)
        assert data.size == -(-len(numbers) * dtype.bits // 8)
        np.testing.assert_array_equal(decode(data, dtype, array.shape).astype(int), numbers)

    check()


def test_the_first_int4_is_the_low_nibble():
    assert bytes(encode(np.array([1, 2], ml_dtypes.int4), DType.INT4)) == b"\x21"


@given(st.lists(st.binary(max_size=9), max_size=6))
def test_strings_come_back_as_bytes(strings):
    array = np.empty(len(strings), object)
    array[:] = strings
    data = np.frombuffer(encode(array, DType.STRING), np.uint8)
    assert decode(data, DType.STRING, array.shape).tolist() == strings


def test_a_transposed_array_is_written_in_its_own_order():
    array = np.arange(6, dtype=np.int32).reshape(2, 3).T
    assert np.frombuffer(encode(array, DType.INT32), np.int32).tolist() == [0, 3, 1, 4, 2, 5]
