"""Conversion between element types, integers that wrap around, and promotion of mixed operands."""

import keras
import numpy as np
import pytest
from keras import ops

from litesmith.ir.types import DType
from support import check_function, converted

INTEGERS = ("int8", "int16", "int32", "uint8", "uint16", "uint32")
FLOATS = ("float16", "bfloat16", "float32", "float64")


def extremes(dtype):
    limits = np.iinfo(dtype)
    low, high = limits.min, limits.max
    return np.array([[low, low + 1, -1 if low else 3], [0, 1, 2], [high // 3, high - 1, high]], dtype)


@pytest.mark.parametrize("source", INTEGERS)
def test_integers_become_any_other_type(source):
    """Those that another type does not hold wrap around, as on every backend of Keras."""
    targets = (*INTEGERS, "float32", "float64", "bool")
    check_function(lambda x: [ops.cast(x, target) for target in targets], extremes(source))


@pytest.mark.parametrize("source", FLOATS)
def test_floats_become_integers_without_their_fraction(source):
    numbers = np.array([[-2.75, -1.0, -0.5], [-0.0, 0.5, 0.99], [1.0, 2.5, 100.0]]).astype(DType(source).numpy)
    signed = ("int8", "int16", "int32", "float32", "bool")
    check_function(lambda x: [ops.cast(x, target) for target in signed], numbers)
    check_function(lambda x: [ops.cast(x, target) for target in INTEGERS], np.abs(numbers))


def test_booleans_become_any_type():
    check_function(lambda x: [ops.cast(x, target) for target in (*INTEGERS, "float32", "float16")], np.eye(3) > 0)


def test_floats_that_an_integer_does_not_hold_become_the_nearest_one():
    """As JAX has it, and not as numpy, which wraps around or does what the machine does."""
    numbers = np.array([[300.0, -300.0, 1e20, -1e20]], "float32")
    lite = converted(lambda x: [ops.cast(x, target) for target in ("uint8", "int8", "int32")], numbers)
    small, signed, wide = lite.run([numbers])
    np.testing.assert_array_equal(small, np.array([[255, 0, 255, 0]], "uint8"))
    np.testing.assert_array_equal(signed, np.array([[127, -128, 127, -128]], "int8"))
    np.testing.assert_array_equal(wide, np.array([[300, -300, 2**31 - 1, -(2**31)]], "int32"))


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply"])
def test_integers_wrap_around(name, dtype):
    x = extremes(dtype)
    check_function(getattr(ops, name), x, x[::-1].copy())


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32"])
def test_the_lowest_integer_has_no_magnitude(dtype):
    check_function(lambda x: [ops.abs(x), ops.negative(x), ops.square(x)], extremes(dtype))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32"])
def test_remainders_have_the_sign_of_the_dividend_or_of_the_divisor(dtype):
    x = extremes(dtype)
    y = np.array([[3, -3, 7], [1, 2, -7], [5, -5, 4]], dtype)
    check_function(lambda x, y: [ops.fmod(x, y), ops.mod(x, y), ops.floor_divide(x, y)], x, y)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32"])
@pytest.mark.parametrize("places", [0, 1, 3, 7])
def test_shifts_by_less_than_the_width(dtype, places):
    check_function(lambda x: [ops.left_shift(x, places), ops.right_shift(x, places)], extremes(dtype))


def test_integers_of_64_bits_keep_what_float64_does_not_hold():
    """Keras' backends but torch make 32 bits of them; the file keeps them where Keras says int64."""
    x = np.array([[2**53 + 1, -(2**62) - 3, 2**63 - 1]], "int64")
    lite = converted(lambda x: [ops.flip(x, 1), ops.reshape(x, (-1, 1)), ops.max(x, 1), ops.concatenate([x, x], 0)], x)
    flipped, column, largest, twice = lite.run([x])
    np.testing.assert_array_equal(flipped, x[:, ::-1])
    np.testing.assert_array_equal(column, x.T)
    np.testing.assert_array_equal(largest, [2**63 - 1])
    np.testing.assert_array_equal(twice, np.concatenate([x, x]))


@pytest.mark.parametrize("right", [*INTEGERS[:5], "float16", "bfloat16", "float32", "bool"])
@pytest.mark.parametrize("left", ["int8", "uint8", "int16", "int32", "float16", "float32", "bool"])
def test_mixed_operands_have_the_type_that_keras_promotes_them_to(left, right):
    x = np.array([[0, 1, 2, 3]]).astype(DType(left).numpy)
    y = np.array([[1, 3, 2, 0]]).astype(DType(right).numpy)
    check_function(lambda x, y: [ops.add(x, y), ops.maximum(x, y), ops.multiply(x, y), ops.less(x, y)], x, y)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "float16", "bfloat16", "float32", "bool"])
@pytest.mark.parametrize("number", [True, 2, 0.5])
def test_python_numbers_are_weak(dtype, number):
    x = np.array([[0, 1, 2, 3]]).astype(DType(dtype).numpy)
    check_function(
        lambda x: [ops.add(x, number), ops.multiply(number, x), ops.maximum(x, number), ops.greater(x, number)], x
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"])
def test_a_policy_for_all_layers(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        x = np.random.default_rng(0).normal(size=(3, 6)).astype("float32")
        dense = keras.layers.Dense(4, bias_initializer="random_normal")
        plain = keras.layers.Dense(4, autocast=False, dtype="float32")
        dense.build((None, 6)), plain.build((None, 6))
        check_function(lambda x: [dense(x), plain(x), keras.layers.ReLU()(x)], x, rtol=1e-3)
    finally:
        keras.config.set_dtype_policy(before)
