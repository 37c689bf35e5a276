"""Bits of numbers, and functions that follow from them, against Keras: exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from support import check_function, converted

RNG = np.random.default_rng(11)
EDGES = np.array(
    [[0.0, -0.0, 1.0, -1.0, np.inf, -np.inf], [np.nan, 1e-45, -1e-45, 3.4028235e38, -3.4028235e38, 1.1754944e-38]],
    "float32",
)
RANDOM = (RNG.normal(size=(3, 4)) * 10.0 ** RNG.integers(-40, 38, size=(3, 4))).astype("float32")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def same_bits(function, *inputs):
    lite = converted(function, *inputs)
    np.testing.assert_array_equal(lite.run(list(inputs)), function(*inputs))


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int16", "float32"])
def test_views_of_floats(dtype):
    check_function(lambda x: ops.view(x, dtype), EDGES[:, :4])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "float32"])
def test_views_of_integers(dtype):
    check_function(lambda x: ops.view(x, dtype), RNG.integers(-100, 100, size=(3, 8)).astype("int8"))
    check_function(lambda x: ops.view(x, dtype), RNG.integers(-(2**31), 2**31, size=(3, 2)).astype("int32"))


def test_bits_of_other_floats_are_refused():
    with pytest.raises(Exception, match="bits of float16"):
        check_function(lambda x: ops.view(ops.cast(x, "float16"), "int16"), RANDOM)


@pytest.mark.parametrize("function", [ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "bool"])
def test_combined_bits(function, dtype):
    x, y = (RNG.integers(-(2**31), 2**31, size=(3, 5)).astype("int32") for _ in range(2))
    x[0], y[0, ::2] = [-(2**31), 2**31 - 1, -1, 0, 65536], -1
    check_function(lambda a, b: function(ops.cast(a, dtype), ops.cast(b, dtype)), x, y)


@pytest.mark.parametrize("function", [ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor])
def test_combined_bits_of_64(function):
    x, y = (RNG.integers(-(2**31), 2**31, size=(3, 5)).astype("int32") for _ in range(2))

    def wide(a, b):
        long, other = (ops.cast(part, "int64") for part in (a, b))
        return ops.cast(function(long * 40000, other * 30001) // 32768, "int32")

    check_function(wide, x // 64, y // 64)


def test_bits_of_other_shapes_and_of_numbers():
    x = RNG.integers(-1000, 1000, size=(3, 2, 2, 2, 3)).astype("int32")
    check_function(lambda a: [ops.bitwise_and(a, a[:, :1, :, :1]), ops.bitwise_or(a, 0x0F0F), a & 255], x)


@pytest.mark.parametrize("x", [EDGES, RANDOM, np.array([[-3, 0], [4, -128]], "int8"), np.array([3, 0], "uint8")])
def test_sign_bit(x):
    check_function(ops.signbit, x)


def test_next_float_at_the_edges():
    x, y = (part.reshape(-1) for part in np.meshgrid(EDGES, EDGES))
    same_bits(ops.nextafter, x, y)


FLOATS = arrays(np.float32, (8,), elements=st.floats(width=32))


@settings(max_examples=100, deadline=None)
@given(FLOATS, FLOATS)
def test_next_float(x, y):
    np.testing.assert_array_equal(NEXT.run([x, y]), np.nextafter(x, y))


NEXT = converted(ops.nextafter, np.ones(8, "float32"), np.ones(8, "float32"))


def test_next_float_of_integers():
    check_function(lambda x: ops.nextafter(x, 5), np.array([3, 5, 7], "int32"))


@pytest.mark.parametrize("exponent", [-400, -280, -149, -126, -30, 0, 1, 127, 128, 300])
def test_multiples_of_powers_of_two(exponent):
    x = np.concatenate([EDGES.reshape(-1), RANDOM.reshape(-1)])
    exponents = np.full(x.shape, exponent, "int32")
    found, expected = converted(ops.ldexp, x, exponents).run([x, exponents]), np.ldexp(x, exponents)
    smallest = np.finfo("float32").smallest_normal  # XNNPACK takes numbers below it for 0
    is_small = (np.abs(x) < smallest) | (np.abs(expected) < smallest)
    exact = ~is_small | (x == 0)
    np.testing.assert_array_equal(found[exact], expected[exact])
    assert (np.abs(found[~exact]) <= np.abs(expected[~exact])).all()


def test_exponents_of_other_types():
    check_function(ops.ldexp, RANDOM, np.array([[1, -2, 3, 0]] * 3, "int8"))
    check_function(ops.ldexp, np.array([3, 4], "int32"), np.array([2, -1], "int32"))
