"""Outliers behind the gains of a normalization become part of the weights that read them."""

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.copying import copy_model
from litesmith.ir.verify import verify_model
from litesmith.opset.binary import Add, Mul
from litesmith.opset.joining import Concatenation
from litesmith.quantization.algorithms.smooth_quant import smooth
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from random_graphs import dense, model_of, results

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.standard_normal((64, 6, 32)).astype("float32")


def attention(gain):
    """Queries, keys and values read what a normalization gives; what is large of it hardly matters."""
    weights = [RANDOM.standard_normal((16, 32)) / gain**0.9 for _ in range(3)]

    def build(x):
        given = emit(Mul(), x, constant(gain.astype(np.float32)))
        given = emit(Add(), given, constant((gain / 2).astype(np.float32)))
        return emit(Concatenation(axis=2), *(dense(given, each) for each in weights))

    return model_of(build, 6, 32)


def loss(model, reference):
    made = copy_model(model)
    quantize_integers(made, observe(made, [[VALUES]]))
    return decibels(results(reference, VALUES)[0], results(made, VALUES)[0])


def test_queries_keys_and_values_share_the_factors_of_a_gain():
    gain = np.ones(32)
    gain[[3, 17]] = 60
    model = attention(gain)
    copy = copy_model(model)
    (change,) = smooth(copy, observe(copy, [[VALUES]]))
    verify_model(copy)
    assert {"MUL", "ADD", "FULLY_CONNECTED"} <= set(change.layers)
    assert len(copy.main.operations) == len(model.main.operations)
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-4)
    assert loss(copy, model) > loss(model, model) + 6


def test_a_gain_without_outliers_stays_as_it_is():
    model = attention(np.ones(32))
    assert smooth(model, observe(model, [[VALUES]])) == []
