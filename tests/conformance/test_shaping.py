import keras
import numpy as np
import pytest
from keras import layers, ops

from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4, 6)).astype("float32")
DTYPES = ["float32", "float16", "int32", "int64", "uint8", "bool"]


def numbers(dtype, shape=(3, 4, 6)):
    return (RANDOM.standard_normal(shape) * 5).astype(dtype)


FUNCTIONS = {
    "reshape": lambda x: ops.reshape(x, (-1, 3, 8)),
    "reshape by sizes": lambda x: ops.reshape(x, (ops.shape(x)[0], 24)),
    "reshape merging the batch": lambda x: ops.reshape(x, (ops.shape(x)[0] * 4, 6)),
    "reshape of a method": lambda x: x.reshape((-1, 24)),
    "ravel": ops.ravel,
    "expand_dims": lambda x: ops.expand_dims(x, 1),
    "expand_dims of several": lambda x: ops.expand_dims(x, (0, -1)),
    "squeeze": lambda x: ops.squeeze(ops.expand_dims(x, (1, 3)), 3),
    "squeeze of several": lambda x: ops.squeeze(ops.expand_dims(x, (1, 3)), (1, 3)),
    "transpose": ops.transpose,
    "transpose by axes": lambda x: ops.transpose(x, (0, 2, 1)),
    "moveaxis": lambda x: ops.moveaxis(x, 0, -1),
    "moveaxis of several": lambda x: ops.moveaxis(x, (0, 1), (-1, 0)),
    "swapaxes": lambda x: ops.swapaxes(x, -1, 1),
    "flip": ops.flip,
    "flip of an axis": lambda x: ops.flip(x, 1),
    "flip of several axes": lambda x: ops.flip(x, (0, 2)),
    "roll": lambda x: ops.roll(x, 5),
    "roll of an axis": lambda x: ops.roll(x, 2, 1),
    "roll backward by more than the size": lambda x: ops.roll(x, -9, axis=2),
    "roll of the batch": lambda x: ops.roll(x, 1, 0),
    "roll of several axes": lambda x: ops.roll(x, (1, 2), (1, 2)),
    "rot90": ops.rot90,
    "rot90 by two": lambda x: ops.rot90(x, 2, (1, 2)),
    "rot90 by three": lambda x: ops.rot90(x, 3, (1, 2)),
    "rot90 backward": lambda x: ops.rot90(x, -1, (2, 1)),
    "broadcast_to": lambda x: ops.broadcast_to(x, (2, *ops.shape(x))),
    "repeat": lambda x: ops.repeat(x, 2),
    "repeat of an axis": lambda x: ops.repeat(x, 3, 1),
    "repeat of the batch": lambda x: ops.repeat(x, 2, axis=0),
    "repeat of each as listed": lambda x: ops.repeat(x, np.array([1, 0, 2, 3]), axis=1),
    "tile": lambda x: ops.tile(x, (1, 2, 3)),
    "tile of few axes": lambda x: ops.tile(x, 2),
    "tile with new axes": lambda x: ops.tile(x, (2, 1, 1, 1)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name):
    check_function(FUNCTIONS[name], X)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_for_every_element_type(name, dtype):
    check_function(lambda x: FUNCTIONS[name](ops.cast(x, dtype)), numbers("int32", (1, 4, 6)))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("shift", [1, -2, 5])
def test_roll_of_a_dynamic_axis_for_every_size(size, shift):
    check_function(lambda x: ops.roll(x, shift, 0), numbers("float32", (size, 2)))


def test_roll_by_a_tensor():
    check_function(lambda x, n: ops.roll(x, n[0], 1), X[:1], np.array([-3], "int32"), dynamic_batch=False)


def test_sizes_in_shapes_stay_dynamic():
    def halve_channels(x):
        b, t, c = ops.shape(x)
        return ops.reshape(x, (b, t * 2, c // 2))

    model = keras.Sequential([keras.Input((None, 6)), layers.Lambda(halve_channels)])
    check_converts_for_times(model, 6)


def check_converts_for_times(model, channels):
    arrays = [numbers("float32", (batch, time, channels)) for batch, time in [(1, 1), (3, 5), (2, 8)]]
    return check_converts(model, *arrays)


def test_class_token_is_broadcast_to_the_batch():
    class Token(layers.Layer):
        def build(self, shape):
            self.token = self.add_weight(shape=(1, 1, shape[-1]), initializer="normal")

        def call(self, x):
            token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
            return ops.concatenate([token, x], axis=1)

    check_layer(Token(), (4, 6))


@pytest.mark.parametrize("target", [(24,), (-1,), (2, -1), (3, 8), (4, 3, 2)])
def test_reshape_layer(target):
    lite = check_layer(layers.Reshape(target), (4, 6))
    assert builtins_of(lite) == ["RESHAPE"]


def test_reshape_layer_with_a_dynamic_time():
    check_converts_for_times(keras.Sequential([keras.Input((None, 6)), layers.Reshape((-1, 3))]), 6)


@pytest.mark.parametrize("shape", [(4, 6), (5,), (2, 3, 4)])
def test_flatten_layer(shape):
    check_layer(layers.Flatten(), shape)


def test_flatten_layer_of_channels_first():
    check_layer(layers.Flatten(data_format="channels_first"), (2, 3, 4))


@pytest.mark.parametrize("dims", [(2, 1), (1, 2), (3, 1, 2)])
def test_permute_layer(dims):
    check_layer(layers.Permute(dims), (4, 6, 5)[: len(dims)])


def test_repeat_vector_layer():
    check_layer(layers.RepeatVector(3), (5,))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Cropping1D((1, 2)), (7, 2)),
        (layers.Cropping2D(((1, 2), (0, 3))), (7, 6, 2)),
        (layers.Cropping2D(1, data_format="channels_first"), (2, 7, 6)),
        (layers.Cropping3D(((1, 0), (2, 1), (0, 0))), (4, 5, 6, 2)),
    ],
)
def test_cropping_layers(layer, shape):
    check_layer(layer, shape)


def test_cropping_layer_of_a_dynamic_axis():
    model = keras.Sequential([keras.Input((None, 2)), layers.Cropping1D((1, 2))])
    check_converts(model, numbers("float32", (1, 4, 2)), numbers("float32", (3, 9, 2)))


def test_a_plain_reshape_needs_no_arithmetic_on_sizes():
    lite = check_function(lambda x: ops.reshape(x, (ops.shape(x)[0], 2, 12)), X)
    assert builtins_of(lite) == ["RESHAPE"]


@pytest.mark.parametrize("shape", [(None, 3), ("batch", 3), (2.5, 3)])
def test_what_is_no_size_is_named(shape):
    with pytest.raises(LitesmithError, match=r"K102: keras\.ops\.reshape: .* among sizes"):
        check_function(lambda x: ops.reshape(x, shape), X[:, 0])


def test_sizes_in_an_array():
    check_function(lambda x: ops.reshape(x, np.array([-1, 3])), X[:, 0])
