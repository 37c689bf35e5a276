"""Activation functions and layers against Keras, on random and extreme inputs."""

import keras
import numpy as np
import pytest
from keras import activations, layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_converts, check_function, check_layer

RNG = np.random.default_rng(5)
REALS = RNG.normal(size=(3, 4, 6)).astype("float32") * 3
LARGE = np.array([[0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 87.0, -87.0, 100.0, -100.0, 1e4, -1e4]], "float32").T
NAMES = [
    *("relu", "leaky_relu", "relu6", "softmax", "celu", "elu", "selu", "softplus", "softsign", "squareplus"),
    *("soft_shrink", "sparse_plus", "silu", "gelu", "glu", "tanh", "tanh_shrink", "hard_tanh", "hard_shrink"),
    *("linear", "mish", "log_softmax", "log_sigmoid", "sigmoid", "sparse_sigmoid", "hard_silu", "hard_sigmoid"),
    *("exponential", "sparsemax"),
]


@pytest.mark.parametrize("name", NAMES)
def test_activation(name):
    check_function(activations.get(name), REALS, numpy_is_wider=name == "sparsemax")


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"glu", "softmax", "log_softmax", "sparsemax", "exponential"}))
def test_activation_of_extremes(name):
    check_function(activations.get(name), LARGE)
    check_function(activations.get(name), LARGE[:6])


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "gelu", "silu", "elu", "softplus", "log_softmax"])
def test_activation_of_a_layer(name):
    check_layer(layers.Activation(name), (4, 6))
    check_layer(layers.Dense(5, activation=name), (4,))


@pytest.mark.parametrize(
    "function",
    [
        *(lambda x: ops.leaky_relu(x, 0.3), lambda x: ops.elu(x, 0.5), lambda x: ops.celu(x, 2.5)),
        *(lambda x: ops.gelu(x, approximate=True), lambda x: ops.gelu(x, approximate=False)),
        *(lambda x: ops.soft_shrink(x, 1.5), lambda x: ops.hard_shrink(x, 1.5), lambda x: ops.squareplus(x, 2)),
        *(lambda x: ops.threshold(x, 0.5, -7.0), lambda x: ops.glu(x, axis=1)),
    ],
)
def test_parameters(function):
    check_function(function, REALS)


def test_sparsemax_along_an_axis():
    check_function(lambda x: ops.sparsemax(x, axis=1), REALS, numpy_is_wider=True)


@pytest.mark.parametrize("axis", [-1, 1, 0, (1, 2), (0, 2), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("function", [ops.softmax, ops.log_softmax])
def test_axes_of_softmax(function, axis):
    # Several axes together become one of static size: the batch has one here.
    check_function(lambda x: function(x, axis=axis), REALS, dynamic_batch=False)


def test_softmax_of_many_axes():
    check_function(ops.softmax, RNG.normal(size=(3, 1, 2, 1, 2, 1, 4)).astype("float32"))


@pytest.mark.parametrize(
    "options",
    [
        *({}, {"max_value": 6}, {"max_value": 3.5}, {"negative_slope": 0.2}, {"threshold": 1.0}),
        *({"negative_slope": 0.2, "max_value": 2.0, "threshold": 0.5}, {"max_value": 6, "negative_slope": 0.1}),
    ],
    ids=str,
)
def test_relu(options):
    check_function(layers.ReLU(**options), REALS)
    check_layer(layers.ReLU(**options), (4, 6))


@pytest.mark.parametrize("dtype", ["int8", "int32"])
def test_relu_of_integers(dtype):
    check_function(ops.relu, np.array([[-5, 0, 5, 100]], dtype).T)


@pytest.mark.parametrize(
    "layer",
    [
        *(layers.LeakyReLU(), layers.LeakyReLU(negative_slope=0.1), layers.ELU(), layers.ELU(alpha=2.0)),
        *(layers.Softmax(), layers.Softmax(axis=1), layers.Softmax(axis=(1, 2)), layers.Activation("hard_silu")),
    ],
)
def test_layer(layer):
    check_layer(layer, (4, 6))


@pytest.mark.parametrize("shape", [(6,), (4, 6), (5, 4, 6)])
@pytest.mark.parametrize("shared_axes", ["none", "first", "all but the last", "all"])
def test_prelu(shape, shared_axes):
    count = {"none": 0, "first": 1, "all but the last": len(shape) - 1, "all": len(shape)}[shared_axes]
    slopes = keras.initializers.RandomNormal(seed=1)
    layer = layers.PReLU(shared_axes=list(range(1, count + 1)) or None, alpha_initializer=slopes)
    assert builtins_of(check_layer(layer, shape)) == ["PRELU"]


def test_prelu_of_mixed_precision():
    check_layer(layers.PReLU(alpha_initializer="ones", dtype="mixed_float16"), (4, 6), rtol=1e-3)


@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_softmax_with_a_mask(axis):
    inputs, mask = keras.Input((4, 6)), keras.Input((4, 6), dtype="bool")
    model = keras.Model([inputs, mask], layers.Softmax(axis=axis)(inputs, mask=mask))
    check_converts(model, [REALS, REALS > 0])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (ops.relu, ["RELU"]),
        (ops.relu6, ["RELU6"]),
        (ops.hard_tanh, ["RELU_N1_TO_1"]),
        (ops.gelu, ["GELU"]),
        (ops.elu, ["ELU"]),
        (ops.hard_silu, ["HARD_SWISH"]),
        (ops.silu, ["LOGISTIC", "MUL"]),
        (ops.hard_sigmoid, ["ADD", "MUL"]),
        (ops.softmax, ["SOFTMAX"]),
        (ops.leaky_relu, ["LEAKY_RELU"]),
        (activations.linear, []),
    ],
)
def test_operators(function, expected):
    assert builtins_of(check_function(function, REALS)) == expected


def test_softplus_is_stable():
    x = np.array([[88.0, 89.0, 500.0, -88.0, -500.0, 0.0]], "float32").T
    check_function(lambda a: [ops.softplus(a), ops.log_sigmoid(a), ops.softplus(-a)], x)


def test_shrinking_by_less_than_nothing_is_a_finding():
    inputs = keras.Input((4,))
    with pytest.raises(LitesmithError, match="threshold below 0"):
        litesmith.convert(keras.Model(inputs, ops.soft_shrink(inputs, -1.0)))
