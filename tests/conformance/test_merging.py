"""Merging layers against Keras."""

import keras
import numpy as np
import pytest
from keras import layers

from support import builtins_of, check_converts, check_layer

RNG = np.random.default_rng(13)
ELEMENTWISE = [layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum, layers.Subtract]


@pytest.mark.parametrize("kind", ELEMENTWISE)
@pytest.mark.parametrize("shapes", [((4, 6), (4, 6)), ((4, 6), (1, 6)), ((4, 6), (6,)), ((6,), (4, 6))], ids=str)
def test_two(kind, shapes):
    check_layer(kind(), *shapes)


@pytest.mark.parametrize("kind", [*ELEMENTWISE[:-1], layers.Concatenate])
def test_three(kind):
    check_layer(kind(), (4, 6), (4, 6), (4, 6))


@pytest.mark.parametrize("kind", [layers.Add, layers.Multiply, layers.Maximum])
@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_types(kind, dtype):
    check_layer(kind(dtype=dtype), (4, 6), (4, 6), dtype=dtype)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_concatenate(axis):
    assert builtins_of(check_layer(layers.Concatenate(axis=axis), (4, 6), (4, 6))) == ["CONCATENATION"]


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    ("axes", "shapes"),
    [
        *((1, ((6,), (6,))), (-1, ((4, 6), (5, 6))), ((2, 1), ((4, 6), (6, 5))), (1, ((4, 6), (4, 5)))),
        *(((1, 2), ((6,), (5, 6))), ((3, 1), ((2, 4, 6), (6, 5))), ((1, 1), ((4, 6), (4,)))),
    ],
    ids=str,
)
def test_dot(axes, shapes, normalize):
    check_layer(layers.Dot(axes=axes, normalize=normalize), *shapes)


@pytest.mark.parametrize("kind", [*ELEMENTWISE, layers.Concatenate])
def test_masks(kind):
    inputs = [keras.Input((4, 6)) for _ in range(2)]
    masked = [layers.Masking()(tensor) for tensor in inputs]
    merged = kind()(masked)
    pooled = layers.GlobalAveragePooling1D()(merged)
    arrays = [RNG.normal(size=(3, 4, 6)).astype("float32") for _ in range(2)]
    arrays[0][0, 2:] = 0
    arrays[1][:, 3] = 0
    check_converts(keras.Model(inputs, [merged, pooled]), arrays)


@pytest.mark.parametrize("kind", [layers.Multiply, layers.Maximum])
def test_one_of_two_is_masked(kind):
    inputs = [keras.Input((4, 6)) for _ in range(2)]
    merged = kind()([layers.Masking()(inputs[0]), inputs[1]])
    arrays = [RNG.normal(size=(3, 4, 6)).astype("float32") for _ in range(2)]
    arrays[0][0, 2:] = 0
    check_converts(keras.Model(inputs, merged), arrays)


@pytest.mark.parametrize(
    "layer",
    [
        *(layers.Dropout(0.5), layers.SpatialDropout1D(0.5), layers.GaussianNoise(0.5), layers.GaussianDropout(0.5)),
        *(layers.AlphaDropout(0.5), layers.ActivityRegularization(0.1), layers.Identity()),
    ],
)
def test_regularization_leaves_no_operator(layer):
    model = keras.Sequential([keras.Input((4, 6)), layers.ReLU(), layer, layers.ReLU(max_value=6)])
    assert set(builtins_of(check_converts(model))) <= {"RELU", "RELU6"}
