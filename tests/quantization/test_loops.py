"""Recurrent layers in integers: every kind, as loops and as the LSTM operator, against float32 in the real runtime."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import FindingWarning
from litesmith.ir.types import DType
from litesmith.opset.control import While
from litesmith.quantization.domains import settled
from litesmith.quantization.loops import accumulating
from litesmith.quantization.ties import Ties

RANDOM = np.random.default_rng(0)
LEAST_DECIBELS = 20.0
"""Of outputs over their noise. Gates of 255 steps over some 10 (7 steps a unit) move an activation by 1/4 of 1/14 on
average, 36 dB below 1; weights of 127 steps, a state that they come back into and small outputs take up to 16 more."""
TIME = (7, 5)


def sequence(*parts, shape=TIME):
    return keras.Sequential([keras.Input(shape), *parts])


def with_states(layer, *sizes):
    x, states = keras.Input(TIME), [keras.Input((size,)) for size in sizes]
    return keras.Model([x, *states], layer(x, initial_state=states))


MODELS = {
    "lstm": lambda: sequence(layers.LSTM(6)),
    "gru": lambda: sequence(layers.GRU(6)),
    "gru before": lambda: sequence(layers.GRU(6, reset_after=False)),
    "rnn": lambda: sequence(layers.SimpleRNN(6)),
    "rnn relu": lambda: sequence(layers.SimpleRNN(6, activation="relu")),
    "lstm sequences": lambda: sequence(layers.LSTM(6, return_sequences=True), layers.Dense(3)),
    "rnn sequences": lambda: sequence(layers.SimpleRNN(6, return_sequences=True)),
    "stacked": lambda: sequence(layers.LSTM(6, return_sequences=True), layers.GRU(4), layers.Dense(3)),
    "bidirectional": lambda: sequence(layers.Bidirectional(layers.LSTM(6)), layers.Dense(3)),
    "backwards": lambda: sequence(layers.GRU(6, go_backwards=True, return_sequences=True)),
    "masked lstm": lambda: sequence(layers.Masking(), layers.LSTM(6)),
    "masked gru": lambda: sequence(layers.Masking(), layers.GRU(6, return_sequences=True)),
    "masked rnn": lambda: sequence(layers.Masking(), layers.SimpleRNN(6)),
    "lstm states": lambda: with_states(layers.LSTM(6, return_sequences=True, return_state=True), 6, 6),
    "gru states": lambda: with_states(layers.GRU(6, return_state=True), 6),
    "rnn states": lambda: with_states(layers.SimpleRNN(6), 6),
    "unrolled": lambda: sequence(layers.LSTM(6, unroll=True)),
    "open length": lambda: sequence(layers.GRU(6), shape=(None, 5)),
    "convolution": lambda: sequence(layers.ConvLSTM1D(3, 3), shape=(5, 8, 2)),
    "cells": lambda: sequence(layers.RNN([layers.LSTMCell(4), layers.GRUCell(5)])),
    "other activations": lambda: sequence(layers.LSTM(6, activation="relu", recurrent_activation="hard_sigmoid")),
    "no bias": lambda: sequence(layers.LSTM(6, use_bias=False)),
}
FUSED = ("lstm", "lstm sequences", "bidirectional", "lstm states", "no bias")


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


def randomized(model):
    for variable in model.weights:
        if variable.dtype == "float32":
            variable.assign(variable.numpy() + RANDOM.normal(0, 0.2, variable.shape))
    return model


def data(model, count):
    arrays = [
        RANDOM.standard_normal([count, *(9 if size is None else size for size in each.shape[1:])]).astype("float32")
        for each in model.inputs
    ]
    if any(isinstance(layer, layers.Masking) for layer in model.layers):
        arrays[0][:, 3] = arrays[0][::2, 5:] = 0
    return arrays if len(arrays) > 1 else arrays[0]


def leaves(outputs):
    return keras.tree.flatten(outputs)


def decibels(expected, found):
    noise = np.sum((np.asarray(expected, "float64") - found) ** 2)
    return 10 * np.log10(np.sum(np.asarray(expected, "float64") ** 2) / noise)


def both(model, given, rnn="while", quantize="int8"):
    real = litesmith.convert(model, rnn=rnn, verify=False)
    return real, litesmith.quantize(real, quantize, given)


def check(model, rnn="while", batches=(64, 17)):
    """Compare on the data that ranges come from, so that nothing is cut off and what is seen is what rounding does."""
    given = data(model, 64)
    real, integer = both(model, given, rnn)
    for batch in batches:
        part = [each[:batch] for each in given] if isinstance(given, list) else given[:batch]
        for expected, found in zip(leaves(real.run(part)), leaves(integer.run(part)), strict=True):
            assert expected.shape == found.shape
            assert decibels(expected, found) > LEAST_DECIBELS
    return integer


def real_ones(lite):
    """The operators that compute real numbers."""
    return {
        operation.operator.builtin
        for graph in lite.model.all_graphs()
        for operation in graph.operations
        if any(result.type.dtype is DType.FLOAT32 for result in operation.results)
    } - {"DEQUANTIZE"}


@pytest.mark.parametrize("name", MODELS)
def test_a_recurrent_layer_computes_with_integers_in_its_loop(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        warnings.filterwarnings("ignore", "Q20|Q146", FindingWarning)  # noise will do for ranges
        integer = check(randomized(MODELS[name]()))
    assert real_ones(integer) == set()


@pytest.mark.parametrize("name", FUSED)
def test_an_lstm_operator_computes_with_integers(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        warnings.filterwarnings("ignore", "Q20|Q146", FindingWarning)  # noise will do for ranges
        integer = check(randomized(MODELS[name]()), "fused")
    assert real_ones(integer) <= {"FILL"}
    for operation in integer.graph.operations:
        if operation.operator.builtin == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            assert len(operation.intermediates) == 5
            h, c = operation.operands[18:20]
            assert h.type.quantization == operation.result.type.quantization
            assert c.type.dtype is DType.INT16
            assert float(np.log2(c.type.quantization.scales[0])).is_integer()


@given(
    kind=st.sampled_from([layers.LSTM, layers.GRU, layers.SimpleRNN]),
    units=st.integers(1, 20),
    features=st.integers(1, 9),
    steps=st.integers(1, 12),
    batch=st.integers(1, 5),
    sequences=st.booleans(),
    rnn=st.sampled_from(["while", "fused", "unroll"]),
)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_layers_of_any_size(kind, units, features, steps, batch, sequences, rnn):
    model = sequence(kind(units, return_sequences=sequences), shape=(steps, features))
    check(randomized(model), rnn, batches=(64, batch * 12))


def test_the_cell_state_of_a_loop_has_16_bits_and_what_is_multiplied_by_weights_8():
    model = sequence(layers.LSTM(6))
    _, integer = both(model, data(model, 16))
    (loop,) = (each for each in integer.graph.operations if isinstance(each.operator, While))
    carried = [each.type.dtype for each in loop.results]
    assert carried == [DType.INT32, DType.INT8, DType.INT16, DType.INT8]
    (weights,) = (each.operands[1] for each in loop.operator.body.operations if "FULLY" in each.operator.builtin)
    assert weights.type.dtype is DType.INT8
    assert len(weights.type.quantization.scales) == 24


def test_what_adds_up_in_a_loop_is_told_from_what_is_new_in_each_round():
    def added(*parts):
        graphs = list(litesmith.convert(sequence(*parts), verify=False).model.all_graphs())
        return sorted(operation.operator.builtin for operation in accumulating(graphs))

    assert added(layers.LSTM(4)) == ["ADD", "LOGISTIC", "MUL"]
    assert added(layers.GRU(4)) == ["ADD", "LOGISTIC", "MUL", "SPLIT", "SUB", "TANH"]
    assert added(layers.SimpleRNN(4)) == []
    assert added(layers.Masking(), layers.SimpleRNN(4)) == []


def test_a_sequence_is_made_integer_once_in_front_of_a_loop():
    model = sequence(layers.SimpleRNN(6))
    _, integer = both(model, data(model, 16))
    (loop,) = (each for each in integer.graph.operations if isinstance(each.operator, While))
    assert "QUANTIZE" not in [each.operator.builtin for each in loop.operator.body.operations]
    assert [each.operator.builtin for each in integer.graph.operations].count("QUANTIZE") == 1


@pytest.mark.parametrize("rnn", ["while", "fused"])
def test_what_a_cell_keeps_for_long_is_not_lost(rnn):
    """A forget gate of 0.998 over 150 steps leaves three quarters of what was seen first; one of 255/256 a half."""
    layer = layers.LSTM(1, unit_forget_bias=False)
    model = sequence(layer, shape=(150, 1))
    layer.set_weights([np.array([[6.0, 0.0, 3.0, 0.0]]), np.zeros((1, 4)), np.array([-6.0, 6.2, 0.0, 6.2])])
    given = np.zeros((64, 150, 1), "float32")
    given[:, 0, 0] = np.linspace(0, 2, 64)
    real, integer = both(model, given, rnn)
    assert real.run(given).max() > 0.6
    np.testing.assert_allclose(integer.run(given), real.run(given), atol=0.04)


def test_recipes_reach_into_loops():
    model = randomized(sequence(layers.LSTM(6, name="lstm"), layers.Dense(3, name="head")))
    real = litesmith.convert(model, verify=False)
    given = data(model, 48)
    kept = litesmith.quantize(real, litesmith.Recipe("int8").keep_float("lstm"), given)
    (loop,) = (each for each in kept.graph.operations if isinstance(each.operator, While))
    assert {each.type.dtype for each in loop.results} == {DType.INT32, DType.FLOAT32}
    wide = litesmith.quantize(real, litesmith.Recipe("int8").int16("lstm"), given)
    (loop,) = (each for each in wide.graph.operations if isinstance(each.operator, While))
    assert {each.type.dtype for each in loop.results} == {DType.INT32, DType.INT16}
    narrow = litesmith.quantize(real, "int8", given)
    expected = real.run(given)
    assert decibels(expected, wide.run(given)) > decibels(expected, narrow.run(given))


def test_an_lstm_operator_without_a_form_of_integers_stays_real_and_says_why():
    model = randomized(sequence(layers.LSTM(6, name="lstm"), layers.Dense(3)))
    real, given = litesmith.convert(model, rnn="fused", verify=False), data(model, 48)
    with pytest.warns(FindingWarning, match="no kernel for integers of 16 bits"):
        wide = litesmith.quantize(real, "int16x8", given)
    assert decibels(real.run(given), wide.run(given)) > 40


class Branching(layers.Layer):
    def call(self, x):
        return ops.cond(ops.mean(x) > 0, lambda: ops.tanh(x) * 2.0, lambda: ops.sigmoid(x) * 3.0) + 1.0


def test_branches_compute_with_integers():
    model = sequence(Branching(), shape=(4,))
    real = litesmith.convert(model, verify=False)
    given = data(model, 64)
    batches = [given[:32] + 1, given[32:] - 1]
    integer = litesmith.quantize(real, "int8", batches)
    for batch in batches:
        assert decibels(real.run(batch), integer.run(batch)) > 30
    (branch,) = (each for each in integer.graph.operations if each.operator.builtin == "IF")
    assert branch.results[0].type.dtype is DType.INT8
    quantizations = {graph.outputs[0].type.quantization for graph in branch.operator.subgraphs()}
    assert quantizations == {branch.results[0].type.quantization}


def test_what_goes_from_graph_to_graph_is_tied():
    graphs = list(litesmith.convert(sequence(layers.LSTM(4)), verify=False).model.all_graphs())
    ties = Ties(graphs)
    assert len(list(ties)) == 3
    (loop,) = (each for each in graphs[0].operations if isinstance(each.operator, While))
    for place in (1, 2, 3):
        tie = ties.that_reads(loop, place)
        assert tie is ties.that_takes(loop.operator.body, place) is ties.that_gives(loop.results[place])
    assert ties.that_reads(loop, 0) is None
    sums = dict.fromkeys(accumulating(graphs), DType.INT16)
    others = dict.fromkeys((each for graph in graphs for each in graph.operations), DType.INT8)
    domains = settled({**others, **sums}, graphs)
    assert [domains.read(loop, place) for place in (1, 2, 3)] == [DType.INT8, DType.INT16, DType.INT8]


@pytest.mark.parametrize("rnn", ["while", "fused"])
def test_a_fixed_batch_whose_states_are_constants(rnn):
    model = randomized(keras.Sequential([keras.Input(TIME, batch_size=1), layers.LSTM(6)]))
    given = data(model, 64)
    real, integer = both(model, given, rnn)
    outputs = [[lite.run(row[None]) for row in given] for lite in (real, integer)]
    assert decibels(*outputs) > LEAST_DECIBELS


def test_rounds_that_only_longer_sequences_reach_have_the_scales_of_the_first():
    model = randomized(sequence(layers.LSTM(4, return_sequences=True), shape=(None, 3)))
    given = RANDOM.standard_normal((64, 30, 3)).astype("float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        warnings.filterwarnings("ignore", "Q20|Q146", FindingWarning)  # noise will do for ranges
        real, integer = both(model, given)
    assert real_ones(integer) == set()
    longer = np.tile(given, (1, 10, 1))
    assert decibels(real.run(longer), integer.run(longer)) > LEAST_DECIBELS


def test_a_branch_that_the_data_never_takes_and_that_is_like_no_other_stays_real():
    real = litesmith.convert(sequence(Branching(), shape=(4,)), verify=False)
    given = np.abs(RANDOM.standard_normal((64, 4))).astype("float32")
    with pytest.warns(FindingWarning, match="LOGISTIC.* nothing was seen of its values"):
        integer = litesmith.quantize(real, "int8", given)
    assert decibels(real.run(given), integer.run(given)) > 30
    assert "LOGISTIC" in real_ones(integer)


@pytest.mark.parametrize("rnn", ["while", "fused"])
def test_state_goes_on_from_call_to_call(rnn):
    layer = layers.LSTM(4, stateful=True)
    model = randomized(keras.Sequential([keras.Input((6, 3), batch_size=2), layer, layers.Dense(2)]))
    real = litesmith.convert(model, rnn=rnn, verify=False)
    batches = [RANDOM.standard_normal((2, 6, 3)).astype("float32") for _ in range(40)]
    first = real.run(batches[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        warnings.filterwarnings("ignore", "Q20|Q146", FindingWarning)  # noise will do for ranges
        integer = litesmith.quantize(real, "int8", batches)
    real.reset()
    for _ in range(2):
        outputs = [[lite.run(batch) for batch in batches] for lite in (real, integer)]
        assert decibels(*outputs) > LEAST_DECIBELS
        np.testing.assert_allclose(outputs[0][0], first, rtol=1e-5)
        real.reset()
        integer.reset()


class Summing(layers.Layer):
    def call(self, x):
        total = ops.fori_loop(0, 16, lambda i, total: total * 0.9 + x[:, i], ops.zeros_like(x[:, 0]))
        return ops.tanh(total)


def test_a_loop_without_weights_stays_real_and_says_so():
    real = litesmith.convert(sequence(Summing(), shape=(16, 4)), verify=False)
    given = RANDOM.standard_normal((32, 16, 4)).astype("float32")
    with pytest.warns(FindingWarning, match="ADD.* loop without weights"):
        integer = litesmith.quantize(real, "int8", given)
    (loop,) = (each for each in integer.graph.operations if isinstance(each.operator, While))
    assert DType.FLOAT32 in {each.type.dtype for each in loop.results}
    assert decibels(real.run(given), integer.run(given)) > 25
