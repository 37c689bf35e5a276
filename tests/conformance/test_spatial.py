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
