"""Trains a net of few bits on the Keras backend that is named, and compares it with its file."""

import os
import sys

os.environ["KERAS_BACKEND"] = sys.argv[1]

import keras
import numpy as np
from keras import layers

import litesmith

rng = np.random.default_rng(0)
images = rng.standard_normal((128, 8, 8, 2)).astype("float32")
labels = rng.integers(0, 2, 128)
images[..., 0] += (labels[:, None, None] - 0.5).astype("float32")
keras.utils.set_random_seed(0)
original = keras.Sequential(
    [
        keras.Input((8, 8, 2)),
        layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("hard_silu"),
        layers.DepthwiseConv2D(3, padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        keras.Sequential([layers.Dense(2, name="scores")], name="head"),
    ]
)
for mode in ("int8", litesmith.Recipe("int8").int4("head/*")):
    model = litesmith.qat(original, mode, calibration=images)
    model.compile(keras.optimizers.Adam(1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(images, labels, batch_size=32, epochs=6, verbose=0).history["loss"]
    assert history[-1] < history[0] - 0.01, history
    lite = litesmith.convert(model)
    (scale,) = lite.graph.outputs[0].producer.operands[0].type.quantization.scales
    apart = np.abs(lite.run(images) - model.predict(images, verbose=0)) / scale
    assert np.mean(apart < 1.5) >= 0.999, apart.max()
