"""The nets whose accuracy as integers is measured: small ones of well-known kinds, on scikit-learn's digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

SIZE, CLASSES, TRAINING = 16, 10, 1300
Array = np.ndarray[Any, Any]
Activation = Callable[[Any], Any]


def path(folder: Path, name: str, seed: int) -> Path:
    """Where a trained net lies."""
    return folder / f"{name}_seed{seed}.keras"


def digits() -> dict[str, Array]:
    """Images of 16 x 16 in 0..1 and labels, to train with (`xt`, `yt`) and held out (`xv`, `yv`)."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype("float32").reshape(-1, 8, 8, 1)
    images = np.asarray(keras.ops.image.resize(images, (SIZE, SIZE), interpolation="bilinear"))
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order], labels[order]
    return {
        "xt": images[:TRAINING],
        "yt": labels[:TRAINING],
        "xv": images[TRAINING:],
        "yv": labels[TRAINING:],
    }


def normalized(x: Any) -> Any:
    return layers.BatchNormalization(momentum=0.9)(x)


def cnn() -> Any:
    """Three convolutions with pooling, two dense layers."""
    inputs = x = keras.Input((SIZE, SIZE, 1))
    for width in (16, 32, 64):
        x = layers.ReLU()(normalized(layers.Conv2D(width, 3, padding="same", use_bias=False)(x)))
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(CLASSES)(layers.Dropout(0.2)(x)))


def inverted(x: Any, width: int, expansion: int, stride: int, activation: Activation, gate: str) -> Any:
    """An inverted residual block of MobileNetV2; with a gate ("hard", "soft"), one with squeeze and excitation."""
    start, before = x, x.shape[-1]
    x = activation(normalized(layers.Conv2D(before * expansion, 1, use_bias=False)(x)))
    x = activation(normalized(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)))
    if gate:
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
        inner = "relu" if gate == "hard" else "silu"
        squeezed = layers.Conv2D(max(before // 2, 4), 1, activation=inner)(squeezed)
        outer = "hard_sigmoid" if gate == "hard" else "sigmoid"
        x = layers.Multiply()([x, layers.Conv2D(before * expansion, 1, activation=outer)(squeezed)])
    x = normalized(layers.Conv2D(width, 1, use_bias=False)(x))
    return layers.Add()([x, start]) if stride == 1 and width == before else x


def mobile(activation: Activation, gate: str = "") -> Any:
    """Five inverted residual blocks between two convolutions, a mean and a dense layer."""
    inputs = keras.Input((SIZE, SIZE, 1))
    x = activation(normalized(layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)))
    for width, expansion, stride in ((16, 2, 1), (24, 4, 2), (24, 4, 1), (32, 4, 2), (32, 4, 1)):
        x = inverted(x, width, expansion, stride, activation, gate)
    x = activation(normalized(layers.Conv2D(96, 1, use_bias=False)(x)))
    return keras.Model(inputs, layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(x)))


def vit() -> Any:
    """Three blocks of attention and perceptron before which the sums are normalized, over 16 patches of 4 x 4 pixels."""
    patches, width = SIZE // 4, 48
    inputs = keras.Input((SIZE, SIZE, 1))
    x = layers.Permute((1, 3, 2, 4))(layers.Reshape((patches, 4, patches, 4))(inputs))
    x = layers.Reshape((patches * patches, 16))(x)
    x = layers.EinsumDense("bpc,cd->bpd", (patches * patches, width), bias_axes="pd")(x)  # its bias: the positions
    for _ in range(3):
        y = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(4, width // 4)(y, y)])
        y = layers.Dense(2 * width, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(width)(y)])
    return keras.Model(inputs, layers.Dense(CLASSES)(layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))))


def recurrent(layer: Callable[..., Any]) -> Any:
    """A recurrent layer that reads the rows of an image as steps."""
    inputs = keras.Input((SIZE, SIZE, 1))
    x = layer(64)(layers.Reshape((SIZE, SIZE))(inputs))
    return keras.Model(inputs, layers.Dense(CLASSES)(x))


def rescaled(model: Any, octaves: float, seed: int) -> Any:
    """A net of the same function whose hidden channels are 2^(octaves * N(0, 1)) times as large.

    Only where a normalization, a rectifier and convolutions that read nothing else follow each other, since max(0, s x) = s max(0, x).
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    random = np.random.default_rng(seed)
    for layer in copy.layers:
        if isinstance(layer, layers.ReLU):
            (norm,), readers = sources(layer), readers_of(layer)
            if all(isinstance(reader, layers.Conv2D | layers.DepthwiseConv2D) for reader in readers):
                scales = 2.0 ** (octaves * random.standard_normal(norm.gamma.shape[0]))
                norm.gamma.assign(norm.gamma * scales)
                norm.beta.assign(norm.beta * scales)
                for reader in readers:
                    kernel = reader.kernel
                    kernel.assign(
                        kernel / scales[:, None]
                    )  # of both kinds: height, width, input channels, other channels
    return copy


def sources(layer: Any) -> list[Any]:
    """The layers that make what a layer reads."""
    return [tensor._keras_history.operation for tensor in layer._inbound_nodes[0].input_tensors]


def readers_of(layer: Any) -> list[Any]:
    """The layers that read what a layer makes."""
    return [node.operation for node in layer._outbound_nodes]


NETS: dict[str, Callable[[], Any]] = {
    "cnn": cnn,
    "v2": lambda: mobile(lambda x: layers.ReLU(6.0)(x)),
    "v3": lambda: mobile(lambda x: layers.Activation("hard_silu")(x), "hard"),
    "eff": lambda: mobile(lambda x: layers.Activation("silu")(x), "soft"),
    "vit": vit,
    "v2_relu": lambda: mobile(lambda x: layers.ReLU()(x)),
    "lstm": lambda: recurrent(layers.LSTM),
    "gru": lambda: recurrent(layers.GRU),
    "rnn": lambda: recurrent(layers.SimpleRNN),
}
RESCALED = {"v2_2oct": 2.0, "v2_3oct": 3.0}
