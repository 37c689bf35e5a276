import keras
import numpy as np
import pytest
from ai_edge_litert.compiled_model import CompiledModel
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.read import read
from litesmith.ir.verify import graph_problems
from support import builtins_of, check_converts, check_layer, compare_arrays

KINDS = [layers.SimpleRNN, layers.LSTM, layers.GRU]
kinds = pytest.mark.parametrize("kind", KINDS)


def randomized(model):
    """A model whose biases are not zero, so that a bias at a wrong place shows."""
    random = np.random.default_rng(0)
    model.set_weights([random.uniform(-0.6, 0.6, weight.shape).astype("float32") for weight in model.get_weights()])
    return model


def of(layer, *shape, **options):
    x = keras.Input(shape)
    return check_converts(randomized(keras.Model(x, layer(x))), **options)


@kinds
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("length", [None, 7, 1])
def test_a_layer_runs_as_a_loop_over_any_time(kind, return_sequences, length):
    lite = of(kind(5, return_sequences=return_sequences), length, 3)
    # All outputs of an unknown number of steps are collected in chunks, the first of them in a loop of their own.
    chunks = 2 if kind is layers.SimpleRNN else 3
    assert builtins_of(lite).count("WHILE") == (chunks if return_sequences and length is None else 1)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize(
    "options",
    [
        {"return_sequences": True},
        {"return_sequences": True, "return_state": True},
        {"return_state": True, "go_backwards": True},
    ],
    ids=["outputs", "outputs and states", "states"],
)
@pytest.mark.parametrize("masked", [False, True])
def test_open_lengths_that_end_within_a_round_and_behind_the_first_chunks(kind, options, masked):
    """Four steps make a round, the first 32 rounds one loop, each 16 behind them another one."""
    x = keras.Input((None, 3))
    mask = keras.Input((None,), dtype="bool")
    layer = kind(4, **options)
    inputs = {"x": x, "mask": mask} if masked else {"x": x}
    model = randomized(keras.Model(inputs, layer(x, mask=mask) if masked else layer(x)))
    lite = litesmith.convert(model, verify=False)
    random = np.random.default_rng(0)
    for batch, length in ((1, 1), (3, 2), (1, 4), (2, 7), (1, 127), (2, 128), (1, 129), (2, 192), (1, 201)):
        given = {"x": random.normal(size=(batch, length, 3)).astype("float32")}
        if masked:
            given["mask"] = random.random((batch, length)) > 0.3
        compare_arrays(keras.tree.flatten(model(given)), keras.tree.flatten(lite.run(given)), rtol=2e-6)


@kinds
@pytest.mark.parametrize("length", [8, 65, 100])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True, "return_state": True}])
def test_long_sequences(kind, length, options):
    of(kind(4, return_sequences=True, **options), length, 3)


@kinds
def test_one_file_takes_every_batch_and_length(kind):
    x = keras.Input((None, 3))
    model = randomized(keras.Model(x, kind(4, return_sequences=True)(x)))
    random = np.random.default_rng(1)
    arrays = [random.standard_normal((b, t, 3)).astype("float32") for b, t in ((1, 1), (2, 9), (5, 3), (1, 30))]
    check_converts(model, *arrays)


@kinds
@pytest.mark.parametrize("options", [
    {"go_backwards": True},
    {"go_backwards": True, "return_sequences": True},
    {"return_state": True},
    {"return_state": True, "return_sequences": True, "go_backwards": True},
    {"use_bias": False},
    {"unroll": True},
    {"unroll": True, "return_sequences": True, "go_backwards": True, "return_state": True},
    {"activation": "relu"},
    {"dropout": 0.3},
])  # fmt: skip
def test_arguments_of_a_layer(kind, options):
    of(kind(4, **options), 6, 3)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize("options", [{"recurrent_activation": "hard_sigmoid"}, {"recurrent_dropout": 0.2}])
def test_other_gates_and_the_way_past_the_fused_backend_function(kind, options):
    of(kind(4, **options), 6, 3)


