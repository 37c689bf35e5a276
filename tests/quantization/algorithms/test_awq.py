"""Weights that large activations are multiplied with round finer."""

import numpy as np
import pytest

from litesmith.ir.builder import emit
from litesmith.ir.copying import copy_model
from litesmith.opset.elementwise import Relu
from litesmith.quantization.algorithms.awq import scale_weights
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from litesmith.quantization.weights import quantize_weights
from random_graphs import dense, model_of, results

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.standard_normal((256, 64)).astype("float32")


def network(spread):
    first, second = RANDOM.standard_normal((64, 64)) / 8, RANDOM.standard_normal((32, 64)) / 8
    first *= np.exp(spread * RANDOM.standard_normal((64, 1)))
    return model_of(lambda x: dense(emit(Relu(), dense(x, first)), second), 64)


def loss(model, reference):
    made = copy_model(model)
    quantize_weights(made, "weights_int4")
    return decibels(results(reference, VALUES)[0], results(made, VALUES)[0])


def test_int4_weights_lose_less_where_activations_differ():
    model = network(1.0)
    copy = copy_model(model)
    (change,) = scale_weights(copy, observe(copy, [[VALUES]]))
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-4)
    assert "error" in change.why
    assert loss(copy, model) > loss(model, model) + 1.0


@pytest.mark.parametrize("block", [0, 32])
def test_activations_that_are_alike_change_nothing(block):
    model = network(0.0)
    copy = copy_model(model)
    changes = scale_weights(copy, observe(copy, [[VALUES]]), block)
    assert loss(copy, model) > loss(model, model) - 0.3
    assert changes == [] or loss(copy, model) > loss(model, model)
