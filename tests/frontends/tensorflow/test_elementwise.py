"""Operations on each element by itself, their dtypes, comparisons and choices, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, imported_operators

X, Y = floats(3, 4), floats(3, 4, seed=1)
POSITIVE = np.abs(X) + 0.1
INSIDE = np.tanh(X)
INTEGERS = np.array([[5, -7, 3, -9], [-8, 8, 0, 2], [1, -1, 127, -128]], np.int32)
DIVISORS = np.array([[2, 2, -2, -4], [3, -3, 5, 7], [1, 2, 3, -5]], np.int32)

UNARY = {
    **dict.fromkeys(
        [
            "negative",
            "abs",
            "sign",
            "floor",
            "ceil",
            "round",
            "square",
            "exp",
            "expm1",
            "sigmoid",
            "tanh",
            "sin",
            "cos",
        ],
        X,
    ),
    **dict.fromkeys(["tan", "atan", "sinh", "cosh", "asinh", "erf", "erfc", "softplus", "is_nan"], X),
    **dict.fromkeys(["sqrt", "rsqrt", "reciprocal", "log", "log1p", "lgamma", "digamma"], POSITIVE),
    **dict.fromkeys(["asin", "acos", "atanh", "erfinv"], INSIDE),
    "acosh": POSITIVE + 1,
}
NEAR = {"lgamma": 1e-5, "digamma": 1e-5, "erfinv": 1e-5, "acosh": 1e-5}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_operand(name):
    check_tensorflow(getattr(tf.math, name), UNARY[name], rtol=NEAR.get(name, 2e-6))


@pytest.mark.parametrize("name", ["relu", "relu6", "elu", "selu", "softsign", "leaky_relu", "gelu", "silu"])
def test_activations(name):
    check_tensorflow(getattr(tf.nn, name), 4 * X)


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "divide", "maximum", "minimum", "squared_difference", "atan2", "floormod"]
)
def test_functions_of_two_operands_broadcast(name):
    check_tensorflow(lambda x, y: getattr(tf.math, name)(x, y[:, :1]), X, Y)


@pytest.mark.parametrize("name", ["floordiv", "floormod", "maximum", "add", "multiply"])
def test_integers(name):
    check_tensorflow(getattr(tf.math, name), INTEGERS, DIVISORS)


def test_powers_of_integers():
    check_tensorflow(tf.pow, INTEGERS[:2], np.abs(DIVISORS[:2]))


@pytest.mark.parametrize("name", ["TruncateDiv", "TruncateMod"])
def test_integers_divide_toward_zero(name):
    check_tensorflow(lambda x, y: getattr(tf.raw_ops, name)(x=x, y=y), INTEGERS, DIVISORS)


@pytest.mark.parametrize("name", ["divide_no_nan", "multiply_no_nan", "xlogy", "xlog1py", "xdivy"])
def test_zeros_count_as_nothing(name):
    zeros = np.where(np.abs(X) < 0.5, 0, X).astype("float32")
    first, second = (X, zeros) if name.endswith("nan") else (zeros, POSITIVE)
    check_tensorflow(getattr(tf.math, name), first, second)


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
@pytest.mark.parametrize("x", [np.array([1.0, -np.inf, np.inf, np.nan, 0.0], "float32"), np.arange(5, dtype="int64")])
def test_comparisons(name, x):
    check_tensorflow(getattr(tf.math, name), x, x[[1, 1, 2, 3, 0]])


def test_choices():
    check_tensorflow(lambda x, y: tf.where(x > y, x, 0.0), X, Y)
    check_tensorflow(lambda x, y: tf.raw_ops.Select(condition=x[:, 0] > 0, x=x, y=y), X, Y)
    check_tensorflow(lambda x: tf.where(x > 0), X)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool", "float16", "float32"])
def test_casts(dtype):
    check_tensorflow(lambda x: tf.cast(x, dtype), 3 * np.abs(X))


def test_bits():
    check_tensorflow(lambda x, y: tf.bitwise.bitwise_and(x, y), INTEGERS, DIVISORS)
    check_tensorflow(lambda x, y: tf.bitwise.bitwise_xor(x, y), INTEGERS, DIVISORS)
    check_tensorflow(tf.bitwise.invert, INTEGERS)
    check_tensorflow(lambda x: tf.bitwise.right_shift(x, tf.constant(2)), INTEGERS)


@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_is_one_operator(approximate):
    assert imported_operators(check_tensorflow(lambda x: tf.nn.gelu(x, approximate), X)) == ["GELU"]


def test_gelu_as_keras_writes_it_for_tensorflow():
    function = lambda x: x * 0.5 * tf.math.erfc(-x * 0.70710678)  # noqa: E731
    assert imported_operators(check_tensorflow(function, X)) == ["GELU"]


def test_sums_of_many():
    check_tensorflow(lambda x, y: tf.add_n([x, y, x]), X, Y)
