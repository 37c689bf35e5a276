"""Cells of users, recurrent layers inside of others, states handed on, and convolutional layers as drawn."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from support import builtins_of, check_converts


def randomized(model):
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.uniform(-0.6, 0.6, weight.shape))
    return model


class OfLayers(layers.Layer):
    """A cell that is made of layers."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = units
        self.project = layers.Dense(units, activation="tanh")
        self.normalize = layers.LayerNormalization()

    def build(self, shape):
        self.project.build((shape[0], shape[-1] + self.state_size))
        self.normalize.build((shape[0], self.state_size))

    def call(self, inputs, states):
        new = self.normalize(self.project(ops.concatenate([inputs, states[0]], axis=-1)))
        return new, [new]


class Starts(OfLayers):
    """A cell that says where it starts."""

    def get_initial_state(self, batch_size=None):
        return [ops.full((batch_size, self.state_size), 0.25)]


class OneState(OfLayers):
    """A cell that takes and returns one state without a list."""

    def call(self, inputs, states):
        new, _ = super().call(inputs, states if isinstance(states, (list, tuple)) else [states])
        return 2.0 * new, new


class Two(layers.Layer):
    """An LSTM cell beside a GRU cell."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.left, self.right = layers.LSTMCell(2), layers.GRUCell(3)
        self.state_size = [2, 2, 3]
        self.output_size = 5

    def build(self, shape):
        self.left.build(shape)
        self.right.build(shape)

    def call(self, inputs, states, training=False):
        a, left = self.left(inputs, states[:2], training=training)
        b, right = self.right(inputs, states[2:], training=training)
        return ops.concatenate([a, b], axis=-1), [*left, *right]


class Branching(OfLayers):
    """A cell that computes one of two ways, by what the batch holds."""

    def call(self, inputs, states):
        new, _ = super().call(inputs, states)
        kept = ops.cond(ops.max(inputs) > 0.5, lambda: new, lambda: 0.5 * states[0])
        return kept, [kept]


CELLS = [OfLayers, Starts, OneState, Two, Branching]
OPTIONS = [
    {},
    {"return_sequences": True, "return_state": True, "go_backwards": True},
    {"return_sequences": True, "unroll": True},
    {"zero_output_for_mask": True, "return_sequences": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "+".join(options) or "plain")
@pytest.mark.parametrize("cell", CELLS)
def test_cells_of_users(cell, options):
    x = keras.Input((5 if "unroll" in options else None, 3))
    # What stands for the output of a masked step is the first state, which has another size than Two's output.
    masked = cell is not Two or "zero_output_for_mask" in options
    h = layers.Masking()(x) if masked else x
    model = randomized(keras.Model(x, layers.RNN(cell(), **options)(h)))
    random = np.random.default_rng(1)
    arrays = [random.standard_normal((batch, 5, 3)).astype("float32") for batch in (1, 3)]
    for array in arrays:
        array[0, 3:] = 0
    check_converts(model, *arrays)


@pytest.mark.parametrize("return_sequences", [False, True])
def test_a_stack_of_cells_of_users_and_of_keras(return_sequences):
    x = keras.Input((None, 3))
    stack = layers.StackedRNNCells([layers.LSTMCell(3), OfLayers(4), layers.GRUCell(2, reset_after=False)])
    outputs = layers.RNN(stack, return_sequences=return_sequences, return_state=True)(x)
    check_converts(randomized(keras.Model(x, keras.tree.flatten(outputs))))


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize("backwards", [False, True])
def test_an_encoder_hands_its_states_to_a_decoder(kind, backwards):
    source, target = keras.Input((None, 3)), keras.Input((None, 2))
    encoded, *states = kind(4, return_sequences=True, return_state=True, go_backwards=backwards)(source)
    decoded, *final = kind(4, return_sequences=True, return_state=True)(target, initial_state=states)
    attended = layers.Attention()([decoded, encoded])
    model = randomized(keras.Model([source, target], [attended, *states, *final]))
    random = np.random.default_rng(2)
    calls = [
        [random.standard_normal((batch, *shape)).astype("float32") for shape in ((long, 3), (short, 2))]
        for batch, long, short in ((1, 7, 3), (2, 33, 6))
    ]
    check_converts(model, *calls)


class Hybrid(layers.Layer):
    """One of two recurrent layers, by what the input holds."""

    def __init__(self):
        super().__init__()
        self.left, self.right = layers.LSTM(3, return_sequences=True), layers.GRU(3, return_sequences=True)

    def build(self, shape):
        self.left.build(shape)
        self.right.build(shape)

    def call(self, x):
        return ops.cond(ops.sum(x) > 0.0, lambda: self.left(x), lambda: self.right(x))

    def compute_output_shape(self, shape):
        return (*shape[:-1], 3)


@pytest.mark.parametrize("length", [None, 5])
def test_recurrent_layers_in_branches(length):
    x = keras.Input((length, 2))
    model = randomized(keras.Model(x, Hybrid()(x)))
    values = np.abs(np.random.default_rng(3).standard_normal((2, 5, 2))).astype("float32")
    check_converts(model, values, -values)


class Inner(OfLayers):
    """A cell that runs a recurrent layer over the features of its input."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.GRU(2)

    def build(self, shape):
        super().build((shape[0], 2))
        self.inner.build((shape[0], shape[-1], 1))

    def call(self, inputs, states):
        return super().call(self.inner(inputs[..., None]), states)


