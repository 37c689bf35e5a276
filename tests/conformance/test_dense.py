import keras
import pytest

from support import check_layer


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(8,), (5, 8), (2, 5, 8)])
def test_dense_acts_on_the_last_axis(activation, use_bias, shape):
    check_layer(keras.layers.Dense(3, activation=activation, use_bias=use_bias), shape)
