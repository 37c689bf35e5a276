import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4, 6)).astype("float32")
Y = RANDOM.standard_normal((3, 4, 6)).astype("float32")
DTYPES = ["float32", "float16", "int32", "int64", "uint8", "bool"]

JOINS = {
    "concatenate": lambda x, y: ops.concatenate([x, y]),
    "concatenate of an axis": lambda x, y: ops.concatenate([x, y[..., :2], y], axis=-1),
    "concatenate of one": lambda x, y: ops.concatenate([x], 1),
    "concatenate with a constant": lambda x, y: ops.concatenate([x, np.ones((1, 4, 6), "float32")], 0),
    "append": lambda x, y: ops.append(x, y),
    "append of an axis": lambda x, y: ops.append(x, y, axis=1),
    "stack": lambda x, y: ops.stack([x, y]),
    "stack of an axis": lambda x, y: ops.stack([x, y, x], axis=-1),
    "stack in the middle": lambda x, y: ops.stack([x, y], axis=2),
    "stack of one": lambda x, y: ops.stack([x], axis=1),
    "hstack": lambda x, y: ops.hstack([x, y]),
    "hstack of vectors": lambda x, y: ops.hstack([x[0, 0], y[0, 1]]),
    "vstack": lambda x, y: ops.vstack([x, y]),
    "vstack of vectors": lambda x, y: ops.vstack([x[0, 0], y[0, 1]]),
    "dstack": lambda x, y: ops.dstack([x, y]),
    "dstack of matrices": lambda x, y: ops.dstack([x[0], y[0]]),
    "dstack of vectors": lambda x, y: ops.dstack([x[0, 0], y[0, 1]]),
}

SPLITS = {
    "split": lambda x: ops.split(x, 2, axis=1),
    "split at indices": lambda x: ops.split(x, [1, 3], axis=-1),
    "split at negative indices": lambda x: ops.split(x, [1, -2], axis=-1),
    "split beyond the end": lambda x: ops.split(x, [4, 9], axis=-1),
    "split into one": lambda x: ops.split(x, 1, axis=1),
    "array_split": lambda x: ops.array_split(x, 4, axis=2),
    "array_split of the batch": lambda x: ops.array_split(x, 2),
    "hsplit": lambda x: ops.hsplit(x, 2),
    "vsplit": lambda x: ops.vsplit(x, [1]),
    "dsplit": lambda x: ops.dsplit(x, 3),
    "unstack": lambda x: ops.unstack(x, axis=1),
    "unstack with a number": lambda x: ops.unstack(x, 6, axis=-1),
    "unstack of one": lambda x: ops.unstack(x[:, :1], axis=1),
    "iteration": lambda x: list(x[0]),
    "unpacking": lambda x: [*ops.transpose(x, (2, 0, 1))],
}


@pytest.mark.parametrize("name", JOINS)
def test_join(name):
    check_function(JOINS[name], X, Y)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(JOINS.keys() - {"concatenate with a constant"}))
def test_join_for_every_element_type(name, dtype):
    check_function(lambda x, y: JOINS[name](ops.cast(x, dtype), ops.cast(y, dtype)), abs(X) * 5, abs(Y) * 5)


@pytest.mark.parametrize("join", [ops.concatenate, ops.stack, ops.hstack, ops.vstack, ops.dstack])
def test_join_promotes_element_types(join):
    check_function(lambda x, y: join([ops.cast(x, "int32"), ops.cast(y, "float16")]), X * 5, Y)


@pytest.mark.parametrize("name", SPLITS)
def test_split(name):
    check_function(SPLITS[name], X)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(SPLITS.keys() - {"hsplit", "vsplit", "dsplit"}))
def test_split_for_every_element_type(name, dtype):
    check_function(lambda x: SPLITS[name](ops.cast(x, dtype)), abs(X) * 5)


@pytest.mark.parametrize("axis", [0, 3, 6])
def test_joining_more_axes_than_the_delegate_takes(axis):
    x = RANDOM.standard_normal((2, 1, 2, 1, 3, 1, 2)).astype("float32")
    check_function(lambda x: ops.concatenate([x, x * 2], axis=axis), x)


def test_splitting_more_axes_than_the_delegate_takes():
    x = RANDOM.standard_normal((2, 1, 2, 1, 4, 1, 2)).astype("float32")
    check_function(lambda x: ops.split(x, 2, axis=4), x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.split(x, 2, axis=1),
        lambda x: ops.split(x, [1], axis=1),
        lambda x: ops.split(x, [ops.shape(x)[1] // 2], axis=1),
        lambda x: ops.array_split(x, 3, axis=1),
        lambda x: ops.concatenate([x, x[:, ::-1]], axis=1),
        lambda x: ops.stack([x, x], axis=1),
    ],
)
def test_axis_of_dynamic_size(function):
    model = keras.Sequential([keras.Input((None, 2)), layers.Lambda(function)])
    check_converts(model, X[:1, :, :2], Y.reshape(3, 12, 2))


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_concatenate_layer(axis):
    lite = check_layer(layers.Concatenate(axis=axis), (4, 6), (4, 6))
    assert builtins_of(lite) == ["CONCATENATION"]


def test_time_distributed_layer_is_one_call_for_all_times():
    lite = check_layer(layers.TimeDistributed(layers.Dense(3, activation="relu")), (4, 6))
    assert builtins_of(lite).count("FULLY_CONNECTED") == 1


def test_time_distributed_layer_of_a_model():
    inner = keras.Sequential([keras.Input((4, 2)), layers.Flatten(), layers.Dense(3)])
    check_layer(layers.TimeDistributed(inner), (5, 4, 2))


def test_time_distributed_layer_of_a_dynamic_time():
    model = keras.Sequential([keras.Input((None, 6)), layers.TimeDistributed(layers.Dense(3))])
    check_converts(model, X, X[:1, :2])


def test_time_distributed_layer_hands_its_mask_on():
    class Masked(layers.Layer):
        def call(self, x, mask=None):
            return ops.where(ops.expand_dims(mask, -1), x, 0.0)

        def compute_output_shape(self, shape):
            return shape

    inputs = keras.Input((4, 6))
    masked = layers.Masking()(inputs)
    x = X.copy()
    x[0, 1] = 0
    check_converts(keras.Model(inputs, layers.TimeDistributed(Masked())(masked)), x)
