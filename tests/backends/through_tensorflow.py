"""Layers that are followed through TensorFlow, where Keras computes with it."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.report.summary import summarize
from support import builtins_of, check_converts

if keras.backend.backend() != "tensorflow":
    pytest.skip("only where Keras computes with TensorFlow", allow_module_level=True)

import tensorflow as tf

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


def model_of(*body, shape=(4,)):
    return keras.Sequential([keras.Input(shape), *body])


class Odd(layers.Layer):
    """Functions of TensorFlow on tensors, variables and the results of other layers."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 5), name="kernel")
        self.inner = layers.Dense(5, activation="relu")
        self.inner.build((None, 5))

    def call(self, x):
        h = tf.einsum("bi,ij->bj", x, self.kernel.value)
        h = tf.nn.gelu(h) + tf.math.sin(h) * self.inner(h)
        return tf.sort(h, axis=-1), {"sums": tf.cumsum(ops.exp(h), -1), "size": tf.cast(tf.shape(h)[0], "float32")}


def odd_model():
    x = keras.Input((4,))
    first, others = Odd(name="odd")(layers.Dense(4)(x))
    return keras.Model(x, layers.Dense(2, name="last")(first + others["sums"] * others["size"]))


def test_a_layer_full_of_tensorflow_converts_and_is_verified():
    lite = check_converts(odd_model(), X[:1], X)
    litesmith.convert(odd_model())
    assert builtins_of(lite).count("FULLY_CONNECTED") == 4


def test_every_operator_names_the_layer_and_the_users_line():
    lite = litesmith.convert(odd_model(), verify=False)
    (sine,) = (each for each in lite.graph.operations if each.operator.builtin == "SIN")
    lines, first = inspect.getsourcelines(Odd.call)
    (line,) = (first + place for place, text in enumerate(lines) if "tf.math.sin" in text)
    assert sine.source.layer == "odd"
    assert (sine.source.file, sine.source.line) == (__file__, line)
    assert sine.source.operation == "tf.Sin"


def test_the_report_tells_of_it():
    summary = summarize(litesmith.convert(odd_model(), verify=False))
    assert summary.through_tensorflow == ("odd",)
    assert "followed through TensorFlow: odd" in str(summary)
    assert summary.to_json()["through_tensorflow"] == ("odd",)


def test_weights_stay_where_they_are():
    lite = litesmith.convert(odd_model(), verify=False)
    held = {value for each in lite.graph.operations for value in each.operands if value is not None and value.constant}
    assert "odd/kernel" in {value.name for value in held}


class Several(layers.Layer):
    """Branches, loops and functions of TensorFlow, over an axis of open size."""

    def call(self, x):
        def halved(h, count):
            return h / 2, count + 1

        total = tf.reduce_sum(tf.abs(x))
        h, count = tf.while_loop(lambda h, count: tf.reduce_max(h) > 0.1, halved, (x, 0))
        bent = tf.cond(total > 3.0, lambda: tf.nn.relu(x), lambda: -x)
        return bent + self.named(h) + tf.cast(count, x.dtype)

    @tf.function
    def named(self, x):
        for _ in tf.range(3):
            x = tf.sin(x) + x[:, :1]
        return x if tf.shape(x)[0] < 1000 else x + 1.0


def test_branches_loops_and_functions():
    lite = check_converts(model_of(Several(), shape=(None, 4)), X[None], 0.1 * X[:2, None])
    assert {"WHILE", "IF"} <= set(builtins_of(lite))


class Counted(layers.Layer):
    """Assigns a variable of Keras between functions of TensorFlow."""

    def build(self, shape):
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, x):
        self.count.assign(self.count + tf.reduce_sum(tf.sin(x)))
        return tf.math.sinh(x) + self.count


