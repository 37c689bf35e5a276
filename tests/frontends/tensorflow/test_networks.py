"""Convolutions, pooling, normalisation, products, reductions and images, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, imported_operators

IMAGE = floats(2, 9, 8, 4)
KERNEL = floats(3, 3, 4, 6, seed=1)
DEPTHWISE = floats(3, 3, 4, 2, seed=2)


@pytest.mark.parametrize("padding", ["SAME", "VALID", [[0, 0], [1, 2], [0, 1], [0, 0]]])
@pytest.mark.parametrize(("strides", "dilations"), [(1, 1), (2, 1), ((2, 3), 1), (1, 2)])
def test_convolutions(padding, strides, dilations):
    check_tensorflow(lambda x: tf.nn.conv2d(x, KERNEL, strides, padding, dilations=dilations), IMAGE, rtol=3e-6)


def test_other_convolutions():
    check_tensorflow(lambda x: tf.nn.conv2d(x, KERNEL[:, :, :2], 1, "SAME"), IMAGE, rtol=3e-6)
    check_tensorflow(lambda x: tf.nn.conv1d(x, KERNEL[0], 2, "SAME"), IMAGE[:, 0], rtol=3e-6)
    check_tensorflow(lambda x: tf.nn.depthwise_conv2d(x, DEPTHWISE, [1, 2, 2, 1], "SAME"), IMAGE, rtol=3e-6)
    check_tensorflow(
        lambda x: tf.nn.depthwise_conv2d(x, DEPTHWISE, [1] * 4, "VALID", dilations=[2, 2]), IMAGE, rtol=3e-6
    )
    check_tensorflow(
        lambda x: tf.nn.separable_conv2d(x, DEPTHWISE, floats(1, 1, 8, 3), [1] * 4, "SAME"), IMAGE, rtol=3e-6
    )
    check_tensorflow(lambda x: tf.nn.atrous_conv2d(x, KERNEL, 2, "VALID"), IMAGE, rtol=3e-6)
    volume = floats(2, 5, 6, 7, 2)
    check_tensorflow(lambda x: tf.nn.conv3d(x, floats(2, 3, 3, 2, 4), [1, 1, 2, 2, 1], "SAME"), volume, rtol=3e-6)
    check_tensorflow(lambda x, k: tf.nn.conv2d(x, k, 1, "SAME"), IMAGE, KERNEL, dynamic=None, rtol=3e-6)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [1, 2, (2, 3)])
def test_transposed_convolutions(padding, strides):
    turned = np.transpose(KERNEL, (0, 1, 3, 2)).copy()
    high, wide = strides if isinstance(strides, tuple) else (strides, strides)
    more = 0 if padding == "SAME" else (3 - 1)

    def function(x):
        sizes = tf.stack([tf.shape(x)[0], 9 * high + more * (high < 3), 8 * wide + more * (wide < 3), 6])
        return tf.nn.conv2d_transpose(x, turned, sizes, strides, padding)

    if padding == "VALID":
        high_out, wide_out = 8 * high + 3, 7 * wide + 3

        def function(x):
            return tf.nn.conv2d_transpose(x, turned, [tf.shape(x)[0], high_out, wide_out, 6], strides, padding)

    check_tensorflow(function, IMAGE, rtol=3e-6)


def test_transposed_convolutions_of_open_sizes():
    turned = np.transpose(KERNEL, (0, 1, 3, 2)).copy()

    def function(x):
        batch, height, width, _ = tf.unstack(tf.shape(x))
        return tf.nn.conv2d_transpose(x, turned, [batch, height * 2, width * 2, 6], 2, "SAME")

    check_tensorflow(function, IMAGE, dynamic=(0, 1, 2), rtol=3e-6)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("pool", [tf.nn.max_pool2d, tf.nn.avg_pool2d])
def test_pooling(pool, padding):
    check_tensorflow(lambda x: pool(x, 3, 2, padding), IMAGE)
    check_tensorflow(lambda x: pool(x, (2, 3), 1, padding), IMAGE)


def test_other_pooling():
    check_tensorflow(lambda x: tf.nn.max_pool2d(x, 3, 2, [[0, 0], [1, 0], [1, 1], [0, 0]]), IMAGE)
    check_tensorflow(lambda x: tf.nn.max_pool3d(x, 2, 2, "SAME"), floats(2, 5, 6, 7, 2))
    check_tensorflow(lambda x: tf.nn.avg_pool3d(x, 2, 2, "VALID"), floats(2, 5, 6, 7, 2))


@pytest.mark.parametrize("training", [False, True])
def test_batch_normalization(training):
    mean, variance = floats(4), np.abs(floats(4, seed=3))
    statistics = {} if training else {"mean": mean, "variance": variance}

    def function(x):
        return tf.compat.v1.nn.fused_batch_norm(x, mean, variance, **statistics, epsilon=1e-3, is_training=training)

    check_tensorflow(function, IMAGE, dynamic=None, rtol=1e-5)
    check_tensorflow(lambda x: tf.nn.batch_normalization(x, mean, variance, mean, None, 1e-3), IMAGE)


def test_biases_and_classifiers():
    check_tensorflow(lambda x: tf.nn.bias_add(x, floats(4)), IMAGE)
    check_tensorflow(lambda x: tf.nn.bias_add(x, floats(9), "NCHW"), IMAGE)
    check_tensorflow(lambda x: (tf.nn.softmax(x), tf.nn.log_softmax(x), tf.nn.softmax(x, 1)), IMAGE)
    check_tensorflow(lambda x: (tf.nn.l2_loss(x), tf.nn.l2_normalize(x, -1)), IMAGE, dynamic=None)
    check_tensorflow(lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 0.5, 0.7), IMAGE, rtol=1e-5)
    check_tensorflow(lambda x: tf.nn.moments(x, [1, 2]), IMAGE)
    logits, labels = floats(4, 5), np.array([0, 4, 2, 2], np.int32)
    check_tensorflow(lambda x, y: tf.nn.sparse_softmax_cross_entropy_with_logits(y, x), logits, labels, rtol=2e-6)
    check_tensorflow(lambda x: tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x[::-1]), x), logits, dynamic=None)
    check_tensorflow(lambda x: tf.nn.sigmoid_cross_entropy_with_logits(tf.nn.sigmoid(x[:, ::-1]), x), logits)


def test_products():
    x, y = floats(3, 4), floats(4, 5, seed=1)
    assert imported_operators(check_tensorflow(lambda x: tf.matmul(x, y), x)) == ["FULLY_CONNECTED"]
    check_tensorflow(lambda x: tf.matmul(x, x, transpose_b=True), x)
    check_tensorflow(lambda x: tf.matmul(x, floats(3, 5), transpose_a=True), x, dynamic=None)
    check_tensorflow(lambda x: tf.matmul(x, x, adjoint_b=True), floats(2, 3, 4, 5), dynamic=(0, 2))
    check_tensorflow(lambda x: tf.einsum("bij,bkj->bik", x, x), floats(2, 3, 4))
    check_tensorflow(lambda x: tf.tensordot(x, floats(4, 5, 6), [[2, 1], [0, 1]]), floats(2, 5, 4))
    check_tensorflow(lambda x: tf.linalg.matvec(y, x, transpose_a=True), x)


@pytest.mark.parametrize(
    "name", ["sum", "mean", "prod", "max", "min", "std", "variance", "logsumexp", "euclidean_norm"]
)
@pytest.mark.parametrize(("axis", "keep"), [(None, False), (1, True), ([1, -1], False)])
def test_reductions(name, axis, keep):
    check_tensorflow(lambda x: getattr(tf.math, f"reduce_{name}")(x, axis, keep), floats(2, 3, 4), dynamic=None)


def test_reductions_of_other_types():
    integers = np.array([[5, -7, 3], [-8, 8, -1]], np.int32)
    check_tensorflow(lambda x: (tf.reduce_mean(x, 1), tf.reduce_sum(x), tf.reduce_prod(x, 0)), integers, dynamic=None)
    check_tensorflow(lambda x: (tf.reduce_all(x > 0, 1), tf.reduce_any(x > 0, 0)), integers, dynamic=None)
    check_tensorflow(lambda x: (tf.argmax(x, 1), tf.argmin(x, 0, tf.int32)), integers, dynamic=None)


def test_running_sums_and_orders():
    x = floats(3, 6)
    for exclusive in (False, True):
        for backward in (False, True):
            check_tensorflow(lambda x: tf.cumsum(x, 1, exclusive, backward), x)  # noqa: B023
            check_tensorflow(lambda x: tf.math.cumprod(x, 1, exclusive, backward), x)  # noqa: B023
    check_tensorflow(lambda x: tf.math.top_k(x, 3), x)
    check_tensorflow(lambda x: (tf.sort(x), tf.sort(x, direction="DESCENDING"), tf.argsort(x)), x)
    check_tensorflow(lambda x: tf.math.in_top_k([1, 0, 5], x, 2), x, dynamic=None)
    check_tensorflow(lambda x: tf.searchsorted(tf.sort(x), x + 0.1, side="right"), x)


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "lanczos3"])
def test_resizing(method):
    near = 2e-3 if method == "bicubic" else 2e-5  # TensorFlow takes bicubic weights from a table of 1024 places
    check_tensorflow(lambda x: tf.image.resize(x, (5, 13), method), IMAGE, rtol=near)
    check_tensorflow(lambda x: tf.image.resize(x, (18, 16), method), IMAGE, rtol=near)


def test_resizing_as_tensorflow_1_did():
    for align in (False, True):
        check_tensorflow(lambda x: tf.compat.v1.image.resize_bilinear(x, (5, 13), align), IMAGE, rtol=1e-5)  # noqa: B023
        check_tensorflow(lambda x: tf.compat.v1.image.resize_nearest_neighbor(x, (5, 13), align), IMAGE)  # noqa: B023


def test_resizing_of_open_sizes():
    def function(x):
        size = tf.shape(x)[1:3] * 2
        return tf.image.resize(x, size), tf.image.resize(x, size, "nearest")

    check_tensorflow(function, IMAGE, dynamic=(0, 1, 2), rtol=1e-5)


def test_colours():
    check_tensorflow(tf.image.rgb_to_hsv, np.random.default_rng(0).random((2, 3, 4, 3), "float32"))
    check_tensorflow(tf.image.hsv_to_rgb, np.random.default_rng(0).random((2, 3, 4, 3), "float32"))