@pytest.mark.parametrize("reset_after", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("implementation", [1, 2])
def test_both_forms_of_a_gru(reset_after, use_bias, implementation):
    of(layers.GRU(4, reset_after=reset_after, use_bias=use_bias), 6, 3)
    cell = layers.GRUCell(4, reset_after=reset_after, use_bias=use_bias, implementation=implementation)
    of(layers.RNN(cell, return_sequences=True), 6, 3)


@kinds
def test_initial_states_are_taken(kind):
    x = keras.Input((None, 3))
    count = 2 if kind is layers.LSTM else 1
    states = [keras.Input((4,)) for _ in range(count)]
    outputs = kind(4, return_state=True, return_sequences=True)(x, initial_state=states)
    check_converts(randomized(keras.Model([x, *states], outputs)))


MASKS = {
    "holes": [[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]],
    "nothing": [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
    "everything": [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
    "end": [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]],
}


@kinds
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("options", [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "zero_output_for_mask": True},
    {"zero_output_for_mask": True, "return_state": True},
    {"return_sequences": True, "go_backwards": True, "return_state": True},
    {"unroll": True, "return_sequences": True},
    {"unroll": True, "go_backwards": True, "return_state": True},
])  # fmt: skip
def test_masked_steps_keep_the_state(kind, mask, options):
    x = keras.Input((5, 3))
    masked = layers.Masking()(x)
    model = randomized(keras.Model(x, kind(4, **options)(masked)))
    values = np.random.default_rng(2).standard_normal((2, 5, 3)).astype("float32")
    check_converts(model, values * np.array(MASKS[mask], "float32")[..., None])


@kinds
def test_a_masked_first_step_shows_the_initial_state(kind):
    x, count = keras.Input((5, 3)), 2 if kind is layers.LSTM else 1
    states = [keras.Input((4,)) for _ in range(count)]
    for unroll in (False, True):
        layer = kind(4, return_sequences=True, unroll=unroll)
        model = randomized(keras.Model([x, *states], layer(layers.Masking()(x), initial_state=states)))
        random = np.random.default_rng(3)
        values = random.standard_normal((2, 5, 3)).astype("float32")
        given = [random.standard_normal((2, 4)).astype("float32") for _ in states]
        check_converts(model, [values * np.array(MASKS["holes"], "float32")[..., None], *given])


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_padding_of_words_is_masked(kind):
    words = keras.Input((None,), dtype="int32")
    embedded = layers.Embedding(7, 3, mask_zero=True)(words)
    model = keras.Model(words, layers.Dense(2)(kind(4)(embedded)))
    check_converts(randomized(model), np.array([[1, 2, 0, 0], [3, 4, 5, 6], [0, 0, 0, 0]], "int32"))


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "ave", "mul", None])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_bidirectional(merge_mode, return_sequences):
    layer = layers.Bidirectional(layers.LSTM(4, return_sequences=return_sequences), merge_mode=merge_mode)
    of(layer, None, 3)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_bidirectional_with_states_and_masks(kind):
    x = keras.Input((5, 3))
    layer = layers.Bidirectional(kind(4, return_sequences=True, return_state=True))
    model = randomized(keras.Model(x, layer(layers.Masking()(x))))
    values = np.random.default_rng(2).standard_normal((2, 5, 3)).astype("float32")
    check_converts(model, values * np.array(MASKS["holes"], "float32")[..., None])


@pytest.mark.parametrize("cell", [layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell])
@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "return_state": True}, {"unroll": True}])
def test_cells_in_rnn(cell, options):
    of(layers.RNN(cell(4), **options), 6, 3)


@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"unroll": True}])
def test_stacks_of_cells(options):
    cells = [layers.LSTMCell(4), layers.GRUCell(5), layers.SimpleRNNCell(3)]
    lite = of(layers.RNN(cells, **options), 6, 3)
    assert builtins_of(lite).count("WHILE") == (0 if "unroll" in options else 1)


def test_a_masked_stack_shows_the_first_state_of_its_last_cell():
    x = keras.Input((5, 3))
    cells = [layers.LSTMCell(4), layers.LSTMCell(4)]
    model = randomized(keras.Model(x, layers.RNN(cells, return_sequences=True)(layers.Masking()(x))))
    values = np.random.default_rng(2).standard_normal((2, 5, 3)).astype("float32")
    check_converts(model, values * np.array(MASKS["holes"], "float32")[..., None])


