"""The same model once more: graphs of every shape, with their weights and their names."""

import keras
import numpy as np
import pytest
from keras import layers

from litesmith.frontends.inputs import InputType
from litesmith.frontends.keras.repairs.rebuilding import layers_of, rebuilt, twin

X = np.random.default_rng(0).standard_normal((3, 6, 4)).astype("float32")


def sequential():
    return keras.Sequential([layers.Input((6, 4)), layers.Dense(5), layers.BatchNormalization()])


def nested():
    inner = keras.Sequential(
        [layers.Input((6, 4)), layers.Dense(4, name="in"), layers.LayerNormalization()], name="block"
    )
    x = keras.Input((6, 4))
    return keras.Model(x, layers.Dense(2)(inner(inner(x)) + x))


def shared():
    dense = layers.Dense(4, kernel_initializer="random_normal")
    x = keras.Input((6, 4))
    return keras.Model(x, dense(dense(x)) * 2 + x[:, :1])


def recurrent():
    x = keras.Input((6, 4))
    sequence, *state = layers.LSTM(3, return_sequences=True, return_state=True)(x)
    return keras.Model(x, layers.LSTM(3)(sequence, initial_state=state))


def wrapped():
    x = keras.Input((6, 4))
    y = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    return keras.Model(x, layers.TimeDistributed(layers.Dense(2))(y))


def several():
    a, b = keras.Input((6, 4), name="a"), keras.Input((6, 4), name="b")
    y = layers.MultiHeadAttention(2, 4)(a, b, use_causal_mask=True)
    return keras.Model({"a": a, "b": b}, {"sum": y + a, "first": layers.Concatenate()([y, b])})


MODELS = [sequential, nested, shared, recurrent, wrapped, several]


def given(model):
    return {"a": X, "b": X[::-1].copy()} if isinstance(model.inputs, list) and len(model.inputs) > 1 else X


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_the_same_numbers_with_weights_of_its_own(make):
    model = make()
    for variable in model.variables:
        if variable.dtype == "float32":
            variable.assign(np.random.default_rng(1).standard_normal(variable.shape) ** 2)
    twin_model = rebuilt(model)
    for own, new in zip(
        keras.tree.flatten(model(given(model))), keras.tree.flatten(twin_model(given(model))), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(new), np.asarray(own))
    assert not {id(each) for each in model.variables} & {id(each) for each in twin_model.variables}
    assert [path for path, _ in layers_of(twin_model)] == [path for path, _ in layers_of(model)]
    assert twin_model.count_params() == model.count_params()


def test_what_is_within_models_is_changed_by_its_path():
    model = nested()
    changed = rebuilt(model, lambda layer, path: (lambda x: x * 0 + 7) if path == "block/in" else None)
    assert [path for path, _ in layers_of(changed) if path.startswith("block/")] != []
    assert not np.array_equal(np.asarray(changed(X)), np.asarray(model(X)))


def test_inputs_of_other_sizes():
    changed = rebuilt(sequential(), inputs=InputType("x", (2, 6, 4), "float32"))
    assert changed.input_shape == (2, 6, 4)
    assert changed.output_shape == (2, 6, 5)


def test_settings_reach_what_a_layer_wraps():
    model = wrapped()
    changed = rebuilt(
        model, lambda layer, path: twin(layer, {"unroll": True}) if path.startswith("bidirectional") else None
    )
    (both,) = (layer for layer in changed.layers if isinstance(layer, layers.Bidirectional))
    assert both.forward_layer.unroll
    assert both.backward_layer.unroll
    np.testing.assert_allclose(np.asarray(changed(X)), np.asarray(model(X)), rtol=1e-6)


def test_a_layer_that_cannot_be_made_anew_is_called_itself():
    class Own(layers.Layer):
        def __init__(self, table):
            super().__init__()
            self.table = table

        def call(self, x):
            return x + self.table

    x = keras.Input((6, 4))
    layer = Own(np.ones(4, "float32"))
    model = keras.Model(x, layer(x))
    np.testing.assert_array_equal(np.asarray(rebuilt(model)(X)), X + 1)
