"""Registration: versions of Keras, and numbers for parameters that are numbers. Runs with every Keras since 3.9."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from litesmith.frontends.keras import registry
from litesmith.frontends.keras.registry import is_keras_at_least, lowering, lowers
from support import check_converts, check_function

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 6)).astype("float32")
MAJOR, MINOR = (int(number) for number in keras.__version__.split(".")[:2])


@pytest.fixture(autouse=True)
def _nothing_stays_registered(monkeypatch):
    lowering("ops.add")
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))


@pytest.mark.parametrize(("version", "holds"), [("3.9", True), ("3.10", False), ("3.9.2", True), ("2.20", True)])
def test_versions_are_numbers(version, holds, monkeypatch):
    monkeypatch.setattr(keras, "__version__", "3.9.0.dev20260101")
    assert is_keras_at_least(version) is holds


def test_a_lowering_of_a_later_keras_is_left_out():
    def double(layer, x):
        return x

    lowers("layers.Now", since=f"{MAJOR}.{MINOR}")(double)
    lowers("layers.Later", since=f"{MAJOR}.{MINOR + 1}")(double)
    assert lowering("layers.Now") is double
    assert lowering("layers.Later") is None


def test_a_name_has_one_lowering():
    with pytest.raises(ValueError, match=r"ops\.add is lowered by"):
        lowers("ops.add")(lambda x1, x2: x1)


NUMPYS_NUMBERS = {
    "axis": lambda x: ops.mean(x, axis=np.int64(1)),
    "axes": lambda x: ops.sum(x, axis=(np.int32(1), np.int64(2))),
    "an array of axes": lambda x: ops.transpose(x, np.array([0, 2, 1])),
    "named": lambda x: ops.concatenate([x, x], axis=np.int64(1)),
    "positional": lambda x: ops.moveaxis(x, np.int64(1), np.int64(2)),
    "a count": lambda x: ops.one_hot(ops.cast(x, "int32"), np.int64(3)),
    "sections": lambda x: ops.split(x, np.array([1, 3]), axis=np.int64(1)),
    "amounts": lambda x: ops.pad(x, np.array([[0, 0], [1, 2], [0, 0]])),
    "a factor": lambda x: ops.leaky_relu(x, np.float32(0.25)),
    "no parameter, an operand": lambda x: x * np.float32(2),
}


@pytest.mark.parametrize("function", NUMPYS_NUMBERS.values(), ids=NUMPYS_NUMBERS)
def test_numpys_numbers_are_numbers(function):
    check_function(function, X)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)], ids=str)
@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_masked_softmax_is_that_of_the_keras_in_use(axis, dtype):
    """Masked rows are uniform in 3.9, and 0 since; a mask of fractions weighs before 3.13."""
    x, mask = keras.Input((4, 6)), keras.Input((4, 6), dtype=dtype)
    model = keras.Model([x, mask], layers.Softmax(axis=axis)(x, mask=mask))
    kept = RNG.random((2, 4, 6)).round(1).astype(dtype)
    kept[1, 2:], kept[0, :, 3] = 0, 0
    check_converts(model, [X, kept])


def test_a_row_that_is_masked_completely_in_attention():
    x, mask = keras.Input((4, 6)), keras.Input((4, 4), dtype="bool")
    attention = layers.MultiHeadAttention(2, 3)
    outputs = attention(x, x, attention_mask=mask, return_attention_scores=True)
    kept = np.zeros((2, 4, 4), bool)
    kept[1, 2:] = True
    check_converts(keras.Model([x, mask], outputs), [X, kept])


@pytest.mark.parametrize("axis", [[1, 2], [-1, -2], [1, 3]], ids=str)
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras itself fails with torch unless the axes are last")
def test_weights_of_layer_normalization_by_the_axes_as_given(axis):
    """Axes [-1, -2] transpose the shape of the weights before 3.14, though not what they mean."""
    x = keras.Input((4, 5, 6))
    layer = layers.LayerNormalization(axis=axis)
    model = keras.Model(x, layer(x))
    for weight in model.weights:
        weight.assign(RNG.uniform(0.5, 2, weight.shape))
    check_converts(model)


@pytest.mark.parametrize("operation", [ops.softmax, ops.log_softmax])
def test_softmax_over_several_axes(operation):
    """Keras may write it out, with an order of the axes that numpy computed."""
    check_function(lambda x: operation(x, axis=(1, 2)), X)
