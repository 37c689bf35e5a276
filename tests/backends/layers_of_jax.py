"""`JaxLayer` and `FlaxLayer` with state and random numbers, where Keras computes with JAX."""

import importlib.util

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from support import builtins_of, check_converts

if keras.backend.backend() != "jax":
    pytest.skip("only where Keras computes with JAX", allow_module_level=True)

import jax
import jax.numpy as jnp

needs_flax = pytest.mark.skipif(importlib.util.find_spec("flax") is None, reason="flax is not installed")
RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4)).astype("float32")


def model_of(layer, shape=(4,)):
    """A model of the layer, with statistics and weights as training would leave them."""
    model = keras.Sequential([keras.Input(shape), layer])
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(np.abs(weight) + RANDOM.uniform(0.1, 0.5, weight.shape))
    return model


def normalized(params, state, rng, inputs, training):
    """Batch normalization with dropout, both in training only."""
    mean = state["mean"]
    if training:
        state = {"mean": 0.9 * mean + 0.1 * inputs.mean(0), "steps": state["steps"] + 1}
        inputs = inputs * jax.random.bernoulli(rng, 0.5, inputs.shape)
    return jnp.tanh((inputs - mean) @ params["w"]), state


def made(rng, inputs, training):
    state = {"mean": jnp.zeros(inputs.shape[-1]), "steps": jnp.zeros((), "int32")}
    return {"w": jax.random.normal(rng, (inputs.shape[-1], 3))}, state


def by_operators(params, state, inputs):
    """Without a function of JAX, so that the layer needs no tracing."""
    return (inputs - state["mean"]) @ params["w"], state


def test_state_that_only_training_changes_is_a_weight():
    """The layer assigns it in each call, as it was."""
    lite = check_converts(model_of(layers.JaxLayer(normalized, made)), X[:1], X)
    assert builtins_of(lite) == ["SUB", "FULLY_CONNECTED", "TANH"]
    parameters, state = {"w": np.ones((4, 3), "float32")}, {"mean": np.zeros(4, "float32")}
    lite = check_converts(model_of(layers.JaxLayer(by_operators, params=parameters, state=state)), X[:1], X)
    assert builtins_of(lite) == ["SUB", "FULLY_CONNECTED"]


def test_state_that_inference_changes_is_kept():
    def call(params, state, inputs):
        return jnp.sin(inputs) * params["w"] + state["calls"], {"calls": state["calls"] + 1}

    layer = layers.JaxLayer(call, params={"w": np.ones(4, "float32")}, state={"calls": np.zeros((), "float32")})
    model = keras.Sequential([keras.Input((4,)), layer])
    lite = litesmith.convert(model)
    for calls in range(3):
        np.testing.assert_allclose(lite.run(X), np.sin(X) + calls, rtol=1e-5)


def test_weights_that_jax_joins():
    """Flax does so in its LSTM. The biases lie between 0 and 1, where whole numbers would not do."""

    def call(params, inputs):
        kernel = jnp.concatenate([params["w"], params["v"]], -1)
        return inputs @ kernel + jnp.concatenate([params["b"], params["c"]])

    shapes = {"w": (4, 2), "v": (4, 3), "b": (2,), "c": (3,)}
    parameters = {name: RANDOM.uniform(0.1, 0.9, shape).astype("float32") for name, shape in shapes.items()}
    lite = check_converts(model_of(layers.JaxLayer(call, params=parameters)), X)
    assert builtins_of(lite) == ["FULLY_CONNECTED"]


def flax_modules():
    import flax.linen as nn

    class Convolutional(nn.Module):
        @nn.compact
        def __call__(self, inputs, training):
            h = nn.relu(nn.BatchNorm(use_running_average=not training)(nn.Conv(8, (3, 3))(inputs)))
            h = nn.max_pool(nn.GroupNorm(4)(nn.Conv(8, (3, 3), strides=2, feature_group_count=4)(h)), (2, 2))
            h = nn.Dropout(0.5, deterministic=not training)(h.mean((1, 2)))
            return nn.Dense(3)(h)

    class Attention(nn.Module):
        @nn.compact
        def __call__(self, inputs, training):
            mask = nn.make_causal_mask(inputs[..., 0])
            attention = nn.MultiHeadDotProductAttention(2, dropout_rate=0.1, deterministic=not training)
            return nn.RMSNorm()(inputs + attention(nn.LayerNorm()(inputs), mask=mask))

    class Recurrent(nn.Module):
        @nn.compact
        def __call__(self, inputs):
            both = nn.Bidirectional(nn.RNN(nn.LSTMCell(4)), nn.RNN(nn.GRUCell(4)))
            return both(inputs), nn.RNN(nn.OptimizedLSTMCell(3))(inputs)

    return {"convolutional": Convolutional, "attention": Attention, "recurrent": Recurrent}


@needs_flax
@pytest.mark.parametrize(
    ("kind", "shape", "sizes"),
    [
        ("convolutional", (12, 12, 3), (12, 12, 3)),
        ("attention", (None, 8), (5, 8)),
        ("recurrent", (None, 3), (6, 3)),
    ],
)
def test_modules_of_flax(kind, shape, sizes):
    model = model_of(layers.FlaxLayer(flax_modules()[kind]()), shape)
    given = RANDOM.standard_normal((2, *sizes)).astype("float32")
    lite = check_converts(model, given[:1], given, rtol=1e-4)
    assert "READ_VARIABLE" not in builtins_of(lite)


@needs_flax
def test_variables_that_a_module_of_flax_changes_are_kept():
    import flax.linen as nn

    class Counter(nn.Module):
        @nn.compact
        def __call__(self, inputs):
            calls = self.variable("counts", "calls", lambda: jnp.zeros(()))
            calls.value = calls.value if self.is_initializing() else calls.value + 1
            return inputs * calls.value

    lite = litesmith.convert(keras.Sequential([keras.Input((4,)), layers.FlaxLayer(Counter())]))
    for calls in (1, 2):
        np.testing.assert_allclose(lite.run(X), X * calls, rtol=1e-6)
