"""Loops of TensorFlow that are LSTMs, as the fused operator: as Keras, `dynamic_rnn` and people write them."""

import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

import graph_files
import litesmith
from litesmith.cli.main import app
from support import builtins_of, compare_arrays

UNITS, FEATURES = 4, 3
FUSED = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def weights(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).uniform(-0.6, 0.6, shape).astype("float32"))


class Lstm(tf.Module):
    """A layer as Keras writes it for TensorFlow: lists of inputs and outputs, and a loop that counts."""

    def __init__(self, features=FEATURES, sequences=True, backwards=False, seed=1, mask=False, activation=tf.tanh):
        super().__init__()
        self.kernel = tf.Variable(weights(features, 4 * UNITS, seed=seed))
        self.recurrent = tf.Variable(weights(UNITS, 4 * UNITS, seed=seed + 1))
        self.bias = tf.Variable(weights(4 * UNITS, seed=seed + 2))
        self.sequences, self.backwards, self.mask, self.activation = sequences, backwards, mask, activation

    def step(self, x, h, c):
        z = tf.nn.bias_add(tf.matmul(x, self.kernel) + tf.matmul(h, self.recurrent), self.bias)
        i, f, g, o = tf.split(z, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * self.activation(g)
        return tf.sigmoid(o) * self.activation(c), c

    def __call__(self, x):
        """The outputs, or the last one, and the states."""
        xs = tf.transpose(x, [1, 0, 2])
        xs = tf.reverse(xs, [0]) if self.backwards else xs
        length, state = tf.shape(xs)[0], tf.zeros([tf.shape(x)[0], UNITS])
        inputs = tf.TensorArray(tf.float32, length).unstack(xs)
        outputs = tf.TensorArray(tf.float32, length if self.sequences else 1, element_shape=[None, UNITS])

        def body(time, outputs, h, c):
            x = inputs.read(time)
            new_h, new_c = self.step(x, h, c)
            if self.mask:
                keep = x[:, :1] > 0
                new_h, new_c = tf.where(keep, new_h, h), tf.where(keep, new_c, c)
            return time + 1, outputs.write(time if self.sequences else 0, new_h), new_h, new_c

        _, outputs, h, c = tf.while_loop(
            lambda time, *_: time < length, body, (0, outputs, state, state), maximum_iterations=length
        )
        shown = outputs.stack()
        return (tf.transpose(shown, [1, 0, 2]) if self.sequences else shown[-1]), h, c


def check_fused(function, count=1, loops=0, lengths=(1, 2, 7, 40), rnn="fused", known=None):
    """Convert, and compare with TensorFlow at batches of 1 and 3; `known`: a length that is not open."""
    traced = tf.function(function, input_signature=[tf.TensorSpec([None, known, FEATURES], tf.float32, "x")])
    lite = litesmith.convert(traced, rnn=rnn, verify=False)
    for length in lengths if known is None else [known]:
        for batch in (1, 3):
            x = np.random.default_rng(length).standard_normal((batch, length, FEATURES)).astype("float32")
            found, expected = tf.nest.flatten(lite.run(x)), tf.nest.flatten(traced(tf.constant(x)))
            compare_arrays([np.asarray(each) for each in expected], found, rtol=2e-6, atol=1e-6)
    assert (builtins_of(lite).count(FUSED), builtins_of(lite).count("WHILE")) == (count, loops)
    return lite


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_layer_of_keras_is_one_operator(sequences, backwards):
    layer = Lstm(sequences=sequences, backwards=backwards)
    lite = check_fused(layer)
    assert [loop.form for loop in lite.model.loops] == ["fused"]
    assert "TRANSPOSE" not in builtins_of(check_fused(lambda x: layer(x)[0]))


@pytest.mark.parametrize("known", [3, 9])
def test_a_known_number_of_steps(known):
    check_fused(Lstm(), known=known)
    check_fused(Lstm(sequences=False), known=known)


def test_two_layers_upon_each_other_and_in_both_directions():
    below, above = Lstm(), [Lstm(UNITS, sequences=False, backwards=backwards, seed=5) for backwards in (False, True)]

    def model(x):
        between = below(x)[0]
        return tf.concat([layer(between)[0] for layer in above], -1)

    check_fused(model, count=3)


def test_the_default_is_a_loop():
    check_fused(Lstm(sequences=False), count=0, loops=1, rnn="while")


def test_a_known_number_of_steps_is_written_out_where_that_is_asked_for():
    lite = check_fused(Lstm(), count=0, loops=0, rnn="unroll", known=9)
    assert [str(loop).split(": ")[1] for loop in lite.model.loops] == ['unrolled, rnn="unroll"']
    lite = check_fused(Lstm(sequences=False), count=0, loops=1, rnn="unroll")
    assert "cannot write out" in lite.model.loops[0].reason


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (Lstm(sequences=False, mask=True), "a mask or a condition"),
        (Lstm(sequences=False, activation=tf.nn.softsign), "not that of an LSTM"),
    ],
)
def test_what_is_almost_an_lstm_stays_a_loop_and_says_why(layer, reason):
    lite = check_fused(layer, count=0, loops=1)
    assert reason in lite.model.loops[0].reason


def test_few_steps_of_something_else_are_written_out_as_without_the_option():
    lite = check_fused(Lstm(mask=True), count=0, loops=0, known=3)
    assert [loop.form for loop in lite.model.loops] == ["unrolled"]


def test_a_scan_of_tensorflow():
    layer = Lstm()

    def model(x):
        state = tf.zeros([tf.shape(x)[0], UNITS])
        h, c = tf.scan(lambda states, x: layer.step(x, *states), tf.transpose(x, [1, 0, 2]), (state, state))
        return h, c

    lite = check_fused(model, count=0, loops=2)
    assert "shows something else" in lite.model.loops[0].reason


@pytest.mark.parametrize(
    ("name", "count"),
    [("tf_1.15/recurrent_v1.pb", 1), ("tf_1.15/recurrent_v1.zip", 1), ("tf_2.12/encoder_decoder.zip", 2)],
)
def test_files_of_older_versions(name, count, tmp_path):
    path = graph_files.GRAPHS / name
    source = graph_files.unpacked(path, tmp_path)
    assert graph_files.differences(source, path, rnn="fused", verify=False) == {}
    assert builtins_of(litesmith.convert(source, rnn="fused", verify=False)).count(FUSED) == count


def test_the_option_of_the_command_line(tmp_path):
    layer = Lstm(sequences=False)
    function = tf.function(lambda x: layer(x)[0], input_signature=[tf.TensorSpec([None, None, FEATURES], tf.float32)])
    layer.function = function
    tf.saved_model.save(layer, str(tmp_path / "saved"), signatures=function.get_concrete_function())
    result = CliRunner().invoke(app, [str(part) for part in ("convert", tmp_path / "saved", "--rnn", "fused")])
    assert result.exit_code == 0, result.output
    assert "fused" in result.output
