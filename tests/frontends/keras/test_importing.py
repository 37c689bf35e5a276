"""Sizes that are read as numbers, of which the two runs of an import must not agree."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import SizeReadAsNumber
from support import check_converts

X = np.random.default_rng(0).standard_normal((2, 5, 4)).astype("float32")


class Layer(layers.Layer):
    def compute_output_shape(self, shape):
        return shape


class ArangeOfNumpy(Layer):
    def call(self, x):
        places = np.arange(x.shape[1], dtype="float32")
        return x * ops.reshape(places, (-1, 1))


class LoopOverTime(Layer):
    def call(self, x):
        total = ops.zeros_like(x[:, 0])
        for step in range(ops.shape(x)[1]):
            total = total + x[:, step]
        return x + ops.expand_dims(total, 1)


class FloatOfSize(Layer):
    def call(self, x):
        return x * float(1 / ops.shape(x)[1])


class BranchOnSize(Layer):
    def call(self, x):
        return x * 2.0 if ops.shape(x)[1] > 150 else x


READING = [ArangeOfNumpy, LoopOverTime, FloatOfSize, BranchOnSize]


def model_of(layer):
    inputs = keras.Input((None, 4), name="signal")
    return keras.Model(inputs, layer(name="reader")(inputs))


@pytest.mark.parametrize("layer", READING)
def test_size_read_as_a_number_is_a_finding_with_layer_and_line(layer):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(layer))
    (finding,) = raised.value.diagnostics
    assert isinstance(finding, SizeReadAsNumber)
    assert finding.dimension == "signal.1"
    assert finding.code == "K201"
    assert "signal.1" in finding.message()
    assert finding.source.layer == "reader"
    lines, first = inspect.getsourcelines(layer)
    assert finding.source.file == __file__
    assert finding.source.line in range(first, first + len(lines))


@pytest.mark.parametrize("layer", READING)
def test_a_size_given_with_inputs_makes_it_convert(layer):
    check_converts(model_of(layer), X, X[:1], convert={"inputs": (None, 5, 4)})


def test_a_batch_read_as_a_number_converts_when_it_is_pinned():
    class LoopOverBatch(Layer):
        def call(self, x):
            return ops.stack([x[i] * i for i in range(ops.shape(x)[0])])

    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, LoopOverBatch()(inputs))
    with pytest.raises(LitesmithError, match="K201"):
        litesmith.convert(model)
    check_converts(model, X[:, :3], convert={"batch": 2})


def test_iterating_over_a_dynamic_axis_is_a_finding():
    class Iterates(Layer):
        def call(self, x):
            return ops.stack(list(x))

    with pytest.raises(LitesmithError, match="dynamic size"):
        litesmith.convert(model_of(Iterates))


def test_sizes_computed_with_operations_are_no_finding():
    class Places(Layer):
        def call(self, x):
            places = ops.cast(ops.arange(ops.shape(x)[1]), "float32")
            return x * ops.reshape(places, (-1, 1)) / ops.cast(ops.shape(x)[1], "float32")

    check_converts(model_of(Places), X, X[:1, :3])
