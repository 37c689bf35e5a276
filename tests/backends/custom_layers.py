"""Layers of users, on the backend that `KERAS_BACKEND` names: variables, arrays and functions of its framework."""

import importlib
import inspect
import operator

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import UntraceableLayer
from litesmith.ops import math
from support import check_converts

RAW_FUNCTIONS = {
    "jax": ("jax.numpy", "sin"),
    "tensorflow": ("tensorflow", "sin"),
    "torch": ("torch", "sin"),
    "openvino": ("openvino.opset14", "sin"),
    "numpy": ("numpy", "sin"),
}
BACKEND = keras.backend.backend()
TAKES_NUMPY = BACKEND not in ("torch", "openvino")
"""Whether tensors of the backend take part in arithmetic of numpy arrays."""
X = np.random.default_rng(0).uniform(0.5, 2.0, (3, 4)).astype("float32")
ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.lt,
    operator.ge,
    operator.ne,
    operator.eq,
]


def check(layer):
    """The layer as a model of its own, on rows of four numbers, one and three of them."""
    inputs = keras.Input((4,))
    return check_converts(keras.Model(inputs, layer(inputs)), X[:1], X)


class Scaled(layers.Layer):
    """Arithmetic with variables on either side of a tensor."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(4,), initializer="random_uniform", name="scale")
        self.table = self.add_weight(shape=(6, 4), initializer="random_normal", name="table")

    def call(self, x):
        a = self.scale * x + x * self.scale
        b = (self.scale - x) / (2.0 + ops.abs(x - self.scale))
        c = x * self.table[2] + self.table[1:3, :2][0, 1] + x @ self.table[2:]
        d = ops.take(self.table, ops.argmax(x, axis=-1), axis=0)
        return a, b, c, d, -self.scale + x, x > self.scale, self.table @ ops.transpose(x)


def test_arithmetic_with_variables():
    check(Scaled())


class Combined(layers.Layer):
    """Each binary operator on a constant array and a tensor, the array on the left and on the right."""

    def __init__(self, array):
        super().__init__()
        self.array = array

    def call(self, x):
        return [function(*pair) for function in ARITHMETIC for pair in ((self.array, x), (x, self.array))]


@pytest.mark.parametrize("shape", [(4,), (1, 1), (3, 1)])
@pytest.mark.parametrize("kind", ["numpy", "own", "variable"] if TAKES_NUMPY else ["own", "variable"])
def test_arithmetic_with_arrays(kind, shape):
    array = np.random.default_rng(1).uniform(0.5, 2.0, shape).astype("float32")
    given = {"numpy": lambda a: a, "own": ops.convert_to_tensor, "variable": keras.Variable}[kind](array)
    layer = Combined(given)
    layer.built = True
    check_converts(layer, X, convert={"inputs": (3, 4)})


@pytest.mark.parametrize("kind", ["numpy", "own"] if TAKES_NUMPY else ["own"])
def test_products_of_matrices_with_arrays(kind):
    left, right = np.random.default_rng(1).standard_normal((2, 4, 4)).astype("float32")
    if kind == "own":
        left, right = ops.convert_to_tensor(left), ops.convert_to_tensor(right)

    class Products(layers.Layer):
        def call(self, x):
            return left @ ops.transpose(x), x @ right

    check(Products())


@pytest.mark.skipif(BACKEND == "openvino", reason="Keras itself fails there")
def test_scalars_of_numpy_keep_to_the_left():
    class Scalars(layers.Layer):
        def call(self, x):
            return np.float32(2.5) * x, np.float32(3.0) / x, np.int32(2) - ops.cast(x, "int32"), np.pi - x

    check(Scalars())


class Raw(layers.Layer):
    """A layer that calls a function of the framework itself."""

    def call(self, x):
        module, name = RAW_FUNCTIONS[BACKEND]
        function = getattr(importlib.import_module(module), name)
        return function(x)

    def compute_output_shape(self, shape):
        return shape


@pytest.mark.skipif(BACKEND in ("jax", "tensorflow", "torch"), reason="there they convert (through_*.py)")
def test_raw_functions_are_all_found_in_one_run():
    """Each with the path of its layer and the user's line, the second behind the first."""
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), Raw(name="second")], name="inner")
    h = layers.Dense(4)(Raw(name="first")(inputs))
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(keras.Model(inputs, inner(h)))
    findings = raised.value.diagnostics
    assert [(type(finding), finding.source.layer) for finding in findings] == [
        (UntraceableLayer, "first"),
        (UntraceableLayer, "inner/second"),
    ]
    lines, first = inspect.getsourcelines(Raw.call)
    (line,) = (first + place for place, text in enumerate(lines) if "function(x)" in text)
    for finding in findings:
        assert finding.code == "K103"
        assert (finding.source.file, finding.source.line) == (__file__, line)
        assert "Raw" in finding.message()
        assert "was called on a tensor of the model" in finding.message()


class WrittenWithNumpy(layers.Layer):
    def call(self, x):
        return ops.convert_to_tensor(np.sin(ops.convert_to_numpy(x)))

    def compute_output_shape(self, shape):
        return shape


@litesmith.lowers(WrittenWithNumpy)
def written_with_numpy(layer, x):
    return math.sin(x)


def test_a_layer_that_only_the_user_can_lower_is_compared_with_its_own_call():
    """JAX cannot compile it, which Keras reports as an error of another kind."""
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(3)(WrittenWithNumpy()(x)))
    litesmith.convert(model)
    check_converts(model)


class Trained(layers.Layer):
    """What only training needs: losses, metrics, random numbers."""

    def __init__(self):
        super().__init__()
        self.metric = keras.metrics.Mean()
        self.seed = keras.random.SeedGenerator(0)

    def call(self, x, training=False):
        self.add_loss(ops.mean(ops.square(x)))
        self.metric.update_state(x)
        noise = keras.random.normal((4,), seed=self.seed)
        return x + noise if training else ops.tanh(x)


def test_what_only_training_needs_is_left_out():
    check(Trained())


def test_random_numbers_of_fixed_sizes_are_not_drawn_at_conversion():
    class Noisy(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed = keras.random.SeedGenerator(0)

        def call(self, x):
            return x + keras.random.uniform((4,), seed=self.seed)

    x = keras.Input((4,))
    report = litesmith.verify(model := keras.Model(x, Noisy()(x)), litesmith.convert(model))
    assert [output.averaged for output in report.outputs] == [True]


@pytest.mark.parametrize("draw", [keras.random.normal, keras.random.uniform, keras.random.truncated_normal])
def test_a_seed_and_known_sizes_make_the_numbers_of_the_backend(draw):
    class Noisy(layers.Layer):
        def call(self, x):
            return x + draw((4,), seed=5)

    check(Noisy())
