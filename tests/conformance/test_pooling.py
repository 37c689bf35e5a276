"""Pooling layers, compared with Keras in the runtime."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)
SPATIAL = {1: (11,), 2: (9, 12), 3: (7, 8, 9)}
MAX = {1: layers.MaxPooling1D, 2: layers.MaxPooling2D, 3: layers.MaxPooling3D}
AVERAGE = {1: layers.AveragePooling1D, 2: layers.AveragePooling2D, 3: layers.AveragePooling3D}
GLOBAL = [
    *(layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D),
    *(layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
]
ADAPTIVE = [
    *(layers.AdaptiveAveragePooling1D, layers.AdaptiveAveragePooling2D, layers.AdaptiveAveragePooling3D),
    *(layers.AdaptiveMaxPooling1D, layers.AdaptiveMaxPooling2D, layers.AdaptiveMaxPooling3D),
]


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype("float32")


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [None, 1, 2, 3])
@pytest.mark.parametrize("window", [1, 2, 3, 5])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", [MAX, AVERAGE])
def test_pool(kind, rank, window, strides, padding):
    check_layer(kind[rank](window, strides, padding=padding), (*SPATIAL[rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("window", "strides"), [((1, 3), (2, 1)), ((4, 1), (1, 3)), ((1, 1), (2, 3)), ((9, 12), (1, 1)), ((2, 5), (5, 2))]
)
@pytest.mark.parametrize("kind", [MAX, AVERAGE])
def test_pool_with_another_window_along_each_axis(kind, window, strides, padding):
    check_layer(kind[2](window, strides, padding=padding), (9, 12, 3))
    check_layer(kind[3]((2, *window), (3, *strides), padding=padding), (4, 9, 12, 3))


@pytest.mark.parametrize("kind", [MAX, AVERAGE])
def test_window_larger_than_the_image(kind):
    check_layer(kind[2](7, 2, padding="same"), (3, 4, 3))
    check_layer(kind[3](7, 2, padding="same"), (3, 4, 2, 3))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", [MAX, AVERAGE])
def test_channels_first(kind, rank):
    check_layer(kind[rank](3, 2, padding="same", data_format="channels_first"), (3, *SPATIAL[rank]))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", [MAX, AVERAGE])
def test_dynamic_sizes(kind, rank, padding):
    model = keras.Sequential([keras.Input((*[None] * rank, 3)), kind[rank](3, 2, padding=padding)])
    lite = check_converts(model, numbers(1, *SPATIAL[rank], 3), numbers(3, *(6, 5, 4)[:rank], 3))
    assert rank == 3 or "SHAPE" not in builtins_of(lite)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_window_of_negative_numbers_has_a_negative_maximum(padding):
    check_function(lambda x: ops.max_pool(x, 3, 2, padding), -abs(numbers(2, 9, 12, 3)) - 1)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype):
    check_function(lambda x: ops.max_pool(ops.cast(x, dtype), 3, 2, "same"), numbers(2, 9, 12, 3))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("layer", GLOBAL)
def test_global_pool(layer, data_format, keepdims):
    rank = int(layer.__name__[-2])
    check_layer(layer(data_format, keepdims=keepdims), (*SPATIAL[rank], 3))


@pytest.mark.parametrize("layer", GLOBAL)
def test_global_pool_of_dynamic_sizes_is_one_operator(layer):
    rank = int(layer.__name__[-2])
    model = keras.Sequential([keras.Input((*[None] * rank, 3)), layer()])
    lite = check_converts(model, numbers(1, *SPATIAL[rank], 3), numbers(3, *(6, 5, 4)[:rank], 3))
    assert builtins_of(lite) == ["MEAN" if "Average" in layer.__name__ else "REDUCE_MAX"]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("layer", ADAPTIVE)
def test_adaptive_pool(layer, size, data_format):
    rank = int(layer.__name__[-2])
    spatial = (8,) * rank
    shape = (*spatial, 3) if data_format == "channels_last" else (3, *spatial)
    check_layer(layer(size, data_format=data_format), shape)


def test_adaptive_pool_to_more_places_than_there_are():
    check_layer(layers.AdaptiveAveragePooling2D((5, 4)), (3, 9, 2))
    check_layer(layers.AdaptiveMaxPooling2D((2, 7)), (3, 5, 2))


def test_one_operator_for_a_layer_of_channels_last():
    assert builtins_of(check_layer(layers.MaxPooling2D(), (9, 12, 3))) == ["MAX_POOL_2D"]
    assert builtins_of(check_layer(layers.AveragePooling2D(2, padding="same"), (9, 12, 3))) == ["AVERAGE_POOL_2D"]