class Leaky(keras.layers.Layer):
    """A cell whose output is neither of its states, one of which has no feature axis of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, 1]
        self.output_size = 2 * units

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], self.units), name="kernel")

    def call(self, inputs, states):
        level, count = states
        level = 0.9 * level + keras.ops.matmul(inputs, self.kernel)
        count = count + keras.ops.sum(keras.ops.abs(inputs), axis=-1, keepdims=True)
        return keras.ops.concatenate([level * count, level], axis=-1), [level, count]


@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "go_backwards": True}, {"return_state": True}])
def test_custom_cells(options):
    of(layers.RNN(Leaky(4), **options), None, 3)


def test_layers_in_a_row_and_a_shared_layer():
    x = keras.Input((None, 3))
    shared = layers.LSTM(3, return_sequences=True)
    check_converts(randomized(keras.Model(x, layers.GRU(2)(shared(shared(x))))))


def test_a_layer_inside_of_time_distributed():
    of(layers.TimeDistributed(layers.LSTM(4)), 3, 5, 2)


@pytest.mark.parametrize("layer", [
    layers.ConvLSTM1D(2, 3, padding="same"),
    layers.ConvLSTM1D(2, 3, return_sequences=True, return_state=True),
    layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True),
    layers.ConvLSTM2D(2, 3, strides=2, go_backwards=True),
    layers.ConvLSTM3D(2, 2, padding="same"),
], ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_convolutional_lstm(layer):
    rank = {"ConvLSTM1D": 1, "ConvLSTM2D": 2, "ConvLSTM3D": 3}[type(layer).__name__]
    of(layer, 3, *(6, 5, 4)[:rank], 2)


@kinds
@pytest.mark.parametrize("return_sequences", [False, True])
def test_compiled_model_runs_loops(kind, return_sequences, tmp_path):
    x = keras.Input((6, 3), batch_size=2)
    model = randomized(keras.Model(x, kind(4, return_sequences=return_sequences)(x)))
    lite = litesmith.convert(model)
    values = np.random.default_rng(0).standard_normal((2, 6, 3)).astype("float32")
    expected = lite.run(values)
    compiled = CompiledModel.from_file(str(lite.save(tmp_path / "model.tflite")))
    inputs, outputs = compiled.create_input_buffers(0), compiled.create_output_buffers(0)
    inputs[0].write(values)
    compiled.run_by_index(0, inputs, outputs)
    found = outputs[0].read(expected.size, np.float32).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("length", [None, 6])
@pytest.mark.parametrize("options", [
    {},
    {"return_sequences": True, "go_backwards": True},
    {"use_bias": False},
    {"return_state": True},
    {"return_state": True, "return_sequences": True, "go_backwards": True},
])  # fmt: skip
def test_the_fused_operator(length, options):
    lite = of(layers.LSTM(4, **options), length, 3, convert={"rnn": "fused"})
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)
    assert "WHILE" not in builtins_of(lite)


@pytest.mark.parametrize("options", [
    {},
    {"return_sequences": True, "go_backwards": True},
    {"return_state": True, "return_sequences": True},
    {"return_state": True, "go_backwards": True},
])  # fmt: skip
def test_cells_of_an_lstm_are_fused_too(options):
    lite = of(layers.RNN(layers.LSTMCell(4), **options), None, 3, convert={"rnn": "fused"})
    assert (builtins_of(lite).count("UNIDIRECTIONAL_SEQUENCE_LSTM"), builtins_of(lite).count("WHILE")) == (1, 0)
    lite = of(layers.RNN([layers.LSTMCell(4), layers.LSTMCell(5)], **options), None, 3, convert={"rnn": "fused"})
    assert (builtins_of(lite).count("UNIDIRECTIONAL_SEQUENCE_LSTM"), builtins_of(lite).count("WHILE")) == (2, 0)


def test_cells_that_are_not_all_of_an_lstm_stay_a_loop_and_say_why():
    lite = of(layers.RNN([layers.LSTMCell(4), layers.GRUCell(4)]), None, 3, convert={"rnn": "fused"})
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" not in builtins_of(lite)
    assert "carries more than the states" in lite.model.loops[0].reason


@pytest.mark.parametrize("computed", ["one more", "twice less one", "every second", "folded"])
def test_the_fused_operator_has_as_many_states_as_it_is_given(computed):
    """The runtime would write over memory of others where it learned how many only while it runs."""
    x = keras.Input((6, 3))
    sequences = {
        "one more": lambda: keras.ops.concatenate([x, keras.ops.ones((1, 6, 3))]),
        "twice less one": lambda: keras.ops.concatenate([x, x[1:, :, :]]),
        "every second": lambda: x[::2, :, :],
        "folded": lambda: keras.ops.reshape(x, (-1, 2, 3)),
    }[computed]()
    lite = check_converts(keras.Model(x, layers.LSTM(4)(sequences)), convert={"rnn": "fused"})
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)
    assert not list(graph_problems(read(bytes(lite)).main))


def test_the_fused_operator_begins_anew_in_each_call():
    x = keras.Input((6, 3))
    lite = litesmith.convert(keras.Model(x, layers.LSTM(4)(x)), rnn="fused")
    values = np.random.default_rng(0).standard_normal((2, 6, 3)).astype("float32")
    np.testing.assert_array_equal(lite.run(values), lite.run(values))


@pytest.mark.parametrize("options", [{}, {"return_state": True}])
def test_the_fused_operator_takes_initial_states(options):
    x, h, c = keras.Input((None, 3)), keras.Input((4,)), keras.Input((4,))
    model = randomized(keras.Model([x, h, c], layers.LSTM(4, **options)(x, initial_state=[h, c])))
    lite = check_converts(model, convert={"rnn": "fused"})
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)


def test_the_fused_operator_keeps_the_state_of_a_layer_that_is_stateful():
    x = keras.Input((6, 3), batch_size=2)
    model = randomized(keras.Model(x, layers.LSTM(4, stateful=True)(x)))
    model.layers[-1].reset_states()
    lite = litesmith.convert(model, rnn="fused", verify=False)
    values = np.random.default_rng(0).standard_normal((3, 2, 6, 3)).astype("float32")
    expected = [np.asarray(model(piece)) for piece in values]
    compare_arrays(expected, [lite.run(piece) for piece in values], rtol=2e-6)
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)


@pytest.mark.parametrize("layer", [
    layers.LSTM(4, activation="relu"),
    layers.GRU(4),
    layers.SimpleRNN(4),
], ids=["activation", "gru", "simple"])  # fmt: skip
def test_what_has_no_fused_operator_stays_a_loop(layer):
    assert "WHILE" in builtins_of(of(layer, None, 3, convert={"rnn": "fused"}))


@kinds
def test_unrolling_by_option(kind):
    lite = of(kind(4, return_sequences=True), 5, 3, convert={"rnn": "unroll"})
    assert "WHILE" not in builtins_of(lite)


@kinds
def test_unrolling_needs_a_known_length(kind):
    x = keras.Input((None, 3))
    with pytest.raises(LitesmithError, match="known number of time steps"):
        litesmith.convert(keras.Model(x, kind(4)(x)), rnn="unroll")


def test_half_precision_goes_through_the_cell():
    x = keras.Input((4, 3))
    model = randomized(keras.Model(x, layers.LSTM(4, dtype="mixed_float16")(x)))
    # One unit in the last place of float16 is 5e-4 of the largest output.
    check_converts(model, rtol=3e-3)


def test_conversion_is_deterministic():
    x = keras.Input((None, 3))
    model = keras.Model(x, layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x))
    assert bytes(litesmith.convert(model)) == bytes(litesmith.convert(model))


def test_many_layers_name_their_graphs_apart():
    lite = check_layer(layers.Bidirectional(layers.GRU(3)), (None, 2))
    names = [graph.name for graph in lite.model.all_graphs()]
    assert len(set(names)) == len(names) == 5


@pytest.mark.parametrize("steps", [1, 3])
def test_a_mask_of_another_length_than_the_sequence_is_said(steps):
    """Keras computes with it on numpy, and nowhere else alike."""
    sequence, mask = keras.Input((2, 4)), keras.Input((steps,), dtype="bool")
    model = keras.Model([sequence, mask], layers.GRU(3)(sequence, mask=mask))
    with pytest.raises(LitesmithError, match=f"K102.*a mask of {steps} steps for a sequence of 2"):
        litesmith.convert(model)
