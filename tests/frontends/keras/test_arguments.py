"""Arguments of Keras' functions as values of the graph."""

import keras
import numpy as np
import pytest

import litesmith
from support import compare_arrays

X = np.float32([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("framework", ["tensorflow", "jax.numpy", "torch"])
def test_tensors_of_a_framework_that_keras_does_not_run_on_are_constants(framework):
    home = pytest.importorskip(framework)
    make = getattr(home, "constant", None) or getattr(home, "tensor", None) or home.asarray
    weights = make([0.5, 1.5, -1.0])

    class Weigh(keras.layers.Layer):
        def call(self, inputs):
            return keras.ops.multiply(inputs, weights)

    lite = litesmith.convert(keras.Sequential([keras.Input((3,)), Weigh()]), verify=False)
    compare_arrays([X * np.float32([0.5, 1.5, -1.0])], [lite.run(X)], rtol=1e-6)
