"""Colors of images and how much images differ, compared with Keras in the runtime."""

import numpy as np
import pytest
from keras import ops

from support import builtins_of, check_converts, check_function

RANDOM = np.random.default_rng(5)
FORMATS = ["channels_last", "channels_first"]


def colors(data_format="channels_last", dtype="float32"):
    """Random colors, and those at which a formula changes: grays, black, white, pure and nearly black ones."""
    pure = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [0.5, 0.5, 0.5]]
    edge = [[1e-8, 0, 0], [1e-8, -1e-9, 5e-8], [1e-6, 1e-6, 2e-6], [-0.0, 0, 0], [0.3, 0.3, 0.1], [-0.5, 0.2, -1]]
    image = np.concatenate([pure, edge, RANDOM.uniform(size=(33, 3))]).reshape(2, 4, 6, 3).astype(dtype)
    return image if data_format == "channels_last" else np.moveaxis(image, -1, 1)


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_rgb_to_hsv(dtype, data_format):
    def convert(x):
        return ops.image.rgb_to_hsv(ops.cast(x, dtype), data_format)

    # Hues of nearly gray colors are quotients of small differences, which float16 rounds to much.
    x = RANDOM.uniform(size=(2, 3, 3, 3)).astype("float32") if dtype != "float32" else colors(data_format)
    check_function(convert, x, **({} if dtype == "float32" else {"atol": 0.02}))


@pytest.mark.parametrize("data_format", FORMATS)
def test_hsv_to_rgb(data_format):
    check_function(lambda x: ops.image.hsv_to_rgb(x, data_format), colors(data_format))
    check_function(lambda x: ops.image.hsv_to_rgb(x, data_format), colors(data_format) * 7 - 3)


def test_hues_go_around():
    hues = np.array([-3.3, -1.0, -1e-9, -0.0, 1 / 6, 1 / 3, 0.5, 2 / 3, 5 / 6, 1.0, 2.0, 1e6 + 0.25], "float32")
    x = np.stack([hues, np.full_like(hues, 0.8), np.full_like(hues, 0.6)], -1)[None, None]
    check_function(ops.image.hsv_to_rgb, x)


def test_colors_come_back():
    check_function(lambda x: ops.image.hsv_to_rgb(ops.image.rgb_to_hsv(x)), colors())


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "int32"])
def test_rgb_to_grayscale(dtype, data_format):
    x = RANDOM.integers(0, 256, (2, 5, 6, 3)).astype(dtype)
    x = x if data_format == "channels_last" else np.moveaxis(x, -1, 1)
    check_function(lambda x: ops.image.rgb_to_grayscale(x, data_format), x)
    check_function(lambda x: ops.image.rgb_to_grayscale(x[0], data_format), x, dynamic_batch=False)


def test_gray_images_stay():
    x = RANDOM.uniform(size=(2, 4, 5, 1)).astype("float32")
    assert builtins_of(check_function(lambda x: ops.image.rgb_to_grayscale(x) * 2, x)) == ["MUL"]


@pytest.mark.parametrize("convert", [ops.image.rgb_to_hsv, ops.image.hsv_to_rgb, ops.image.rgb_to_grayscale])
def test_colors_of_one_image_and_of_dynamic_sizes(convert):
    check_function(convert, colors()[0], dynamic_batch=False)
    check_sizes(convert, (None, None, 3), colors()[:1], colors()[:, :3, :5])


def check_sizes(function, shape, *inputs):
    """`check_converts` for a function of images whose height and width are dynamic."""
    import keras

    model = keras.Sequential([keras.Input(shape, dtype=inputs[0].dtype.name), keras.layers.Lambda(function)])
    return check_converts(model, *inputs)


@pytest.mark.parametrize("peak", [1.0, 255.0, 2])
def test_psnr(peak):
    x, y = (RANDOM.uniform(0, 2, (3, 4, 5, 3)).astype("float32") for _ in range(2))
    check_function(lambda x, y: ops.psnr(x, y, peak), x, y)


def test_psnr_of_equal_images_is_infinite():
    x = colors()
    check_function(lambda x: ops.psnr(x, x + 0.0, 1.0), x)


def test_psnr_of_integers():
    x, y = (RANDOM.integers(0, 100, (2, 4, 5, 3)).astype("int32") for _ in range(2))
    check_function(lambda x, y: ops.psnr(x, y, 255), x, y, numpy_is_wider=True)


@pytest.mark.parametrize("options", [{}, {"filter_size": 5, "filter_sigma": 0.8}, {"max_val": 255.0, "k1": 0.1}])
@pytest.mark.parametrize("data_format", FORMATS)
def test_ssim(data_format, options):
    x, y = (RANDOM.uniform(0, options.get("max_val", 1), (2, 12, 14, 3)).astype("float32") for _ in range(2))
    if data_format == "channels_first":
        x, y = np.moveaxis(x, -1, 1), np.moveaxis(y, -1, 1)
    check_function(lambda x, y: ops.image.ssim(x, x * 0.9 + y * 0.1, data_format=data_format, **options), x, y)


def test_ssim_of_dynamic_sizes():
    images = (RANDOM.uniform(size=shape).astype("float32") for shape in ((1, 12, 13, 3), (3, 15, 11, 3)))
    check_sizes(lambda x: ops.image.ssim(x, x * 0.8), (None, None, 3), *images)
