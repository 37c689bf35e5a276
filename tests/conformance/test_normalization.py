"""Normalisation layers against Keras."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from litesmith.frontends.keras.running import run_keras
from support import builtins_of, check_function, check_layer

RNG = np.random.default_rng(11)


def trained(layer, *shape):
    """The layer with weights other than the initial ones, which would hide a missing factor."""
    layer.build((None, *shape))
    for weight in layer.weights:
        weight.assign(RNG.uniform(0.5, 1.5, size=weight.shape))
    return layer


@pytest.mark.parametrize("shape", [(6,), (4, 6), (4, 5, 6), (2, 4, 5, 6)])
@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}, {"center": False, "scale": False}])
def test_batch_normalization(shape, options):
    check_layer(trained(layers.BatchNormalization(epsilon=0.01, **options), *shape), shape)


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2])
def test_axis_of_batch_normalization(axis):
    lite = check_layer(trained(layers.BatchNormalization(axis=axis), 4, 5, 6), (4, 5, 6))
    assert builtins_of(lite) == ["MUL", "ADD"]


def test_batch_normalization_with_a_mask():
    model = keras.Sequential([keras.Input((4, 6)), layers.Masking(), trained(layers.BatchNormalization(), 4, 6)])
    check_layer(model, (4, 6))


def test_batch_normalization_by_statistics_of_the_batch():
    x = RNG.normal(size=(3, 4, 6)).astype("float32")

    def normalize(a):
        mean, variance = ops.moments(a, [0, 1])
        scale, offset = np.arange(1, 7, dtype="float32"), np.ones(6, "float32")
        return ops.batch_normalization(a, mean, variance, -1, offset=offset, scale=scale)

    check_function(normalize, x)


def test_one_variable_in_two_normalizations_is_folded_separately():
    first, second = (trained(layers.BatchNormalization(epsilon=e), 6) for e in (0.001, 0.5))
    check_layer(keras.Sequential([keras.Input((6,)), first, layers.Activation("tanh"), second]), (6,))


@pytest.mark.parametrize("shape", [(6,), (4, 6), (4, 5, 6)])
@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}, {"center": False, "scale": False}])
def test_layer_normalization(shape, options):
    check_layer(trained(layers.LayerNormalization(epsilon=0.01, **options), *shape), shape)


@pytest.mark.parametrize("axis", [1, 2, [1, 2], [2, 3], [1, 3], [-1, -2], [1, 2, 3]], ids=str)
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras itself fails with torch unless the axes are last")
def test_axes_of_layer_normalization(axis):
    check_layer(trained(layers.LayerNormalization(axis=axis), 4, 5, 6), (4, 5, 6))


def test_operators_of_layer_normalization():
    lite = check_layer(trained(layers.LayerNormalization(), 4, 6), (4, 6))
    assert builtins_of(lite) == ["MEAN", "SUB", "SQUARE", "MEAN", "ADD", "RSQRT", "MUL", "MUL", "ADD"]


def test_layer_normalization_as_an_operation():
    gamma, beta = np.arange(1, 7, dtype="float32"), np.ones(6, "float32")
    check_function(
        lambda x: [ops.layer_normalization(x, gamma, beta), ops.layer_normalization(x)],
        RNG.normal(size=(3, 4, 6)).astype("float32"),
    )


def test_layer_normalization_of_mixed_precision():
    check_layer(trained(layers.LayerNormalization(dtype="mixed_float16"), 4, 6), (4, 6), rtol=2e-3)


@pytest.mark.filterwarnings("ignore:.*rms_scaling")
def test_layer_normalization_with_rms_scaling():
    check_layer(trained(layers.LayerNormalization(rms_scaling=True), 4, 6), (4, 6))


def test_layer_normalization_far_from_zero():
    # Keras takes the difference of two squares in float32, which is off by 1e-3 here; ours is compared with float64.
    layer = trained(layers.LayerNormalization(), 64)
    lite = check_layer(layer, (64,))
    x = RNG.normal(size=(2, 64)).astype("float32") + 1000
    wide = x.astype("float64")
    gamma, beta = map(ops.convert_to_numpy, (layer.gamma, layer.beta))
    normal = (wide - wide.mean(-1, keepdims=True)) / np.sqrt(wide.var(-1, keepdims=True) + layer.epsilon)
    np.testing.assert_allclose(lite.run(x), normal * gamma + beta, atol=5e-4)


@pytest.mark.parametrize("shape", [(6,), (4, 6), (4, 5, 6)])
def test_rms_normalization(shape):
    lite = check_layer(trained(layers.RMSNormalization(), *shape), shape)
    assert builtins_of(lite) == ["SQUARE", "MEAN", "ADD", "RSQRT", "MUL", "MUL"]


@pytest.mark.parametrize("axis", [[1, 2], [-1, -2]], ids=str)
def test_axes_of_rms_normalization(axis):
    check_layer(trained(layers.RMSNormalization(axis=axis), 4, 6), (4, 6))


@pytest.mark.parametrize("groups", [1, 2, 3, 6, -1])
@pytest.mark.parametrize("shape", [(6,), (4, 6), (4, 5, 6)])
def test_group_normalization(groups, shape):
    check_layer(trained(layers.GroupNormalization(groups=groups), *shape), shape, atol=5e-6)


def test_group_normalization_of_channels_first():
    check_layer(trained(layers.GroupNormalization(groups=2, axis=1), 6, 4, 5), (6, 4, 5), atol=5e-6)


def test_group_normalization_without_parameters():
    check_layer(layers.GroupNormalization(groups=2, center=False, scale=False), (4, 6), atol=5e-6)


def test_group_normalization_of_images_of_any_size():
    layer = trained(layers.GroupNormalization(groups=3), 4, 5, 6)
    lite = check_layer(layer, (None, None, 6), atol=5e-6)
    x = RNG.normal(size=(2, 7, 3, 6)).astype("float32")
    np.testing.assert_allclose(lite.run(x), run_keras(layer, x), atol=1e-5)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]], ids=str)
def test_unit_normalization(axis):
    check_layer(layers.UnitNormalization(axis=axis), (4, 6))


def test_unit_normalization_of_zeros():
    x = np.zeros((3, 4), "float32")
    x[0, 1] = 2
    check_function(layers.UnitNormalization(), x)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_normalize(order):
    check_function(lambda x: ops.normalize(x, axis=1, order=order), RNG.normal(size=(3, 4, 6)).astype("float32"))


def test_spectral_normalization():
    check_layer(layers.SpectralNormalization(layers.Dense(3)), (6,))
