"""Rotations between layers spread what is large over all channels."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import emit
from litesmith.ir.copying import copy_model
from litesmith.ir.verify import verify_model
from litesmith.lite_model import LiteModel
from litesmith.opset.binary import Add
from litesmith.opset.elementwise import Relu
from litesmith.quantization.algorithms.hadamard import orthogonal, rotate, stretch_from
from litesmith.quantization.forms import FORMS
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from litesmith.quantization.weights import quantize_weights
from random_graphs import dense, model_of, results

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.standard_normal((256, 64)).astype("float32")


def int4(_):
    """Whatever the operation, its weights become int4."""
    return FORMS["weights_int4"]


def outlying(*shape):
    """Weights a few of which are large."""
    weights = RANDOM.standard_normal(shape)
    weights[:, RANDOM.choice(shape[1], 3, replace=False)] *= 12
    return weights / np.sqrt(shape[1])


def loss(model, reference):
    made = copy_model(model)
    quantize_weights(made, "weights_int4")
    return decibels(results(reference, VALUES)[0], results(made, VALUES)[0])


@pytest.mark.parametrize("size", [1, 2, 8, 12, 48, 5])
def test_matrices_are_orthogonal_and_even(size):
    matrix = orthogonal(size)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(size), atol=1e-12)
    assert np.abs(matrix).max() <= np.sqrt(2 / size) + 1e-9


def test_int4_weights_between_dense_layers_lose_less():
    model = model_of(lambda x: dense(dense(x, RANDOM.standard_normal((64, 64)) / 8), outlying(32, 64)), 64)
    copy = copy_model(model)
    (change,) = rotate(copy, observe(copy, [[VALUES]]), int4)
    assert "blocks of 64" in change.what
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-3)
    assert loss(copy, model) > loss(model, model) + 1.5


@pytest.mark.parametrize("mode", ["float32", "weights_int8", "int8"])
def test_weights_of_more_bits_are_not_rotated(mode):
    model = model_of(lambda x: dense(dense(x, RANDOM.standard_normal((64, 64)) / 8), outlying(32, 64)), 64)
    assert rotate(model, observe(model, [[VALUES]]), lambda _: FORMS[mode]) == []


def test_a_recipe_rotates_where_it_says_so():
    model = model_of(lambda x: dense(dense(x, RANDOM.standard_normal((64, 64)) / 8), outlying(32, 64)), 64)
    real = LiteModel(to_bytes(model))
    plain, rotated = (
        litesmith.quantize(
            real,
            litesmith.Recipe("weights_int4", rounding="nearest", awq=False, rotate=each),
            VALUES,
            ignore=("Q102", "Q204"),
        )
        for each in (False, True)
    )
    assert plain.quantization.changes == ()
    assert [each.what for each in rotated.quantization.changes] == [
        "channels between these layers are rotated in blocks of 64"
    ]
    assert rotated.model.losses[0].decibels > plain.model.losses[0].decibels + 1.5


def residual(x):
    first = dense(x, outlying(64, 64))
    return dense(emit(Add(), first, dense(first, outlying(64, 64))), outlying(32, 64))


def test_what_is_added_up_is_rotated_alike():
    model = model_of(residual, 64)
    copy = copy_model(model)
    changes = rotate(copy, observe(copy, [[VALUES]]), int4)
    assert changes
    scale = np.abs(results(model, VALUES)[0]).max()
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-5 * scale)


def test_nothing_is_rotated_across_what_is_not_linear():
    model = model_of(lambda x: dense(emit(Relu(), dense(x, outlying(64, 64))), outlying(32, 64)), 64)
    assert all(stretch_from(model.main, operation) is None for operation in model.main.operations[:1])
    assert rotate(model, observe(model, [[VALUES]]), int4) == []


def test_the_values_of_attention_are_rotated_head_by_head():
    x = keras.Input((6, 32))
    attention = layers.MultiHeadAttention(4, 8)
    network = keras.Model(x, attention(x, x))
    (kernel,) = (each for each in network.weights if each.path.endswith("attention_output/kernel"))
    kernel.assign(kernel * np.where(np.arange(8) == 3, 20.0, 1.0)[:, None])
    lite = litesmith.convert(network)
    model = copy_model(lite.model)
    (writer,) = (
        each
        for each in model.main.operations
        if each.source.layer.endswith("value") and each.operator.builtin == "FULLY_CONNECTED"
    )
    stretch = stretch_from(model.main, writer)
    assert stretch is not None
    assert stretch.size == 8
    assert [each.source.layer.rpartition("/")[2] for each in stretch.readers] == ["attention_output"]
    values = RANDOM.standard_normal((16, 6, 32)).astype("float32")
    (change,) = rotate(model, observe(model, [[values]]), int4)
    assert "blocks of 8" in change.what
    verify_model(model)
    np.testing.assert_allclose(LiteModel(to_bytes(model)).run(values), lite.run(values), atol=1e-5)
