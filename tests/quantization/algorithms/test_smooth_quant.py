"""Outliers behind a normalization become part of the weights that read them."""

import keras
import numpy as np
from keras import layers

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.verify import verify_model
from litesmith.lite_model import LiteModel
from litesmith.quantization.algorithms.smooth_quant import smooth
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.standard_normal((64, 6, 32)).astype("float32")


def attention(norm):
    """Three layers read what a normalization gives, two channels of which are large and hardly matter."""
    x = keras.Input((6, 32))
    y = norm(x)
    model = keras.Model(x, [layers.Dense(16, name=name)(y) for name in ("query", "key", "value")])
    gain = np.ones(32, "float32")
    gain[[3, 17]] = 60
    norm.weights[0].assign(gain)
    for name in ("query", "key", "value"):
        layer = model.get_layer(name)
        layer.kernel.assign(layer.kernel / gain[:, None] ** 0.9)
    return litesmith.convert(model)


def loss(lite, model):
    made = copy_model(model)
    quantize_integers(made, observe(made, [[VALUES]]))
    pairs = zip(lite.run(VALUES), LiteModel(to_bytes(made)).run(VALUES), strict=True)
    return np.mean([decibels(real, found) for real, found in pairs])


def test_queries_keys_and_values_share_the_factors_of_a_layer_norm():
    for norm in (layers.LayerNormalization(), layers.RMSNormalization()):
        lite = attention(norm)
        model = copy_model(lite.model)
        (change,) = smooth(model, observe(model, [[VALUES]]))
        verify_model(model)
        assert {"query", "key", "value"} <= set(change.layers)
        assert len(model.main.operations) == len(lite.model.main.operations)
        for own, found in zip(lite.run(VALUES), LiteModel(to_bytes(model)).run(VALUES), strict=True):
            np.testing.assert_allclose(found, own, atol=1e-5)
        assert loss(lite, model) > loss(lite, lite.model) + 6


def test_a_normalization_without_outliers_stays_as_it_is():
    x = keras.Input((6, 32))
    y = layers.LayerNormalization(gamma_initializer="ones")(x)
    lite = litesmith.convert(keras.Model(x, [layers.Dense(16)(y), layers.Dense(16)(y)]))
    model = copy_model(lite.model)
    assert smooth(model, observe(model, [[VALUES]])) == []
