"""Elementwise arithmetic and comparison against Keras: types, edges, broadcasting."""

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_function, compare_arrays

RNG = np.random.default_rng(7)
REALS = RNG.normal(size=(3, 4, 5)).astype("float32") * 3
OTHERS = RNG.normal(size=(3, 4, 5)).astype("float32")
EDGES = np.array([[0.0, -0.0, 1.0, -1.0, 1e30, -1e30, 1e-30, 100.0, -100.0, 0.5, -0.5, 2.5]], "float32").T
SPECIAL = np.array([[np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, 3.4e38]], "float32").T

UNARY = [
    *(ops.negative, ops.absolute, ops.sign, ops.square, ops.sin, ops.cos, ops.tanh, ops.floor, ops.ceil),
    *(ops.round, ops.trunc, ops.exp, ops.expm1, ops.exp2, ops.tan, ops.sinh, ops.cosh, ops.arctan, ops.arcsinh),
    *(ops.erf, ops.erfc, ops.reciprocal, ops.logical_not, ops.cbrt, ops.deg2rad, ops.rad2deg, ops.sinc),
]
BINARY = [
    *(ops.add, ops.subtract, ops.multiply, ops.divide, ops.true_divide, ops.maximum, ops.minimum, ops.mod, ops.fmod),
    *(ops.floor_divide, ops.divide_no_nan, ops.arctan2, ops.logaddexp, ops.logaddexp2, ops.hypot, ops.heaviside),
    *(ops.equal, ops.not_equal, ops.less, ops.less_equal, ops.greater, ops.greater_equal),
    *(ops.logical_and, ops.logical_or, ops.logical_xor, ops.isclose),
]
INTEGER = [
    *(ops.add, ops.subtract, ops.multiply, ops.maximum, ops.minimum, ops.divide, ops.mod),
    *(ops.equal, ops.not_equal, ops.less, ops.less_equal, ops.greater, ops.greater_equal, ops.logical_and),
]
NARROW = ["int8", "uint8", "int16", "uint16", "int32", "uint32"]


def named(function):
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("function", UNARY, ids=named)
def test_unary(function):
    check_function(function, REALS)


@pytest.mark.parametrize("function", [ops.log, ops.log2, ops.log10, ops.log1p, ops.sqrt, ops.rsqrt], ids=named)
def test_unary_of_positive_numbers(function):
    check_function(function, np.abs(REALS) + 1e-3)


@pytest.mark.parametrize("function", [ops.arcsin, ops.arccos, ops.arctanh], ids=named)
def test_unary_of_numbers_below_one(function):
    check_function(function, np.tanh(REALS))


def test_arccosh():
    check_function(ops.arccosh, np.abs(REALS) + 1)


