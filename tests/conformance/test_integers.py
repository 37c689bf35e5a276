"""Integers of 64 bits and without signs: quotients, powers, what loops stack and branches return; to the last digit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from keras.src import backend

import litesmith
from support import _layer_of, _specs, check_function

ARRAYS = backend.backend() == "numpy"
INT64, UINT32 = st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**32 - 1)


def magnitudes(dtype, count, low=-(2**63)):
    """Integers of all magnitudes of a type, none of them below `low`."""
    random, limits = np.random.default_rng(count), np.iinfo(dtype)
    drawn = random.integers(limits.min, limits.max, count, dtype)
    return np.maximum(drawn >> random.integers(0, limits.bits, count).astype(dtype), max(low, limits.min)).astype(dtype)


def computed(function, *arrays):
    layer = _layer_of(function)
    layer.autocast = False
    return litesmith.convert(layer, inputs=_specs(arrays, True), verify=False)


@pytest.fixture(scope="module")
def quotients():
    """The quotients of two tensors, by type."""
    pair = {dtype: [np.ones(3, dtype)] * 2 for dtype in ("int64", "uint32")}
    return {dtype: computed(lambda x, y: x // y, *arrays) for dtype, arrays in pair.items()}


def check_quotient(lite, x, y):
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(lite.run([x, y]), x // y)


@settings(max_examples=50)
@given(st.lists(st.tuples(INT64, INT64.filter(bool)), min_size=1, max_size=30))
def test_quotients_of_int64(quotients, pairs):
    x, y = np.array(pairs, "int64").T
    check_quotient(quotients["int64"], x, y)


@settings(max_examples=50)
@given(st.lists(st.tuples(UINT32, UINT32.filter(bool)), min_size=1, max_size=30))
def test_quotients_of_uint32(quotients, pairs):
    x, y = np.array(pairs, "uint32").T
    check_quotient(quotients["uint32"], x, y)


def test_quotients_at_the_ends_of_int64(quotients):
    ends = np.array([2**63 - 1, 2**63 - 2, -(2**63), 1 - 2**63, 2**62, 2**53 + 1, 0], "int64")
    divisors = np.array([1, -1, 2, 3, 10, -10, 2**31, 2**62 + 1, 2**63 - 1, -(2**63)], "int64")
    x, y = (np.ravel(each) for each in np.meshgrid(ends, divisors))
    kept = ~((x == -(2**63)) & (y == -1))  # no int64 holds this one
    check_quotient(quotients["int64"], x[kept], y[kept])


@pytest.mark.parametrize("divisor", [3, -7, 10**12])
def test_quotients_by_a_known_number(divisor):
    x = magnitudes("int64", 200)
    np.testing.assert_array_equal(computed(lambda x: x // divisor, x).run([x]), x // divisor)


def test_a_quotient_by_zero_ends_the_call(quotients):
    with pytest.raises(litesmith.LitesmithError, match="R104"):
        quotients["int64"].run([np.array([1], "int64"), np.array([0], "int64")])


@pytest.mark.parametrize("dtype", ["int64", "uint32"])
def test_powers_wrap_around_as_products_do(dtype):
    x, y = magnitudes(dtype, 60), magnitudes(dtype, 60, low=1)
    x[:4], y[:4] = [0, 1, 2, 3], [0, 5, 31, 0]
    np.testing.assert_array_equal(computed(lambda x, y: x**y, x, y).run([x, y]), x**y)
    np.testing.assert_array_equal(computed(lambda x: x**5, x).run([x]), x**5)


@pytest.mark.skipif(not ARRAYS, reason="on other backends than numpy operators are Keras' own, or tensors have 32 bits")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 1, lambda x: 3 - x, lambda x: x * 7, lambda x: -x, lambda x: abs(x), lambda x: x % 1000,
        lambda x: x**2, lambda x: x > 2**40, lambda x: x == x[::-1], lambda x: x @ ops.transpose(x),
        lambda x: x & 2**40,
    ],
)  # fmt: skip
def test_operators_of_python_keep_64_bits(function):
    x = magnitudes("int64", 12).reshape(4, 3)
    found = computed(function, x).run([x])
    np.testing.assert_array_equal(found, function(x))
    assert found.dtype == function(x).dtype


@pytest.mark.skipif(not ARRAYS, reason="on other backends than numpy operators are Keras' own, or tensors have 32 bits")
@pytest.mark.parametrize("function", [lambda x: x * 2.0, lambda x: 1 / x, lambda x: x**2 - x, lambda x: x // 0.5])
def test_operators_of_python_keep_float64(function):
    x = np.linspace(0.5, 3, 6).reshape(2, 3)
    found = computed(function, x).run([x])
    np.testing.assert_allclose(found, function(x), rtol=1e-6)
    assert found.dtype == "float64"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize("steps", [3, 9, 90])
def test_loops_stack_integers_without_signs(dtype, steps):
    x = magnitudes(dtype, steps * 2).reshape(steps, 2)
    check_function(lambda x: ops.map(lambda row: row[::-1], x), x)
    check_function(lambda x: ops.vectorized_map(lambda row: ops.maximum(row, row[0]), x), x)
    check_function(
        lambda x: ops.scan(lambda held, row: (ops.maximum(held, row), held), x[0], x), x, dynamic_batch=False
    )


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("int64", "int32", "int64"), ("int32", "int64", "int64"), ("int8", "int32", "int32"),
        ("uint8", "int8", "int16"), ("uint32", "int32", "int64"), ("float16", "float32", "float32"),
    ],
)  # fmt: skip
def test_branches_of_different_types_return_the_wider_one(one, other, both):
    x = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
    lite = computed(lambda x: ops.cond(ops.sum(x) > 5, lambda: ops.cast(x, one), lambda: ops.cast(x * 2, other)), x)
    for given_rows, expected in ((x, x), (x[:1], x[:1] * 2)):
        found = lite.run([given_rows])
        np.testing.assert_array_equal(found, expected)
        assert found.dtype.name == both


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32"])
def test_convolutions_of_integers_wrap_around(dtype):
    def drawn(*shape):
        draws = np.random.default_rng(len(shape)).integers(0, 256, (*shape, np.dtype(dtype).itemsize), "uint8")
        return draws[..., 0] < 128 if dtype == "bool" else draws.view(dtype)[..., 0]

    x = drawn(2, 5, 5, 3)
    check_function(lambda x, kernel: ops.conv(x, kernel), x, drawn(2, 2, 3, 4), dynamic_batch=False)
    check_function(lambda x, kernel: ops.depthwise_conv(x, kernel), x, drawn(2, 2, 3, 2), dynamic_batch=False)
    check_function(lambda x, kernel: ops.conv_transpose(x, kernel, 2), x, drawn(2, 2, 4, 3), dynamic_batch=False)
    check_function(lambda x: ops.image.extract_patches(x, 2), x)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16"])
def test_pooling_of_integers(dtype):
    x = magnitudes("int16", 2 * 6 * 6 * 3).reshape(2, 6, 6, 3).astype(dtype)
    check_function(lambda x: ops.adaptive_max_pool(x, 3), x)


def test_averages_of_integers_are_floats():
    x = magnitudes("int16", 2 * 6 * 6 * 3).reshape(2, 6, 6, 3)
    check_function(lambda x: ops.adaptive_average_pool(x, 3), x, numpy_is_wider=True)


def test_the_largest_of_integers_that_float32_does_not_hold_is_refused():
    with pytest.raises(litesmith.LitesmithError, match="K102"):
        computed(lambda x: ops.adaptive_max_pool(x, 2), np.ones((1, 4, 4, 1), "int32"))
