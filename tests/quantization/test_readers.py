"""Ranges of what only functions read that are flat somewhere: no steps are spent there, unless others read it too."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.quantization import planning, ranges, readers
from litesmith.quantization.recipe import Recipe

FUNCTIONS = {"silu": readers._swish, "sigmoid": readers._logistic, "hard_silu": readers._hard_swish}
FUNCTIONS |= {"gelu": readers._gelu, "tanh": np.tanh, "relu6": readers._relu6, "elu": readers._elu}
RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((256, 8)).astype("float32")


def net(activation, is_read_otherwise=False):
    """Something of -30 to 30 that an activation reads, and perhaps an addition, too."""
    inputs = keras.Input((8,))
    x = layers.Dense(16, kernel_initializer=keras.initializers.RandomNormal(stddev=2.5, seed=1))(inputs)
    y = layers.Activation(activation)(x)
    return keras.Model(inputs, layers.Add()([x, y]) if is_read_otherwise else y)


def range_in_front(lite):
    """The range of the integers that the first layer computes."""
    dense = next(each for each in lite.graph.operations if each.operator.builtin == "FULLY_CONNECTED")
    quantization = dense.result.type.quantization
    (scale,), (zero,) = quantization.scales, quantization.zero_points
    return (-128 - zero) * scale, (127 - zero) * scale


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_functions_are_those_of_keras(name):
    values = np.linspace(-12, 12, 1000)
    activation = getattr(ops, name)
    expected = activation(values, approximate=False) if name == "gelu" else activation(values)
    assert np.allclose(FUNCTIONS[name](values), np.asarray(expected), atol=1e-6)


@pytest.mark.parametrize("name", ["silu", "sigmoid", "hard_silu", "gelu", "tanh"])
def test_what_is_flat_has_no_steps_and_results_are_closer(name, monkeypatch):
    model = net(name)
    real = litesmith.convert(model, verify=False)
    by_function = litesmith.quantize(real, "int8", calibration=ROWS)
    monkeypatch.setattr(planning, "read_as", lambda group: None)
    by_value = litesmith.quantize(real, "int8", calibration=ROWS)
    assert range_in_front(by_value)[0] < -15
    assert range_in_front(by_function)[0] > -9
    expected = real.run(ROWS)
    errors = [np.mean((each.run(ROWS) - expected) ** 2) for each in (by_function, by_value)]
    assert errors[0] < 0.95 * errors[1]


def test_what_others_read_too_keeps_its_range():
    lite = litesmith.quantize(litesmith.convert(net("hard_silu", True), verify=False), "int8", calibration=ROWS)
    assert range_in_front(lite)[0] < -15


def test_what_is_returned_keeps_its_range():
    inputs = keras.Input((8,))
    x = layers.Dense(16, kernel_initializer=keras.initializers.RandomNormal(stddev=2.5, seed=1))(inputs)
    real = litesmith.convert(keras.Model(inputs, [x, layers.Activation("hard_silu")(x)]), verify=False)
    for face in ("float32", "int8"):
        lite = litesmith.quantize(real, "int8", calibration=ROWS, inference_type=face)
        assert range_in_front(lite)[0] < -15


def test_gates_of_loops_keep_their_range_since_what_is_cut_adds_up(monkeypatch):
    inputs = keras.Input((6, 8))
    model = keras.Model(inputs, layers.Activation("silu")(layers.Dense(16)(layers.LSTM(8)(inputs))))
    asked = []
    monkeypatch.setattr(planning, "read_as", lambda group: asked.append(group))
    lite = litesmith.convert(model, verify=False)
    (body,) = (
        each for each in lite.model.all_graphs() if any(one.operator.builtin == "TANH" for one in each.operations)
    )
    in_loop = {result for operation in body.operations for result in operation.results}
    rows = RANDOM.standard_normal((64, 6, 8)).astype("float32")
    planning.plan(list(lite.model.all_graphs()), ranges.observe(lite.model, [[rows]]), Recipe("int8").form_of)
    assert asked
    assert in_loop.isdisjoint(value for group in asked for value in group.members)
