"""The networks of `keras.applications` convert to builtin operators and compute the same.

CI runs the smallest of each family; `make test-all` runs all. Images are small: the graphs are the same.
"""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.running import run_keras

SIZES = {"InceptionResNetV2": 75, "InceptionV3": 75, "Xception": 71}
"""The smallest images that a network takes, where they are larger than the others'."""
SMALLEST = 64
ROUNDING = 3e-4
"""Of the largest output. With these weights rounding errors grow from layer to layer, in Keras as well: against float64
its own float32 is off by 1.6e-5 in ResNet50 (Litesmith 2.1e-5) and 1.1e-4 in ResNet152 (1.1e-4).
"""
SAMPLE = {
    "ConvNeXtTiny",
    "DenseNet121",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "NASNetMobile",
    "ResNet50",
    "ResNet50V2",
    "VGG16",
    "Xception",
}
"""One of each family."""

NAMES = sorted(
    name for name, value in vars(keras.applications).items() if inspect.isfunction(value) and name[0].isupper()
)


def build(name):
    """The network for small images, with weights as training would leave them."""
    keras.utils.set_random_seed(3)
    size = SIZES.get(name, SMALLEST)
    network = getattr(keras.applications, name)
    model = network(weights=None, input_shape=(size, size, 3), include_top=False, pooling="avg")
    train(model, images(model, 4, seed=3))
    return model


def images(model, count, seed):
    """Random ones, in which neighbours are alike."""
    size = model.input_shape[1]
    coarse = np.random.default_rng(seed).normal(0, 64, (count, 8, 8, 3)).astype("float32")
    smooth = ops.image.resize(coarse, (size, size), interpolation="bilinear")
    return np.clip(ops.convert_to_numpy(smooth) + 128, 0, 255)


def train(model, batch):
    """Scales and shifts that are not all alike, and statistics of a real batch.

    Otherwise errors in scales and shifts could not be seen, and what depends on the image would get
    smaller from layer to layer, until no error in the first ones reached the output.
    """
    random = np.random.default_rng(3)
    for layer in model._flatten_layers(include_self=False):
        for weight in layer.trainable_weights if not layer._layers else ():
            values = ops.convert_to_numpy(weight)
            if values.size and np.all(values == values.flat[0]):
                middle = 1.0 if values.flat[0] else 0.0  # ConvNeXt scales its blocks by 1e-6 at first
                weight.assign(middle + random.uniform(-0.2, 0.2, values.shape))
    normalizations = [a for a in model._flatten_layers() if isinstance(a, keras.layers.BatchNormalization)]
    for layer in normalizations:
        layer.momentum = 0.0
    if normalizations:
        model(batch, training=True)
    for layer in normalizations:
        # Channels that hardly vary in so small a batch would make rounding errors large, also in Keras.
        variance = ops.convert_to_numpy(layer.moving_variance)
        layer.moving_variance.assign(np.maximum(variance, np.mean(variance)))


def check(name):
    """The network's outputs, which must differ from image to image and between features, agree with Keras."""
    model = build(name)
    try:
        lite = litesmith.convert(model, verify=False)
    except LitesmithError as error:
        pytest.fail(str(error))
    assert not {"SHAPE", "PACK"} & {op.operator.builtin for op in lite.graph.operations}
    given = images(model, 3, seed=4)
    expected = np.asarray(run_keras(model, given))
    largest = np.max(np.abs(expected))
    assert np.min(np.std(expected, axis=1)) > 1e-3 * largest
    assert np.max(np.std(expected, axis=0)) > 1e-3 * largest
    np.testing.assert_allclose(lite.run(given), expected, rtol=0, atol=ROUNDING * largest)
    np.testing.assert_allclose(lite.run(given[:1]), expected[:1], rtol=0, atol=ROUNDING * largest)


def test_there_are_forty():
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", sorted(SAMPLE))
def test_one_of_each_family(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in SAMPLE])
def test_all_others(name):
    check(name)
