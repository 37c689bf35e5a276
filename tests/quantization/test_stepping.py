"""Models run piece by piece: what they compute is what the whole file computes, and each round is seen."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.flatbuffer.read import read
from litesmith.quantization.ranges import activations, observe
from litesmith.quantization.stepping import Stepwise
from litesmith.runtime.interpreter import Session

RANDOM = np.random.default_rng(0)


def sequence(*parts, shape=(6, 3)):
    return keras.Sequential([keras.Input(shape), *parts])


class Branching(layers.Layer):
    def call(self, x):
        return ops.cond(ops.mean(x) > 0, lambda: ops.tanh(x) * 2.0, lambda: ops.sigmoid(x)) + 1.0


def masked():
    return sequence(layers.Masking(), layers.LSTM(5, return_sequences=True), layers.GRU(4))


MODELS = {
    "lstm": lambda: sequence(layers.LSTM(5)),
    "sequences": lambda: sequence(layers.LSTM(5, return_sequences=True), layers.GRU(4, return_sequences=True)),
    "bidirectional": lambda: sequence(layers.Bidirectional(layers.SimpleRNN(4)), layers.Dense(2)),
    "masked": masked,
    "branching": lambda: sequence(Branching()),
    "open length, loops in loops": lambda: sequence(layers.SimpleRNN(4, return_sequences=True), shape=(None, 3)),
    "no loop": lambda: sequence(layers.Dense(3, activation="relu")),
}


def given(model):
    shape = [3, *(150 if size is None else size for size in model.input_shape[1:])]
    return RANDOM.standard_normal(shape).astype("float32")


@pytest.mark.parametrize("name", MODELS)
def test_the_pieces_compute_what_the_file_computes(name):
    model = MODELS[name]()
    lite = litesmith.convert(model, verify=False)
    steps = Stepwise(read(bytes(lite)), (), lambda value, array: None)
    session = Session(bytes(lite))
    for _ in range(2):
        data = given(model)
        for found, expected in zip(steps.run([data]), session.run([data]), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_each_round_of_a_loop_is_seen():
    lite = litesmith.convert(sequence(layers.LSTM(5)), verify=False)
    model = read(bytes(lite))
    seen: dict[str, list[np.ndarray]] = {}
    body = next(graph for graph in model.all_graphs() if "body" in graph.name)
    steps = Stepwise(model, activations(body), lambda value, array: seen.setdefault(value.name, []).append(array))
    (last,) = steps.run([RANDOM.standard_normal((3, 6, 3)).astype("float32")])
    assert {len(arrays) for arrays in seen.values()} == {6}
    state = body.outputs[1]
    np.testing.assert_array_equal(seen[state.name][-1].reshape(3, 5), last)


def test_what_a_loop_computes_is_counted():
    lite = litesmith.convert(sequence(layers.SimpleRNN(4)), verify=False)
    model = read(bytes(lite))
    found = observe(model, [[RANDOM.standard_normal((7, 6, 3)).astype("float32")] for _ in range(3)])
    body = next(graph for graph in model.all_graphs() if "body" in graph.name)
    (tanh,) = (operation.result for operation in body.operations if operation.operator.builtin == "TANH")
    assert found[tanh].seen == 3 * 7 * 6 * 4
    assert -1 < found[tanh].least < found[tanh].most < 1


def test_variables_keep_what_they_hold_from_run_to_run():
    layer = layers.LSTM(4, stateful=True)
    lite = litesmith.convert(keras.Sequential([keras.Input((6, 3), batch_size=2), layer]), verify=False)
    steps = Stepwise(read(bytes(lite)), (), lambda value, array: None)
    session = Session(bytes(lite))
    for _ in range(3):
        data = RANDOM.standard_normal((2, 6, 3)).astype("float32")
        np.testing.assert_allclose(steps.run([data])[0], session.run([data])[0], rtol=1e-5, atol=1e-6)