def test_what_a_layer_assigns_is_state():
    model = model_of(Counted())
    lite = litesmith.convert(model, batch=3)
    first, second = lite.run(X), lite.run(X)
    np.testing.assert_allclose(first, np.sinh(X) + np.sin(X).sum(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(second, np.sinh(X) + 2 * np.sin(X).sum(), rtol=1e-5, atol=1e-5)


class Masked(layers.Layer):
    supports_masking = True

    def call(self, x, mask=None):
        return tf.where(mask[..., None], tf.exp(x), 0.0)


def test_masks_reach_the_layer():
    model = model_of(layers.Masking(), Masked(), shape=(None, 4))
    steps = np.repeat(X[None], 2, 0)
    steps[0, 1] = 0
    check_converts(model, steps)


class Refused(layers.Layer):
    def call(self, x):
        return tf.strings.to_number(tf.strings.as_string(x)) + x


def test_what_has_no_form_is_told_with_layer_and_line():
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(Refused(name="texts")))
    (finding,) = raised.value.diagnostics
    assert finding.code == "K103"
    assert finding.source.layer == "texts"
    assert "AsString" in finding.message()


class TanhOfExperimentalNumpy(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 3), name="w")

    def call(self, x):
        return tf.experimental.numpy.tanh(tf.matmul(x, self.w.value))


class SigmoidOfOnes(layers.Layer):
    def call(self, x):
        return tf.math.sigmoid(tf.matmul(x, tf.ones((4, 2))))


class SpectralAttention(layers.Layer):
    """Attention whose scores pass through eigenvectors."""

    def call(self, x):
        scores = tf.matmul(x, x, transpose_b=True)
        values, vectors = tf.linalg.eigh(scores)
        smoothed = tf.matmul(vectors * tf.nn.softplus(values)[:, None], vectors, transpose_b=True)
        return tf.matmul(tf.nn.softmax(smoothed / 2.0), x)


class Stateful(layers.Layer):
    """A variable of TensorFlow itself."""

    def build(self, shape):
        self.scale = tf.Variable(tf.fill([4], 3.0))

    def call(self, x):
        return x * self.scale + tf.gather(self.scale, [0])


@pytest.mark.parametrize("layer", [TanhOfExperimentalNumpy, SigmoidOfOnes, Stateful])
def test_layers_as_people_write_them(layer):
    check_converts(model_of(layer()), X)


def test_attention_with_eigenvectors():
    steps = np.random.default_rng(1).standard_normal((2, 5, 4)).astype("float32")
    check_converts(model_of(SpectralAttention(), shape=(5, 4)), steps, rtol=1e-4)


def test_a_layer_that_is_a_saved_model(tmp_path):
    model_of(layers.Dense(3, activation="tanh")).export(str(tmp_path / "dense"), verbose=False)
    layer = layers.TFSMLayer(str(tmp_path / "dense"), call_endpoint="serving_default")
    x = keras.Input((4,))
    check_converts(keras.Model(x, layer(x)), X)


class Assigning(layers.Layer):
    def build(self, shape):
        self.count = tf.Variable(0.0)

    def call(self, x):
        return tf.sin(x) + self.count.assign_add(1.0)


def test_assigning_a_raw_variable_is_refused():
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(Assigning()))
    (finding,) = raised.value.diagnostics
    assert finding.code == "K103"
    assert "is assigned" in finding.message()


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_an_lstm_of_keras_in_a_saved_model_is_the_fused_operator(tmp_path, sequences, backwards):
    x = keras.Input((None, 3))
    model = keras.Model(x, layers.LSTM(4, return_sequences=sequences, go_backwards=backwards)(x))
    model.export(str(tmp_path / "saved"), verbose=False)
    lite = litesmith.convert(tmp_path / "saved", rnn="fused")
    assert "WHILE" not in builtins_of(lite)
    assert "TRANSPOSE" not in builtins_of(lite)
    for shape in ((1, 1, 3), (3, 9, 3)):
        values = np.random.default_rng(0).standard_normal(shape).astype("float32")
        (found,) = lite.run(values).values()
        np.testing.assert_allclose(found, model(values), rtol=1e-5, atol=1e-6)


def test_layers_of_keras_in_a_saved_model_of_which_some_are_fused(tmp_path):
    x = h = keras.Input((9, 3))
    h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(h)
    h = layers.LSTM(5, return_sequences=True, activation="softsign")(layers.Masking()(h))
    model = keras.Model(x, layers.LSTM(4)(layers.GRU(4, return_sequences=True)(h)))
    model.export(str(tmp_path / "saved"), verbose=False)
    lite = litesmith.convert(tmp_path / "saved", rnn="fused")
    assert [loop.form for loop in lite.model.loops] == ["fused", "fused", "loop", "loop", "loop"]