@pytest.mark.parametrize(
    "function",
    [
        *(ops.negative, ops.absolute, ops.sign, ops.floor, ops.ceil, ops.round, ops.trunc, ops.tanh, ops.expm1),
        *(ops.erf, ops.arctan, ops.isnan, ops.isinf, ops.isfinite),
        *(lambda x: ops.minimum(x, 1e9), lambda x: ops.nan_to_num(x, posinf=5, neginf=-5)),
    ],
    ids=named,
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_edges(function):
    check_function(function, EDGES[:4])
    check_function(function, EDGES)


@pytest.mark.parametrize(
    "function", [ops.isnan, ops.isinf, ops.isfinite, ops.isposinf, ops.isneginf, ops.nan_to_num, ops.sign, ops.relu]
)
def test_what_is_no_number(function):
    check_function(function, SPECIAL)


@pytest.mark.parametrize("function", [ops.fmax, ops.fmin, ops.heaviside], ids=named)
def test_pairs_with_what_is_no_number(function):
    check_function(function, np.array([[1, np.nan, 2, 0]], "float32").T, np.array([[np.nan, 3, 1, 5]], "float32").T)


def test_larger_than_zero_is_relu():
    lite = check_function(lambda x: ops.clip(ops.maximum(x, 0), 0.0, 2.5), REALS)
    assert builtins_of(lite) == ["RELU", "MINIMUM"]


def test_infinity_equals_itself():
    x, y = SPECIAL, np.roll(SPECIAL, 1)
    check_function(lambda a, b: [ops.equal(a, a), ops.not_equal(a, a), ops.equal(a, b), a == np.inf], x, y)


@pytest.mark.parametrize("function", [ops.expm1, ops.log1p, ops.sinh, ops.arcsinh, ops.arctanh, ops.erf], ids=named)
def test_small_numbers_keep_their_digits(function):
    small = (RNG.uniform(-1, 1, size=(3, 40)) * 1e-4).astype("float32")
    check_function(function, small, atol=0, rtol=2e-6)


@pytest.mark.parametrize("function", BINARY, ids=named)
def test_binary(function):
    check_function(function, REALS, OTHERS)


@pytest.mark.parametrize("function", [ops.add, ops.divide, ops.maximum, ops.less, ops.arctan2, ops.power], ids=named)
def test_binary_broadcasts(function):
    check_function(function, np.abs(REALS), np.abs(OTHERS[:, :1, :]))
    check_function(lambda x: function(x, np.abs(OTHERS[0, 0])), np.abs(REALS))
    check_function(lambda x: function(2.0, x), np.abs(REALS))


@pytest.mark.parametrize("function", INTEGER, ids=named)
@pytest.mark.parametrize("dtype", NARROW)
def test_integers_keep_their_type_and_wrap_around(function, dtype):
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**31)), min(info.max, 2**31 - 1)
    x = RNG.integers(low, high, size=(3, 8), endpoint=True).astype(dtype)
    y = RNG.integers(max(low, -5), 5, size=(3, 8), endpoint=True).astype(dtype)
    y[y == 0] = 3
    check_function(function, x, y)


@pytest.mark.parametrize("function", [ops.negative, ops.absolute, ops.sign, ops.square, ops.relu], ids=named)
@pytest.mark.parametrize("dtype", NARROW)
def test_unary_of_integers(function, dtype):
    info = np.iinfo(dtype)
    x = np.array([[0, 1, 2, 100, info.max, info.min, max(info.min, -3)]], dtype).T
    check_function(function, x)


def test_int64():
    """Against numpy: Keras' numpy backend, as JAX, makes int32 of int64."""
    x = keras.Input((2,), dtype="int64")
    lite = litesmith.convert(keras.Model(x, [operation(x) for operation, _ in INT64]), verify=False)
    highest, lowest = np.iinfo("int64").max, np.iinfo("int64").min
    given = np.array([[0, 1], [highest, lowest], [-5, -5], [2**40, -(2**40)]], "int64")
    compare_arrays([function(given) for _, function in INT64], lite.run(given))


INT64 = [
    *((ops.negative, np.negative), (ops.absolute, np.absolute), (ops.sign, np.sign)),
    *((ops.relu, lambda x: np.maximum(x, 0)), (ops.isnan, np.isnan), (ops.logical_not, np.logical_not)),
    (lambda x: ops.max(x, axis=1), lambda x: np.max(x, axis=1)),
    (lambda x: ops.sum(x, axis=1), lambda x: np.sum(x, axis=1)),
    (lambda x: ops.cumsum(x, axis=1), lambda x: np.cumsum(x, axis=1)),
    (lambda x: ops.argmax(x, axis=1), lambda x: np.argmax(x, axis=1).astype("int32")),
    (lambda x: ops.argmin(x, axis=0), lambda x: np.argmin(x, axis=0).astype("int32")),
]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
def test_integers_divide_as_python_does(dtype):
    x = np.array([[7, -7, 7, -7, 0, 100]], dtype="int32").astype(dtype).T
    y = np.array([[2, 2, -3, -3, 5, 7]], dtype="int32").astype(dtype).T
    check_function(lambda a, b: [ops.floor_divide(a, b), ops.mod(a, b), ops.fmod(a, b)], x, y)


@pytest.mark.parametrize("left", ["bool", "uint8", "int8", "int32", "int64", "float32"])
@pytest.mark.parametrize("right", ["bool", "uint8", "int16", "float32"])
def test_types_are_promoted_as_keras_does(left, right):
    x = RNG.integers(0, 2, size=(3, 4)).astype(left)
    y = RNG.integers(0, 2, size=(3, 4)).astype(right)
    check_function(lambda a, b: [ops.add(a, b), ops.multiply(a, b), ops.divide(a, b + 1), ops.less(a, b)], x, y)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "float16", "float32"])
