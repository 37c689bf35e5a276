"""Models that Keras quantized, and a network of `keras.applications`, on the backend that `KERAS_BACKEND` names."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.frontends.keras.registry import is_keras_at_least

RANDOM = np.random.default_rng(0)
BACKEND = keras.backend.backend()
needs_3_15 = pytest.mark.skipif(not is_keras_at_least("3.15"), reason="Keras before 3.15 stores integers otherwise")


def network():
    """An embedding, a dense layer and products of several axes, which all modes but some quantize."""
    keras.utils.set_random_seed(0)
    tokens = keras.Input((6,), dtype="int32")
    h = layers.Embedding(20, 16)(tokens)
    h = layers.Dense(24, activation="relu", bias_initializer="random_normal")(h)
    h = layers.EinsumDense("bti,io->bto", (None, 8), bias_axes="o")(h)
    return keras.Model(tokens, h)


def dense():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((32,)), layers.Dense(24, activation="relu"), layers.Dense(8)])


@needs_3_15
@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_quantized_layers(mode):
    model = network() if mode != "float8" else dense()
    model.quantize(mode)
    lite = litesmith.convert(model)
    types = {value.type.dtype.value for value in lite.graph.constants() if value.type.rank > 1}
    assert {"int8": "int8", "int4": "int4", "float8": "float32"}[mode] in types
    given = RANDOM.integers(0, 20, (3, 6)).astype("int32") if mode != "float8" else RANDOM.normal(size=(3, 32))
    expected = keras.ops.convert_to_numpy(model(given))
    allowed = (1 / 8 if mode == "float8" else 2 / 127 if mode == "int8" else 1e-5) * np.abs(expected).max()
    np.testing.assert_allclose(lite.run(given), expected, rtol=0, atol=allowed)


@needs_3_15
@pytest.mark.parametrize("mode", ["gptq", "awq"])
def test_weights_in_groups(mode):
    config = {"gptq": keras.quantizers.GPTQConfig, "awq": keras.quantizers.AWQConfig}[mode](None, None, group_size=8)
    model = dense()
    for layer in model.layers:
        layer.quantize(mode, config=config)
        layer.quantized_kernel.assign(RANDOM.integers(0, 256, layer.quantized_kernel.shape))
        layer.kernel_scale.assign(RANDOM.uniform(0.01, 0.02, layer.kernel_scale.shape))
        layer.kernel_zero.assign(RANDOM.integers(0, 16, layer.kernel_zero.shape))
        layer.g_idx.assign(np.arange(layer.g_idx.shape[0]) // 8)
        setattr(layer, f"is_{mode}_calibrated", True)
    lite = litesmith.convert(model)
    assert "int4" in {value.type.dtype.value for value in lite.graph.constants()}
    given = RANDOM.normal(size=(3, 32)).astype("float32")
    expected = keras.ops.convert_to_numpy(model(given))
    np.testing.assert_allclose(lite.run(given), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.skipif(BACKEND in ("jax", "openvino"), reason="takes long to compile there")
def test_mobilenet():
    model = keras.applications.MobileNetV2(input_shape=(64, 64, 3), alpha=0.35, weights=None, classes=10)
    assert litesmith.verify(model, litesmith.convert(model, verify=False))
