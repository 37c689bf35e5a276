"""Derivatives, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from litesmith.frontends.tensorflow.operations.gradients import OF_GRADIENTS, OF_RESULTS
from tensorflow_support import check_tensorflow, floats

X = np.concatenate([floats(40, scale=4), [0, 6, -1]]).astype("float32")


@pytest.mark.parametrize("name", [*OF_RESULTS, *OF_GRADIENTS])
def test_derivatives(name):
    def derivative(x, gradient):
        operands = (x, gradient) if name in OF_RESULTS else (gradient, x)
        names = [argument.name for argument in tf.raw_ops.__dict__[name].__signature__.parameters.values()]
        return tf.raw_ops.__dict__[name](**dict(zip(names, operands, strict=False)))

    x = np.abs(X) + 1 if name in ("SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad") else X
    check_tensorflow(derivative, x, floats(len(X), seed=1), rtol=1e-5)


def test_models_that_take_gradients():
    def penalty(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.sigmoid(x) * tf.tanh(tf.nn.relu(x)) + tf.nn.leaky_relu(tf.nn.elu(x) + 0.5))
        return tape.gradient(y, x)

    check_tensorflow(penalty, floats(3, 4), rtol=1e-5)

    def of_bias(x, bias):
        with tf.GradientTape() as tape:
            tape.watch(bias)
            y = tf.reduce_sum(tf.nn.bias_add(x, bias) ** 2)
        return tape.gradient(y, bias)

    check_tensorflow(of_bias, floats(3, 4, 5), floats(5, seed=1), dynamic=None, rtol=1e-5)