def test_python_numbers_take_the_tensors_type(dtype):
    x = RNG.integers(0, 9, size=(3, 4)).astype(dtype)
    check_function(
        lambda a: [a + 1, 3 - a, a * 2, a * 0.5, a / 2, 1 / (a + 1), a // 2, a % 3, a > 4, -a],
        x,
        rtol=1e-3,
        numpy_is_wider=True,
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype):
    x = keras.ops.convert_to_numpy(keras.ops.cast(REALS, dtype))
    # One rounding to 8 bits of mantissa where the reference rounds in another place.
    tolerance = {"float16": 1e-3, "bfloat16": 1e-2}[dtype]
    for function in (ops.exp, lambda a: a * a - 1, ops.tanh, lambda a: ops.sum(a, 1), lambda a: a > 0.5):
        check_function(function, x, rtol=tolerance)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, 5, 0.5, -1, -2, 1.7])
def test_power(exponent):
    check_function(lambda x: ops.power(x, exponent), np.abs(REALS) + 0.1)
    check_function(lambda x: x**exponent, np.abs(REALS) + 0.1)


def test_power_of_tensors():
    check_function(ops.power, np.abs(REALS), OTHERS)
    base, exponent = (RNG.integers(low, 4, (3, 5)).astype("int32") for low in (-3, 0))
    check_function(ops.power, base, exponent)


def test_square_is_one_operator():
    assert builtins_of(check_function(lambda x: x**2, REALS)) == ["SQUARE"]


@pytest.mark.parametrize("divisor", [0.1, 0.5, 1.0, -2.0, 3.0])
def test_floor_division_of_floats(divisor):
    x = np.array([[1, -1, 0.3, 7.5, -7.5, 0, 100.25]], "float32").T
    check_function(lambda a: [a // divisor, a % divisor, ops.fmod(a, divisor)], x)


@pytest.mark.parametrize("limits", [(0, 6), (0, None), (-1, 1), (0, 1), (-2.5, 0.5), (None, 2), (0.0, np.inf)], ids=str)
def test_clip(limits):
    check_function(lambda x: ops.clip(x, *limits), REALS * 3)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64"])
def test_clip_of_integers(dtype):
    x = RNG.integers(0, 100, size=(3, 8)).astype(dtype)
    check_function(lambda a: ops.clip(a, 3, 50), x)


@pytest.mark.parametrize("decimals", [0, 1, 2, -1])
def test_round(decimals):
    check_function(
        lambda x: ops.round(x, decimals), np.array([[0.5, 1.5, 2.5, -0.5, 13.25, 128.7, -15.0]], "float32").T
    )


def test_bits():
    x, y = (RNG.integers(0, 100, size=(3, 8)).astype("int32") for _ in range(2))
    check_function(lambda a, b: [ops.bitwise_xor(a, b), ops.bitwise_not(a), ops.right_shift(a, 2)], x, y)
    check_function(lambda a: [ops.left_shift(a, 3), ops.bitwise_not(ops.cast(a, "uint8"))], x)
    check_function(lambda a, b: [ops.bitwise_and(a > 50, b > 50), ops.bitwise_or(a > 50, b > 50)], x, y)


def test_division_of_integers_gives_floats():
    lite = check_function(ops.divide, np.array([[7], [-7], [1]], "int32"), np.array([[2], [2], [3]], "int32"))
    assert lite.graph.outputs[0].type.dtype.value == "float32"


def test_inverse_root_of_zero_is_infinite():
    check_function(lambda x: ops.minimum(ops.rsqrt(x), 1e12), np.array([[0.0], [4.0], [1e-30]], "float32"))


@pytest.mark.parametrize("function", [ops.add, ops.matmul, lambda x, y: ops.concatenate([x, y])])
def test_shapes_that_do_not_go_together_are_told_as_keras_does(function):
    """Not as a bug, and not by a file that takes the numbers for other rows."""
    with pytest.raises(LitesmithError, match=r"K103.*(broadcast|mismatch|must match)"):
        check_function(lambda x: function(x, np.ones((5, 2), "float32")), np.ones((5, 4), "float32"))
