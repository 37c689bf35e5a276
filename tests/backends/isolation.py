"""A conversion disturbs neither other threads, nor the model, nor Keras, on the backend that `KERAS_BACKEND` names."""

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras.src.backend.common.keras_tensor import KerasTensor
from keras.src.backend.common.stateless_scope import in_stateless_scope

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.running import run_keras
from support import compare_arrays

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")
SECONDS = 60


class Meeting(layers.Layer):
    """Does something of the test's in the middle of each call, once the test asks for it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.happening = None

    def call(self, x):
        h = ops.tanh(x)
        if self.happening is not None:
            self.happening()
        return h * 2.0

    def compute_output_shape(self, shape):
        return shape


def network():
    x = keras.Input((4,))
    meeting = Meeting()
    h = layers.Dense(5, activation="relu")(meeting(layers.Dense(4)(x)))
    return keras.Model(x, layers.Dense(2)(layers.BatchNormalization()(h))), meeting


def test_another_thread_runs_plain_keras_during_a_conversion():
    model, meeting = network()
    other, _ = network()
    expected = run_keras(other, X)

    def use_keras():
        """What must be as always: calls, building of models, operations, symbolic tensors, training."""
        assert not in_stateless_scope()
        compare_arrays([expected], [run_keras(other, X)], rtol=0)
        x = keras.Input((4,))
        built = keras.Model(x, layers.Dense(3)(ops.relu(x) + 1.0))
        assert type(built.output) is KerasTensor
        assert built.layers[-1]._inbound_nodes
        assert run_keras(built, X).shape == (3, 3)
        layer = layers.Dense(2)
        layer.build((None, 4))
        layer.bias.assign([1.0, 2.0])
        np.testing.assert_array_equal(ops.convert_to_numpy(layer.bias), [1.0, 2.0])

    with ThreadPoolExecutor(1) as pool:
        meeting.happening = lambda: pool.submit(use_keras).result(SECONDS)
        lite = litesmith.convert(model, verify=False)
    meeting.happening = None
    compare_arrays([run_keras(model, X)], [lite.run(X)])


def test_two_conversions_at_a_time():
    """They meet in the middle of both runs, so that neither is over when the other begins."""
    barrier = threading.Barrier(2, timeout=SECONDS)
    pairs = [network(), network()]
    alone = [bytes(litesmith.convert(model, verify=False)) for model, _ in pairs]
    for _, meeting in pairs:
        meeting.happening = barrier.wait
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda pair: bytes(litesmith.convert(pair[0], verify=False)), pairs))
    assert together == alone
    assert alone[0] != alone[1]


class Stop(BaseException):
    """Not even an `Exception`, as when the user presses Ctrl-C."""


@pytest.mark.parametrize("error", [None, ValueError, Stop])
def test_everything_is_put_back(error):
    model, meeting = network()
    litesmith.convert(model, verify=False)
    before, numbers = state_of_keras(), run_keras(model, X)
    weights = [ops.convert_to_numpy(weight).copy() for weight in model.weights]
    nodes = [len(layer._inbound_nodes) + len(layer._outbound_nodes) for layer in model.layers]

    def fail():
        if error is not None:
            raise error("in the middle")

    meeting.happening = fail
    if error is None:
        litesmith.convert(model, verify=False)
    else:
        with pytest.raises(Stop if error is Stop else LitesmithError):
            litesmith.convert(model, verify=False)
    meeting.happening = None
    assert state_of_keras() == before
    assert not in_stateless_scope()
    assert [len(layer._inbound_nodes) + len(layer._outbound_nodes) for layer in model.layers] == nodes
    compare_arrays(weights, [ops.convert_to_numpy(weight) for weight in model.weights], rtol=0, atol=0)
    compare_arrays([numbers], [run_keras(model, X)], rtol=0, atol=0)
    compare_arrays([numbers], [litesmith.convert(model, verify=False).run(X)])


def state_of_keras():
    """Every attribute of Keras' modules, and of their classes, by identity."""
    gc.collect()
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("keras.src")]
    owners = [*modules, *{value for module in modules for value in vars(module).values() if isinstance(value, type)}]
    return {(id(owner), name): id(value) for owner in owners for name, value in vars(owner).items() if callable(value)}


def test_what_layers_assign_does_not_reach_the_model():
    class Counting(layers.Layer):
        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

        def call(self, x):
            self.calls.assign(self.calls + 1.0)
            return x + self.calls

    x = keras.Input((4,))
    layer = Counting()
    model = keras.Model(x, layer(x))
    value = float(ops.convert_to_numpy(layer.calls))
    lite = litesmith.convert(model, verify=False)
    assert float(ops.convert_to_numpy(layer.calls)) == value
    np.testing.assert_array_equal(lite.run(X), X + np.float32(value + 1.0))
