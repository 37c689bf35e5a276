"""Padding, cropping, resizing and shuffling of space, compared with Keras in the runtime."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)


def numbers(*shape, dtype="float32"):
    return (RANDOM.standard_normal(shape) * 5).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32", "int64", "int8", "uint8", "int16", "bool"])
def test_pad_for_every_element_type(dtype):
    x = numbers(1, 4, 5, 2, dtype="int32")
    check_function(lambda x: ops.pad(ops.cast(x, dtype), ((0, 0), (1, 2), (3, 0), (0, 0))), x)
    check_function(lambda x: ops.pad(ops.cast(x, dtype), ((0, 0), (1, 2), (0, 0), (0, 1)), constant_values=1), x)
    check_function(lambda x: ops.pad(ops.cast(x, dtype), ((0, 0), (1, 2), (2, 0), (0, 0)), "reflect"), x)


@pytest.mark.parametrize("mode", ["constant", "reflect", "symmetric", "edge", "wrap"])
@pytest.mark.parametrize("amounts", [((0, 0), (1, 2), (3, 0), (0, 1)), ((0, 0), (0, 0), (9, 11), (0, 0))])
def test_pad_in_every_mode(mode, amounts):
    check_function(lambda x: ops.pad(x, amounts, mode), numbers(2, 4, 5, 2))


@pytest.mark.parametrize("amounts", [1, (2, 1), ((1, 0),), ((0, 1), (2, 0), (0, 0))])
def test_pad_widths_in_every_form(amounts):
    check_function(lambda x: ops.pad(x, amounts), numbers(2, 4, 5))
    check_function(lambda x: ops.pad(x, amounts, constant_values=-1.5), numbers(2, 4, 5))


def test_pad_of_many_axes():
    amounts = ((0, 0), (1, 0), (0, 0), (0, 2), (1, 1), (0, 0))
    check_function(lambda x: ops.pad(x, amounts), numbers(2, 2, 1, 2, 2, 3))
    check_function(lambda x: ops.pad(x, amounts, "reflect"), numbers(2, 2, 1, 3, 2, 3))


def test_pad_of_the_batch():
    check_function(lambda x: ops.pad(x, ((1, 2), (0, 1))), numbers(2, 3))
    check_function(lambda x: ops.pad(x, ((1, 1), (0, 1)), "symmetric"), numbers(2, 3))


def test_pad_by_a_size():
    check_function(lambda x: ops.pad(x, ((0, 0), (0, ops.shape(x)[0]))), numbers(2, 3))


@pytest.mark.parametrize("mode", ["constant", "reflect", "symmetric"])
def test_pad_of_dynamic_sizes(mode):
    pad = layers.Lambda(lambda x: ops.pad(x, ((0, 0), (1, 2), (2, 1), (0, 0)), mode))
    model = keras.Sequential([keras.Input((None, None, 2)), pad])
    check_converts(model, numbers(1, 4, 3, 2), numbers(3, 5, 6, 2))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.ZeroPadding1D((1, 2)), (7, 2)),
        (layers.ZeroPadding1D(2, data_format="channels_first"), (2, 7)),
        (layers.ZeroPadding2D(((1, 2), (0, 3))), (7, 6, 2)),
        (layers.ZeroPadding2D(1, data_format="channels_first"), (2, 7, 6)),
        (layers.ZeroPadding3D(((1, 0), (2, 1), (0, 0))), (4, 5, 6, 2)),
    ],
)
def test_zero_padding(layer, shape):
    assert builtins_of(check_layer(layer, shape)) == ["PAD"]


SIZES = [(8, 10), (9, 7), (2, 3), (1, 1), (4, 5), (13, 5), (4, 11)]
METHODS = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", METHODS)
def test_resize(method, size):
    check_function(lambda x: ops.image.resize(x, size, method), numbers(2, 4, 5, 3))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", METHODS[1:])
def test_resize_with_antialias(method, size):
    check_function(lambda x: ops.image.resize(x, size, method, antialias=True), numbers(2, 4, 5, 3))


def test_every_size_is_resized_to_every_other_by_the_nearest_element():
    for size in range(1, 24, 3):
        sizes = [(new, new + 1) for new in range(1, 24)]
        check_function(
            lambda x, sizes=sizes: [ops.image.resize(x, new, "nearest") for new in sizes],
            numbers(1, size, size + 2, 1),
            dynamic_batch=False,
        )


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16"])
def test_resize_for_other_element_types(method, dtype):
    x = RANDOM.integers(0, 255, (2, 4, 5, 3)).astype(dtype)
    # Halves of integers may be rounded to either side: weights of 1/4 in float32 are exact, sums of others are not.
    check_function(lambda x: ops.image.resize(x, (8, 10), method), x, rtol=2e-3)


def test_resize_of_one_image():
    check_function(lambda x: ops.image.resize(x, (8, 3)), numbers(4, 5, 3), dynamic_batch=False)


@pytest.mark.parametrize("size", [(8, 3), (3, 8), (6, 6), (4, 5)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("option", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
def test_resize_keeping_proportions(option, data_format, size):
    options = {option: True, "data_format": data_format}
    if option == "pad_to_aspect_ratio":
        options["fill_value"] = 2.0
    check_function(lambda x: ops.image.resize(x, size, **options), numbers(2, 4, 5, 6))
    check_function(lambda x: ops.image.resize(x, size, **options), numbers(2, 7, 3, 4))


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
@pytest.mark.parametrize("option", ["", "crop_to_aspect_ratio", "pad_to_aspect_ratio"])
def test_resize_of_dynamic_sizes(option, method):
    layer = layers.Lambda(lambda x: ops.image.resize(x, (8, 6), method, **({option: True} if option else {})))
    model = keras.Sequential([keras.Input((None, None, 2)), layer])
    check_converts(model, numbers(1, 4, 5, 2), numbers(3, 11, 5, 2), numbers(1, 8, 6, 2))


@pytest.mark.parametrize("options", [{}, {"interpolation": "nearest"}, {"crop_to_aspect_ratio": True}])
def test_resizing_layer(options):
    check_layer(layers.Resizing(7, 9, **options), (5, 6, 3))
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Resizing(7, 9, **options)])
    check_converts(model, numbers(1, 4, 5, 3), numbers(3, 11, 5, 3))


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_up_sampling_2d(data_format, method):
    check_layer(layers.UpSampling2D((2, 3), data_format, method), (4, 5, 3))
    check_layer(layers.UpSampling2D(2, data_format, method), (1, 4, 2))


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_up_sampling_of_dynamic_sizes(method):
    model = keras.Sequential([keras.Input((None, None, 3)), layers.UpSampling2D((3, 2), interpolation=method)])
    check_converts(model, numbers(1, 4, 5, 3), numbers(3, 7, 2, 3))


def test_up_sampling_of_other_ranks():
    check_layer(layers.UpSampling1D(3), (4, 3))
    check_layer(layers.UpSampling3D((2, 3, 1)), (3, 4, 5, 2))
    check_layer(layers.UpSampling3D(2, data_format="channels_first"), (2, 3, 4, 5))
    check_converts(
        keras.Sequential([keras.Input((None, 3)), layers.UpSampling1D(2)]), numbers(1, 4, 3), numbers(3, 7, 3)
    )


@pytest.mark.parametrize("block", [2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_space_and_depth(data_format, block):
    deep = (2, 3, 4, 2 * block**2) if data_format == "channels_last" else (2, 2 * block**2, 3, 4)
    wide = (2, 3 * block, 4 * block, 2) if data_format == "channels_last" else (2, 2, 3 * block, 4 * block)
    check_function(lambda x: ops.depth_to_space(x, block, data_format), numbers(*deep))
    check_function(lambda x: ops.space_to_depth(x, block, data_format), numbers(*wide))


def test_space_and_depth_of_channels_last_are_one_operator():
    lite = check_function(lambda x: ops.depth_to_space(ops.space_to_depth(x, 2), 2), numbers(2, 4, 6, 3))
    assert builtins_of(lite) == ["SPACE_TO_DEPTH", "DEPTH_TO_SPACE"]
