"""The models that are measured: published architectures, and three of the kinds people train themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

TIME, FEATURES = 100, 32
TOKENS, VOCABULARY, WIDTH = 128, 8192, 256


def application(name: str) -> Callable[[], Any]:
    """A network of `keras.applications` with seeded weights."""
    options = {"classifier_activation": None} if name in SATURATED else {}
    return lambda: getattr(keras.applications, name)(weights=None, **options)


def unet() -> Any:
    """A U-Net for 128 x 128 images: encoder, decoder with transposed convolutions, skip connections."""

    def block(x: Any, width: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.ReLU()(x)
        return x

    inputs = x = keras.Input((128, 128, 3), name="image")
    skips = []
    for width in (16, 32, 64, 128):
        x = block(x, width)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = block(x, 256)
    for width, skip in zip((128, 64, 32, 16), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(width, 2, strides=2, padding="same")(x)
        x = block(layers.Concatenate()([x, skip]), width)
    return keras.Model(inputs, layers.Conv2D(4, 1, activation="softmax")(x), name="unet")


@keras.saving.register_keras_serializable()
class Positions(layers.Layer):
    """Adds a trained vector for each place of the sequence."""

    def build(self, shape: Any) -> None:
        self.table = self.add_weight(shape=(TOKENS, shape[-1]), name="table")

    def call(self, x: Any) -> Any:
        return x + self.table


def encoder() -> Any:
    """A 6-layer transformer encoder over 128 tokens, width 256, 8 heads."""
    inputs = keras.Input((TOKENS,), dtype="int32", name="tokens")
    x = Positions()(layers.Embedding(VOCABULARY, WIDTH)(inputs))
    for _ in range(6):
        attended = layers.MultiHeadAttention(8, WIDTH // 8)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
        hidden = layers.Dense(4 * WIDTH, activation="gelu")(x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(WIDTH)(hidden)]))
    return keras.Model(inputs, layers.Dense(16)(layers.GlobalAveragePooling1D()(x)), name="encoder")


def lstm(batch: int | None = None) -> Any:
    """Two LSTM layers over 100 steps of 32 features."""
    inputs = keras.Input(batch_shape=(batch, TIME, FEATURES), name="sequence")
    x = layers.LSTM(64, return_sequences=True)(inputs)
    return keras.Model(inputs, layers.Dense(8)(layers.LSTM(64)(x)), name="lstm")


SATURATED = ("NASNetMobile",)
"""Whose scores are so large with seeded weights that a softmax makes one 1 of them, which would hide every difference."""
APPLICATIONS = (
    "MobileNetV2",
    "MobileNetV3Small",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "ResNet50",
    "DenseNet121",
    "InceptionV3",
    "NASNetMobile",
    "ConvNeXtTiny",
)
MODELS: dict[str, Callable[[], Any]] = {
    **{name: application(name) for name in APPLICATIONS},
    "U-Net": unet,
    "encoder": encoder,
    "LSTM": lstm,
}
TOLERANCE = {"encoder": 1e-4, "LSTM": 1e-4}
"""Error against Keras that is allowed, relative to the largest output; 1e-5 for the others."""


def custom_objects() -> dict[str, Any]:
    """What a saved model needs besides Keras' own layers."""
    from keras.src.applications.convnext import LayerScale

    return {"Positions": Positions, "LayerScale": LayerScale}


def build(name: str, **options: Any) -> Any:
    """The model with seeded weights; normalization statistics as training would leave them, not 0 and 1."""
    keras.utils.set_random_seed(1)
    model = MODELS[name](**options)
    random = np.random.default_rng(1)
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.gamma is not None and layer.gamma.assign(random.uniform(0.8, 1.2, layer.gamma.shape))
            layer.beta is not None and layer.beta.assign(random.uniform(-0.1, 0.1, layer.beta.shape))
            layer.moving_mean.assign(random.uniform(-0.1, 0.1, layer.moving_mean.shape))
            layer.moving_variance.assign(random.uniform(0.8, 1.2, layer.moving_variance.shape))
    return model
