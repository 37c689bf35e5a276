"""Running Keras models for comparison."""

import warnings

import keras
import numpy as np
from keras import layers

from litesmith.frontends.keras.running import run_keras


def test_infinities_come_without_a_warning():
    model = keras.Sequential([keras.Input((2,)), layers.Activation(keras.ops.square)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run_keras(model, np.array([[2.0, 1e30]], "float32"))
    np.testing.assert_array_equal(found, [[4.0, np.inf]])
