"""Numeric preprocessing layers against Keras."""

import numpy as np
import pytest
from keras import layers

from support import builtins_of, check_function, check_layer

RNG = np.random.default_rng(17)


@pytest.mark.parametrize("options", [{}, {"invert": True}], ids=str)
@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None], ids=str)
def test_normalization(axis, options):
    layer = layers.Normalization(axis=axis, **options)
    layer.adapt(RNG.normal(3, 2, size=(50, 4, 6)).astype("float32"))
    check_layer(layer, (4, 6))


def test_normalization_by_given_statistics():
    layer = layers.Normalization(axis=-1, mean=[1.0, 2.0, 3.0], variance=[1.0, 0.0, 4.0])
    layer.build((None, 3))
    # A variance of 0 divides by 1e-7: the others count relative to what that makes.
    check_layer(layer, (3,))


@pytest.mark.parametrize(
    "options",
    [
        *({"scale": 1 / 255}, {"scale": 1 / 127.5, "offset": -1.0}, {"scale": [1.0, 2.0, 3.0]}),
        {"scale": [1.0, 2.0, 3.0], "offset": [0.1, 0.2, 0.3]},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int32"])
def test_rescaling(options, dtype):
    x = RNG.integers(0, 255, size=(3, 4, 5, 3)).astype(dtype)
    check_function(layers.Rescaling(**options), x)


def test_rescaling_without_offset_is_one_operator():
    assert builtins_of(check_layer(layers.Rescaling(1 / 255), (4, 5, 3))) == ["MUL"]
