"""Windows of images, and images seen otherwise, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, refusal

IMAGES = floats(2, 9, 7, 3)
COLOURS = np.random.default_rng(3).random((2, 5, 4, 3)).astype("float32")


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("size", "stride", "rate"), [((2, 3), (2, 1), (1, 2)), ((3, 3), (3, 3), (1, 1))])
def test_patches(padding, size, stride, rate):
    patches = lambda x: tf.image.extract_patches(x, [1, *size, 1], [1, *stride, 1], [1, *rate, 1], padding)  # noqa: E731
    check_tensorflow(patches, IMAGES)
    check_tensorflow(patches, (100 * IMAGES).astype("int32"))
    check_tensorflow(patches, IMAGES, dynamic=(0, 1, 2))


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_patches_of_volumes(padding):
    volumes = lambda x: tf.extract_volume_patches(x, [1, 2, 3, 2, 1], [1, 1, 2, 2, 1], padding)  # noqa: E731
    check_tensorflow(volumes, floats(2, 4, 5, 6, 2))


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("batch", [False, True])
def test_the_largest_and_their_places(padding, batch):
    pool = lambda x: list(tf.nn.max_pool_with_argmax(x, (2, 3), (2, 2), padding, "NHWC", tf.int64, batch))  # noqa: E731
    check_tensorflow(pool, IMAGES)
    check_tensorflow(pool, IMAGES.round())
    check_tensorflow(pool, IMAGES, dynamic=(0, 1))


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_morphology(padding):
    filters = floats(2, 3, 3, seed=1)
    dilate = lambda x: tf.nn.dilation2d(x, filters, [1, 2, 1, 1], padding, "NHWC", [1, 1, 2, 1])  # noqa: E731
    check_tensorflow(dilate, IMAGES)
    check_tensorflow(lambda x: tf.nn.erosion2d(x, filters, [1, 1, 1, 1], padding, "NHWC", [1, 1, 1, 1]), IMAGES)


@pytest.mark.parametrize("size", [(3, 7), (4, 5), (12, 3), (20, 20)])
def test_means_of_what_is_covered(size):
    check_tensorflow(lambda x: tf.image.resize(x, size, "area"), IMAGES, rtol=1e-5)
    check_tensorflow(lambda x: tf.image.resize(x, size, "area"), IMAGES, dynamic=(1, 2), rtol=1e-5, atol=1e-5)


def test_colours():
    check_tensorflow(lambda x: tf.image.adjust_contrast(x, 1.7), COLOURS)
    check_tensorflow(lambda x: tf.image.adjust_saturation(x, 1.7), COLOURS, atol=1e-5)
    check_tensorflow(lambda x: tf.image.adjust_hue(x, 0.3), COLOURS, atol=1e-5)
    check_tensorflow(lambda x: tf.image.adjust_hue(x, -0.8), COLOURS, atol=1e-5)


@pytest.mark.parametrize("mode", ["CONSTANT", "REFLECT", "NEAREST"])
@pytest.mark.parametrize("interpolation", ["BILINEAR", "NEAREST"])
def test_transforms(mode, interpolation):
    numbers = np.array([[1.1, 0.2, -2.3, -0.1, 0.9, 1.7, 0.01, -0.02], [0.8, 0, 0.6, 0, 1.2, -3.1, 0, 0]], "float32")

    def seen(images, transforms):
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=transforms,
            output_shape=[6, 8],
            fill_value=0.5,
            interpolation=interpolation,
            fill_mode=mode,
        )

    check_tensorflow(seen, IMAGES, numbers, atol=1e-5)


def test_what_is_repeated_around_an_image_is_refused():
    seen = tf.raw_ops.ImageProjectiveTransformV2
    options = {"output_shape": [6, 8], "interpolation": "NEAREST", "fill_mode": "WRAP"}
    text = refusal(lambda x, t: seen(images=x, transforms=t, **options), IMAGES, np.ones((2, 8), "float32"))
    assert "take one of CONSTANT, REFLECT, NEAREST" in text