def test_a_recurrent_layer_in_each_step_of_another():
    x = keras.Input((None, 4))
    model = randomized(keras.Model(x, layers.RNN(Inner(), return_sequences=True)(x)))
    assert builtins_of(check_converts(model)).count("WHILE") == 3


class Shown(layers.LSTM):
    """A layer that reads the states that Keras' own code leaves."""

    def inner_loop(self, *args, **kwargs):
        last, outputs, states = super().inner_loop(*args, **kwargs)
        return last, outputs + states[1][:, None], states


@pytest.mark.parametrize("rnn", ["while", "fused", "unroll"])
def test_a_layer_of_a_user_reads_the_states_of_the_last_step(rnn):
    x = keras.Input((7 if rnn == "unroll" else None, 3))
    model = randomized(keras.Model(x, Shown(4, return_sequences=True)(x)))
    check_converts(model, convert={"rnn": rnn})


@st.composite
def convolutional(draw):
    """The rank, the arguments and the form of a convolutional LSTM."""
    rank = draw(st.sampled_from([1, 1, 2, 2, 3]))
    options = {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": draw(st.integers(1, 3)),
        "padding": draw(st.sampled_from(["valid", "same"])),
        "use_bias": draw(st.booleans()),
        "return_sequences": draw(st.booleans()),
        "return_state": draw(st.booleans()),
        "go_backwards": draw(st.booleans()),
        "data_format": draw(st.sampled_from(["channels_last", "channels_last", "channels_first"])),
        "activation": draw(st.sampled_from(["tanh", "relu"])),
        "recurrent_activation": draw(st.sampled_from(["sigmoid", "hard_sigmoid"])),
        draw(st.sampled_from(["strides", "dilation_rate"])): draw(st.integers(1, 2)),
    }
    return rank, options, draw(st.sampled_from([None, 3])), draw(st.sampled_from(["while", "while", "unroll"]))


@given(convolutional())
@settings(max_examples=12)
def test_convolutional_layers(drawn):
    rank, options, length, rnn = drawn
    space = (6, 5, 5)[:rank]
    shape = (2, *space) if options["data_format"] == "channels_first" else (*space, 2)
    x = keras.Input((3 if rnn == "unroll" else length, *shape))
    layer = getattr(layers, f"ConvLSTM{rank}D")(**options)
    array = np.random.default_rng(0).standard_normal((2, 3, *shape)).astype("float32")
    check_converts(randomized(keras.Model(x, layer(x))), array, array[:1], convert={"rnn": rnn})
