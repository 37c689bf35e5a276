"""Images blurred, their edges, their windows, and scaling, compared with Keras in the runtime."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function

RANDOM = np.random.default_rng(7)
FORMATS = ["channels_last", "channels_first"]


def image(*shape, dtype="float32"):
    return (RANDOM.standard_normal(shape) * 5).astype(dtype)


def check_sizes(function, *inputs, shape=(None, None, 2)):
    check_converts(keras.Sequential([keras.Input(shape), layers.Lambda(function)]), *inputs)


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize(
    ("size", "sigma"),
    [((3, 3), (1.0, 1.0)), ((5, 3), (0.7, 2.0)), ((4, 2), (1.5, 0.5)), ((9, 7), (2.0, 3.0)), ((1, 5), (1.0, 1.0))],
)
def test_gaussian_blur(size, sigma, data_format):
    x = image(2, 6, 7, 3) if data_format == "channels_last" else image(2, 3, 6, 7)
    check_function(lambda x: ops.image.gaussian_blur(x, size, sigma, data_format), x)
    check_function(lambda x: ops.image.gaussian_blur(x[0], size, sigma, data_format), x, dynamic_batch=False)


def test_a_small_blur_is_one_operator_and_a_large_one_two():
    x = image(2, 8, 9, 3)
    for size, count in ((5, 1), (7, 2)):
        lite = check_function(
            lambda x, size=size: ops.image.gaussian_blur(x, (size, size), data_format="channels_last"), x
        )
        assert builtins_of(lite) == ["DEPTHWISE_CONV_2D"] * count


def test_gaussian_blur_of_a_sigma_that_is_an_input():
    check_function(
        lambda x, sigma: ops.image.gaussian_blur(x, (5, 3), sigma),
        image(2, 6, 7, 3),
        np.array([0.8, 1.7], "float32"),
        dynamic_batch=False,
    )


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16"])
@pytest.mark.parametrize("size", [1, 3])
def test_gaussian_blur_of_other_element_types(dtype, size):
    x = RANDOM.integers(0, 100, (2, 6, 7, 3)).astype(dtype)
    check_function(lambda x: ops.image.gaussian_blur(x, (size, size)), x)


def test_gaussian_blur_of_dynamic_sizes():
    check_sizes(lambda x: ops.image.gaussian_blur(x, (7, 7)), image(1, 5, 6, 2), image(3, 9, 4, 2))


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "int32", "uint8", "int8"])
def test_sobel_edges(dtype, data_format):
    x = RANDOM.integers(0, 100, (2, 5, 6, 3)).astype(dtype)
    x = x if data_format == "channels_last" else np.moveaxis(x, -1, 1)
    check_function(lambda x: ops.image.sobel_edges(x, data_format), x)


def test_sobel_edges_of_small_and_dynamic_sizes():
    check_function(ops.image.sobel_edges, image(2, 1, 1, 3))
    check_function(ops.image.sobel_edges, image(2, 1, 4, 1))
    check_sizes(ops.image.sobel_edges, image(1, 5, 6, 2), image(3, 9, 4, 2))


WINDOWS = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (2, 1)},
    {"kernel_size": 3, "dilation": 2, "padding": 1},
    {"kernel_size": (2, 3), "dilation": (1, 2), "padding": (1, 0), "stride": (3, 2)},
    {"kernel_size": 1, "stride": 2},
]


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
@pytest.mark.parametrize("options", WINDOWS, ids=str)
def test_unfold_and_fold(options, dtype):
    x = RANDOM.integers(0, 20, (2, 3, 6, 7)).astype(dtype)
    check_function(lambda x: ops.unfold(x, **options), x)
    columns = np.asarray(ops.unfold(x, **options))
    check_function(lambda x: ops.fold(x, (6, 7), **options), columns)


def test_windows_of_large_images_are_no_indices_in_the_file():
    lite = check_function(lambda x: ops.unfold(x, 3, stride=2, padding=1), image(2, 2, 90, 100))
    assert "GATHER" not in builtins_of(lite)
    assert len(bytes(lite)) < 8000


def test_fold_of_windows_with_infinities_keeps_the_others():
    columns = image(2, 2 * 9, 20)
    columns[0, 3, 4], columns[1, 5, 6] = np.inf, np.nan
    check_function(lambda x: ops.fold(x, (6, 7), 3), columns)
    check_function(lambda x: ops.fold(x, 6, 3), columns[:, :, :16])


@pytest.mark.parametrize("options", [{}, *WINDOWS[2:]], ids=str)
def test_unfold_of_dynamic_sizes(options):
    arguments = {"kernel_size": (3, 2)} | options
    check_sizes(lambda x: ops.unfold(x, **arguments), image(1, 3, 6, 7), image(3, 3, 9, 5), shape=(3, None, None))


def test_fold_to_a_dynamic_size():
    layer = layers.Lambda(lambda x: ops.fold(x, (ops.shape(x)[2] + 1, 2), 2), output_shape=(1, None, 2))
    check_converts(keras.Sequential([keras.Input((4, None)), layer]))


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize(
    "options",
    [
        {"size": 2},
        {"size": (3, 2), "strides": (1, 2)},
        {"size": 3, "strides": 2, "padding": "same"},
        {"size": 2, "strides": 1, "dilation_rate": 2},
    ],
    ids=str,
)
def test_extract_patches(options, data_format):
    x = image(2, 6, 7, 3) if data_format == "channels_last" else image(2, 3, 6, 7)
    check_function(lambda x: ops.image.extract_patches(x, data_format=data_format, **options), x)
    check_function(
        lambda x: ops.image.extract_patches(x[0], data_format=data_format, **options), x, dynamic_batch=False
    )


def test_extract_patches_of_dynamic_sizes():
    check_sizes(lambda x: ops.image.extract_patches(x, 3, 2), image(1, 5, 6, 2), image(3, 9, 4, 2))


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("options", [{"size": 2}, {"size": (1, 2, 3), "strides": 1}, {"size": 2, "padding": "same"}])
def test_extract_patches_3d(options, data_format):
    x = image(2, 3, 4, 5, 2) if data_format == "channels_last" else image(2, 2, 3, 4, 5)
    check_function(lambda x: ops.image.extract_patches_3d(x, data_format=data_format, **options), x)


@pytest.mark.parametrize("data_format", FORMATS)
def test_crop_and_pad_images(data_format):
    def function(x):
        box = {"top_padding": 1, "left_padding": 2, "target_height": 9, "target_width": 10}
        padded = ops.image.pad_images(x, data_format=data_format, **box)
        cropped = ops.image.crop_images(x, 1, 2, target_height=3, target_width=2, data_format=data_format)
        return padded, cropped, ops.image.crop_images(x, 1, 0, 2, 1, data_format=data_format)

    x = image(2, 6, 7, 3) if data_format == "channels_last" else image(2, 3, 6, 7)
    check_function(function, x)
    check_function(lambda x: function(x[0]), x, dynamic_batch=False)


def test_crop_and_pad_images_of_dynamic_sizes():
    check_sizes(lambda x: ops.image.crop_images(x, 1, 0, 2, 1), image(1, 5, 6, 2), image(3, 9, 4, 2))
    check_sizes(lambda x: ops.image.pad_images(x, 1, 0, 2, 1), image(1, 5, 6, 2), image(3, 9, 4, 2))


METHODS = ["linear", "cubic", "lanczos3", "lanczos5"]


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_scale_and_translate(method, antialias):
    for scale, move in (([1.7, 0.6], [0.3, -1.2]), ([0.4, 1.0], [5.0, 0.0]), ([2.0, 3.0], [-30.0, 2.0])):
        numbers = np.array(scale, "float32"), np.array(move, "float32")

        def function(x, scale, move):
            return ops.image.scale_and_translate(x, (2, 8, 5, 3), scale, move, (1, 2), method, antialias)

        x = image(2, 6, 7, 3)
        check_function(lambda x, numbers=numbers, function=function: function(x, *numbers), x, dynamic_batch=False)
        check_function(function, x, *numbers, dynamic_batch=False)


def test_scale_and_translate_along_other_axes():
    numbers = np.array([1.5], "float32"), np.array([0.5], "float32")
    check_function(
        lambda x: ops.image.scale_and_translate(x, (*x.shape[:2], 9), *numbers, (-1,), "cubic"), image(2, 3, 6)
    )


def test_scale_and_translate_of_integers():
    x = RANDOM.integers(0, 256, (2, 6, 7, 3)).astype("uint8")
    numbers = np.array([1.5, 0.5], "float32"), np.array([0.25, 0.5], "float32")
    check_function(
        lambda x: ops.image.scale_and_translate(x, (2, 8, 5, 3), *numbers, (1, 2), "lanczos3"), x, dynamic_batch=False
    )


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_resize_of_dynamic_sizes_by_every_kernel(method, antialias):
    check_sizes(
        lambda x: ops.image.resize(x, (8, 6), method, antialias),
        *(image(1, 4, 5, 2), image(3, 11, 17, 2), image(1, 8, 6, 2), image(2, 1, 1, 2)),
    )
