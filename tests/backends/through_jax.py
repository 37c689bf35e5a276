"""Layers and operations that are followed through JAX, where Keras computes with it."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras import registry
from litesmith.report.summary import summarize
from support import builtins_of, check_converts

if keras.backend.backend() != "jax":
    pytest.skip("only where Keras computes with JAX", allow_module_level=True)

import jax
import jax.numpy as jnp

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


def model_of(*body, shape=(4,)):
    return keras.Sequential([keras.Input(shape), *body])


class Odd(layers.Layer):
    """Functions of JAX on tensors, variables and the results of other layers."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 5), name="kernel")
        self.inner = layers.Dense(5, activation="relu")
        self.inner.build((None, 5))

    def call(self, x):
        h = jnp.einsum("bi,ij->bj", x, self.kernel.value)
        h = jax.nn.gelu(h) + jnp.sin(h) * self.inner(h)
        return jnp.sort(h, axis=-1), {"sums": jnp.cumsum(ops.exp(h), -1), "size": h.shape[0] * jnp.ones(3)}


def odd_model():
    x = keras.Input((4,))
    first, others = Odd(name="odd")(layers.Dense(4)(x))
    return keras.Model(x, layers.Dense(2, name="last")(first + others["sums"]))


def test_a_layer_full_of_jax_converts_and_is_verified():
    lite = check_converts(odd_model(), X[:1], X)
    litesmith.convert(odd_model())
    assert builtins_of(lite).count("FULLY_CONNECTED") == 4


def test_every_operator_names_the_layer_and_the_users_line():
    lite = litesmith.convert(odd_model(), verify=False)
    (sine,) = (each for each in lite.graph.operations if each.operator.builtin == "SIN")
    lines, first = inspect.getsourcelines(Odd.call)
    (line,) = (first + place for place, text in enumerate(lines) if "jnp.sin" in text)
    assert sine.source.layer == "odd"
    assert (sine.source.file, sine.source.line) == (__file__, line)
    assert sine.source.operation == "jax.lax.sin"


def test_the_report_tells_of_it():
    summary = summarize(litesmith.convert(odd_model(), verify=False))
    assert summary.through_jax == ("odd",)
    assert "followed through JAX: odd" in str(summary)
    assert summary.to_json()["through_jax"] == ("odd",)


def test_weights_stay_where_they_are():
    model = odd_model()
    lite = litesmith.convert(model, verify=False)
    held = [
        value for each in lite.graph.operations for value in each.operands if value is not None and value.is_constant
    ]
    assert "odd/kernel" in {value.name for value in held}


class Counting(layers.Layer):
    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, x):
        self.calls.assign(self.calls + 1.0)
        return jnp.tanh(x) + self.calls


def test_what_the_layer_assigns_is_kept_once_for_each_call():
    lite = litesmith.convert(model_of(Counting()), verify=False)
    for calls in (1, 2):
        np.testing.assert_allclose(lite.run(X), np.tanh(X) + calls, rtol=1e-5)


def test_masks_reach_it():
    class Masked(layers.Layer):
        def call(self, x, mask=None):
            return jnp.where(mask[..., None], jnp.sin(x), 0.0)

    model = keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(7, 3, mask_zero=True), Masked()])
    check_converts(model, np.array([[1, 2, 0, 0, 3], [0, 1, 6, 0, 0]], "int32"))


def test_open_sizes_stay_open():
    class Centred(layers.Layer):
        def call(self, x):
            return x - jnp.mean(x, 1, keepdims=True) + jnp.arange(x.shape[1])[:, None] / x.shape[1]

    steps = np.random.default_rng(1).standard_normal((2, 6, 4)).astype("float32")
    check_converts(model_of(Centred(), shape=(None, 4)), steps, steps[:1, :3])


def test_a_size_made_a_number_is_refused():
    class Sized(layers.Layer):
        def call(self, x):
            return jnp.sin(x) * float(x.shape[1])

        def compute_output_shape(self, shape):
            return shape

    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(Sized(name="sized"), shape=(None, 4)))
    (finding,) = raised.value.diagnostics
    assert finding.code == "K103"
    assert finding.source.layer == "sized"


def test_arguments_without_a_form_here_come_through_jax():
    """`ops.round` takes no complex numbers here; of what JAX computes, all has a form."""

    class Rounded(layers.Layer):
        def call(self, x):
            return ops.view_as_real(ops.round(ops.view_as_complex(x * 3.0)))

    check_converts(model_of(Rounded(), shape=(5, 2)))


def test_arguments_without_a_form_in_jax_either_are_told_as_here():
    class Sorted(layers.Layer):
        def call(self, x):
            return ops.view_as_real(ops.sort(ops.view_as_complex(x)))

    with pytest.raises(LitesmithError, match=r"K102: keras\.ops\.sort: complex numbers"):
        litesmith.convert(model_of(Sorted(), shape=(5, 2)))


def test_a_primitive_without_a_form_is_named():
    class Refused(layers.Layer):
        def call(self, x):
            return jnp.sin(x) + jax.scipy.special.i1e(x)

        def compute_output_shape(self, shape):
            return shape

    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(Refused(name="refused")))
    (finding,) = raised.value.diagnostics
    assert "bessel_i1e" in finding.message()
    assert finding.source.layer == "refused"


def test_a_layer_of_jax():
    parameters = {"w": np.ones((4, 3), "float32"), "b": np.arange(3, dtype="float32")}
    layer = layers.JaxLayer(lambda params, inputs: jnp.tanh(inputs @ params["w"]) + params["b"], params=parameters)
    lite = check_converts(model_of(layer, layers.Dense(2), shape=(None, 4)))
    assert builtins_of(lite).count("FULLY_CONNECTED") == 2


def test_a_layer_of_jax_that_makes_its_own_weights():
    def init(rng, inputs):
        return {"w": jax.random.normal(rng, (inputs.shape[-1], 3))}

    check_converts(model_of(layers.JaxLayer(lambda params, inputs: jax.nn.silu(inputs @ params["w"]), init)))


def test_an_operation_without_a_lowering(monkeypatch):
    registry.lowered_names()
    monkeypatch.delitem(registry._by_name, "ops.cumsum")

    class Summed(layers.Layer):
        def call(self, x):
            return ops.cumsum(x, axis=1)

    lite = check_converts(model_of(Summed(name="summed")), X)
    (operation,) = lite.graph.operations
    assert (operation.source.layer, operation.source.operation) == ("summed", "jax.lax.cumsum")


def test_mixed_precision():
    class Half(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(4,), initializer="random_normal", name="scale")

        def call(self, x):
            return jnp.sin(x) * self.scale

    check_converts(model_of(Half(dtype="mixed_bfloat16")), X)
