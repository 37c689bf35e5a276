"""Ranges where there is no data: what batch normalizations know of theirs."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import FindingWarning
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import constant
from litesmith.ir.copying import copy_model
from litesmith.lite_model import LiteModel
from litesmith.quantization.algorithms.cross_layer_equalization import equalize
from litesmith.quantization.algorithms.data_free import DataFree, random_inputs, targets_of
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe

RANDOM = np.random.default_rng(0)


def images(count):
    """Tiles of little contrast."""
    tiles = RANDOM.uniform(0.44, 0.56, (count, 4, 4, 3))
    return np.kron(tiles, np.ones((1, 4, 4, 1))).astype("float32")


def network(data):
    """A net whose batch normalizations know the statistics of their inputs on data."""
    keras.utils.set_random_seed(0)
    x = given = keras.Input((16, 16, 3))
    norms = []
    for width in (8, 12, 16):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
        norms.append((x, layers.BatchNormalization(gamma_initializer="random_uniform", epsilon=1e-5)))
        x = layers.ReLU()(norms[-1][1](x))
    model = keras.Model(given, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))
    for value, norm in norms:
        seen = np.asarray(keras.Model(given, value)(data))
        norm.gamma.assign(RANDOM.uniform(0.5, 2, norm.gamma.shape))
        norm.beta.assign(RANDOM.normal(0, 0.5, norm.beta.shape))
        norm.moving_mean.assign(seen.mean((0, 1, 2)))
        norm.moving_variance.assign(seen.var((0, 1, 2)))
    return model, [norm for _, norm in norms]


@pytest.fixture(scope="module")
def known():
    data = images(64)
    model, norms = network(data)
    return litesmith.convert(model), norms, data


def test_what_is_known_of_filters_is_what_they_compute_once_normalizations_are_part_of_them(known):
    lite, norms, _ = known
    targets = targets_of(copy_model(lite.model))
    assert len(targets) == len(norms)
    for moments, norm in zip(targets.values(), norms, strict=True):
        np.testing.assert_allclose(moments.means, norm.beta, atol=1e-4)
        variance = np.asarray(norm.moving_variance)
        expected = np.abs(norm.gamma) * np.sqrt(variance / (variance + norm.epsilon))
        np.testing.assert_allclose(moments.deviations, expected, rtol=1e-4)


def test_activations_are_taken_to_be_what_they_were_in_training(known):
    lite, _, data = known
    free, real = DataFree(copy_model(lite.model)), observe(lite.model, [[data]])
    assert free.knows
    guessed = free.observe(lite.model)
    blind = observe(lite.model, random_inputs(lite.model.main))
    for operation in lite.model.main.operations[:3]:
        means, own, others = (each[operation.result].means for each in (real, guessed, blind))
        assert np.abs(own - means).mean() < 0.5 * np.abs(others - means).mean()


def test_a_rewritten_model_has_the_same_statistics_of_other_scales(known):
    lite, _, _ = known
    model = copy_model(lite.model)
    free = DataFree(model)
    for value, histogram in free.observe(model).items():
        if value.producer is model.main.operations[0]:
            before = histogram.means
    product = model.main.operations[0]
    factors = np.linspace(0.5, 4, 8)
    for place, shape in ((1, (8, 1, 1, 1)), (2, (8,))):
        scaled = product.operands[place].constant.array() * factors.reshape(shape)
        model.main.rewire(product, place, constant(scaled.astype(np.float32)))
    after = free.observe(model)[product.result].means
    np.testing.assert_allclose(after, before * factors, rtol=0.02)


def loss(lite, statistics, model, data):
    quantize_integers(model, statistics)
    return decibels(lite.run(data), LiteModel(to_bytes(model)).run(data))


def test_what_normalizations_know_rounds_better_than_random_inputs_alone(known):
    lite, _, data = known
    blind, informed, real = (copy_model(lite.model) for _ in range(3))
    without = loss(lite, observe(blind, random_inputs(blind.main)), blind, data)
    guessed = loss(lite, DataFree(informed).observe(informed), informed, data)
    best = loss(lite, observe(real, [[data]]), real, data)
    assert guessed > without + 3
    assert guessed > best - 8


def test_a_file_has_no_statistics_and_random_inputs_must_do(known):
    lite, _, _ = known
    model = read(bytes(lite))
    free = DataFree(model)
    assert not free.knows
    assert equalize(model, free.observe(model)) == [], "no channel is scaled by a guess"


def test_it_is_said_that_ranges_are_guessed(known):
    lite, _, data = known
    with pytest.warns(FindingWarning, match=r"Q121: No data was given.*what 3 batch normalizations know"):
        integer = litesmith.quantize(lite, calibration="synthetic")
    assert decibels(lite.run(data), integer.run(data)) > 15
    with pytest.warns(FindingWarning, match="Q121.*random inputs alone"):
        litesmith.quantize(LiteModel(bytes(lite)), calibration="synthetic")


@pytest.mark.parametrize(
    "made",
    [lambda **more: layers.Conv2D(6, 3, **more), layers.Dense, lambda **more: layers.DepthwiseConv2D(3, **more)],
    ids=["convolution", "dense", "depthwise"],
)
def test_filters_with_biases_are_known_too(made):
    keras.utils.set_random_seed(0)
    layer = made(units=6) if made is layers.Dense else made()
    x = keras.Input((8, 8, 3))
    filtered, norm = layer(x), layers.BatchNormalization()
    model = keras.Model(x, layers.Conv2D(4, 1)(norm(filtered)))
    layer.bias.assign(RANDOM.normal(0, 1, layer.bias.shape))
    data = images(16)[:, :8, :8]
    seen = np.asarray(keras.Model(x, filtered)(data))
    norm.moving_mean.assign(seen.mean((0, 1, 2)))
    norm.moving_variance.assign(seen.var((0, 1, 2)))
    lite = litesmith.convert(model, verify=False)
    ((place, moments),) = targets_of(lite.model).items()
    result = lite.graph.operations[place].result
    found = observe(lite.model, [[data]])[result]
    np.testing.assert_allclose(moments.means, found.means, atol=1e-3)
