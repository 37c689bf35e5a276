"""Weights that large activations are multiplied with round finer."""

import numpy as np
import pytest

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import constant, emit
from litesmith.ir.copying import copy_model
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.elementwise import Relu
from litesmith.opset.enums import Activation, Padding
from litesmith.quantization.algorithms.awq import scale_weights
from litesmith.quantization.forms import FORMS, Form
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from litesmith.quantization.weights import store_weights
from random_graphs import dense, model_of, results

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.standard_normal((256, 64)).astype("float32")
BLOCKS = Form(weights=DType.INT4, block=32, rounds_rows=True)
FORMS_OF_WEIGHTS = [FORMS["weights_int4"], FORMS["weights_int8"], BLOCKS]


def network(spread):
    """Two layers; the numbers between them differ by as much as the weights that undo this."""
    first, second = RANDOM.standard_normal((64, 64)) / 8, RANDOM.standard_normal((32, 64)) / 8
    factors = np.exp(spread * RANDOM.standard_normal(64))
    return model_of(lambda x: dense(emit(Relu(), dense(x, first * factors[:, None])), second / factors), 64)


def loss(model, form, reference):
    made = copy_model(model)
    store_weights(made, lambda _: form)
    return decibels(results(reference, VALUES)[0], results(made, VALUES)[0])


@pytest.mark.parametrize("form", FORMS_OF_WEIGHTS)
def test_weights_lose_less_where_channels_differ(form):
    model = network(1.0)
    copy = copy_model(model)
    (change,) = scale_weights(copy, observe(copy, [[VALUES]]), lambda _: form)
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-4)
    assert "error" in change.why
    assert loss(copy, form, model) > loss(model, form, model) + 3.0


@pytest.mark.parametrize("form", FORMS_OF_WEIGHTS)
def test_channels_that_are_alike_change_nothing(form):
    model = network(0.0)
    assert scale_weights(model, observe(model, [[VALUES]]), lambda _: form) == []


@pytest.mark.parametrize("mode", ["float32", "float16", "int8"])
def test_other_forms_change_nothing(mode):
    model = network(1.0)
    assert scale_weights(model, observe(model, [[VALUES]]), lambda _: FORMS[mode]) == []


def test_channels_that_become_integers_keep_their_scales():
    model = network(1.0)
    second = model.main.operations[-1]
    forms = {second: FORMS["weights_int4"]}
    assert scale_weights(model, observe(model, [[VALUES]]), lambda each: forms.get(each, FORMS["int8"])) == []


def limited(x):
    """Channels between two layers that differ by factors, the largest of them just below 6, where RELU6 cuts off."""
    factors = np.geomspace(1e-3, 1, 64)
    weights = np.zeros((64, 1, 1, 64))
    weights[np.arange(64), 0, 0, np.arange(64)] = factors
    y = emit(Conv2D(Padding.SAME, fused_activation_function=Activation.RELU6), x, *constants(weights, np.zeros(64)))
    depthwise = DepthwiseConv2D(Padding.SAME, fused_activation_function=Activation.RELU6)
    y = emit(depthwise, y, *constants(np.ones((1, 1, 1, 64)), np.zeros(64)))
    last = RANDOM.standard_normal((32, 1, 1, 64)) / factors
    return emit(Conv2D(Padding.SAME), y, *constants(last, np.zeros(32)))


def constants(*arrays):
    return [constant(np.asarray(array, np.float32)) for array in arrays]


def test_what_is_limited_stays_below_the_limit():
    model, values = model_of(limited, 4, 4, 64), RANDOM.uniform(0, 5.8, (8, 4, 4, 64)).astype("float32")
    copy = copy_model(model)
    assert scale_weights(copy, observe(copy, [[values]]), lambda _: FORMS["weights_int4"])
    (before,), (after,) = results(model, values), results(copy, values)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-5 * np.abs(before).max())


@pytest.mark.parametrize("mode", ["weights_int4", "weights_int8"])
def test_recipes_scale_where_there_is_data(mode):
    real = LiteModel(to_bytes(network(2.0)))
    recipe = litesmith.Recipe(mode, rounding="nearest")
    scaled = litesmith.quantize(real, recipe, VALUES, ignore=("Q102", "Q204"))
    assert len(scaled.quantization.changes) == 1
    assert "error of rounded weights" in scaled.quantization.changes[0].why
    plain = litesmith.quantize(
        real, litesmith.Recipe(mode, rounding="nearest", awq=False), VALUES, ignore=("Q102", "Q204")
    )
    assert plain.quantization.changes == ()
    assert scaled.model.losses[0].decibels > plain.model.losses[0].decibels + 3.0
    assert bytes(litesmith.quantize(real, recipe)) != bytes(scaled)
