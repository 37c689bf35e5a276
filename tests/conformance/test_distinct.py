"""Places of what holds, distinct elements, and masks as indices against Keras: sizes depend on values."""

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from support import builtins_of, check_function

RNG = np.random.default_rng(7)
X = RNG.integers(-2, 3, size=(5, 3)).astype("float32")
NUMBERS = np.array([3, 1, 2, 1, 3, 2, 9], "int32")


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool", "int8", "uint8"])
def test_places(dtype):
    check_function(lambda x: [*ops.nonzero(x), *ops.where(x)], X.astype(dtype))


def test_places_where_none_holds():
    check_function(lambda x: [*ops.nonzero(x > 5), x[x > 5]], X)


@pytest.mark.parametrize("axes", [1, 3, 4])
def test_places_in_other_ranks(axes):
    x = RNG.integers(0, 2, size=(3, 2, 2, 3)[:axes]).astype("int32")
    check_function(lambda x: list(ops.nonzero(x)), x)


def test_what_is_made_of_places():
    def positive(x):
        rows, columns = ops.nonzero(x > 0)
        taken = ops.take(x, rows, axis=0)
        return [taken, ops.sum(taken, axis=0), rows * 3 + columns, ops.sum(ops.one_hot(columns, 3), axis=0)]

    check_function(positive, X)


def test_masks():
    check_function(lambda x: [x[x > 0], x[x[:, 0] > 0], x[:, ops.any(x[:4] > 1, axis=0)]], X)
    check_function(lambda x, y: x[x > 0] + y[x > 0], X, X * 2)


def test_a_layer_after_a_mask():
    dense = keras.layers.Dense(4)
    dense.build((None, 3))
    check_function(lambda x: dense(x[ops.sum(x, axis=1) > 0]), X)


@pytest.mark.parametrize("dtype", ["float32", "int32", "int8", "bool"])
def test_distinct_elements(dtype):
    check_function(ops.unique, X.astype(dtype))


@pytest.mark.parametrize("wanted", ["return_index", "return_inverse", "return_counts"])
def test_what_comes_with_distinct_elements(wanted):
    check_function(lambda x: list(ops.unique(x, **{wanted: True})), NUMBERS)


@pytest.mark.parametrize("shape", [(7,), (5, 3)])
def test_all_that_comes_with_distinct_elements(shape):
    x = RNG.integers(-2, 3, size=shape).astype("float32")
    check_function(lambda a: list(ops.unique(a, return_index=True, return_inverse=True, return_counts=True)), x)


@pytest.mark.parametrize("size", [2, 4, 9])
@pytest.mark.parametrize("fill", [None, -1])
def test_distinct_elements_of_a_fixed_number(size, fill):
    check_function(
        lambda x: list(ops.unique(x, size=size, fill_value=fill, return_index=True, return_counts=True)), NUMBERS
    )


@pytest.mark.parametrize(("shape", "axis"), [((6, 2), 0), ((2, 6), 1), ((6, 7), 0), ((3, 2, 4), -1)])
def test_distinct_rows(shape, axis):
    x = RNG.integers(0, 2, size=shape).astype("int32")
    check_function(
        lambda a: list(ops.unique(a, axis=axis, return_index=True, return_inverse=True, return_counts=True)), x
    )


def test_infinities_are_equal_to_themselves():
    x = np.array([np.inf, 1, -np.inf, np.inf, 0, -np.inf, -0.0], "float32")
    check_function(lambda a: list(ops.unique(a, return_counts=True)), x)


def test_a_single_element():
    check_function(lambda a: list(ops.unique(a, return_inverse=True, return_counts=True)), np.array([4], "int32"))


def test_the_number_of_places_may_not_be_read():
    layer = keras.layers.Lambda(lambda x: ops.nonzero(x)[0] * int(ops.nonzero(x)[0].shape[0]))
    x = keras.Input((3,))
    layer.compute_output_spec = lambda *args, **kwargs: keras.KerasTensor((None,), "int32")
    with pytest.raises(litesmith.LitesmithError, match=r"mask"):
        litesmith.convert(keras.Model(x, layer(x)))


def test_one_mask_is_looked_through_once():
    def positive(x, y):
        mask = x > 0
        return x[mask] * y[mask]

    lite = check_function(positive, X, X * 2)
    assert builtins_of(lite).count("WHERE") == 1
