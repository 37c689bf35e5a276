"""Beginnings of the classes that a file needs: layers, and whole models."""

import keras
import pytest
from keras import layers

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.custom_objects import import_custom_objects
from litesmith.frontends.keras.legacy.stubs import stub
from litesmith.frontends.open import open_file

VAE_STUB = '''\
import keras


@keras.saving.register_keras_serializable()
class VAE(keras.Model):
    """Made of inputs and outputs, whose layers the file has; add `call` only if it had one of its own."""
'''


class VAE(keras.Model):
    """As people derive models from inputs and outputs, to train them in their own way."""


class Scale(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],))

    def call(self, inputs):
        return inputs * self.scale


class Net(keras.Model):
    def __init__(self, units=3, **options):
        super().__init__(**options)
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return {"units": self.units}


@pytest.fixture(params=["model.h5", "model.keras"])
def path(request, tmp_path):
    return tmp_path / request.param


def stub_of(path):
    with pytest.raises(LitesmithError) as raised:
        open_file(path)
    return raised.value.diagnostics[0].stub


def test_a_model_of_inputs_and_outputs_is_a_model_without_more(path, tmp_path):
    inputs = keras.Input((4,))
    VAE(inputs, layers.Dense(3)(inputs)).save(path)
    assert stub_of(path) == VAE_STUB
    (tmp_path / "classes.py").write_text(VAE_STUB)
    assert open_file(path, import_custom_objects(tmp_path / "classes.py")).count_params() == 15


def test_a_model_of_its_own_code_is_a_model_with_the_weights_that_the_file_has(path):
    model = Net(5)
    model(keras.ops.ones((1, 4)))
    model.save(path)
    made = stub_of(path)
    assert "class Net(keras.Model):" in made
    assert "def __init__(self, units=5, **options):" in made
    assert "(4, 5), (5,)" in made
    assert "def call(self, inputs):" in made
    assert "None" not in made
    assert "add_weight" not in made
    compile(made, "stub.py", "exec")


def test_a_layer_has_its_weights(path):
    keras.Sequential([keras.Input((4,)), layers.Dense(3), Scale(name="a"), Scale(activity_regularizer="l2")]).save(path)
    made = stub_of(path)
    assert '"""Of the layers a, scale' in made
    assert "shape=(3,))" in made
    assert "activity_regularizer" not in made
    compile(made, "stub.py", "exec")


def test_a_layer_without_a_name_says_none():
    assert "Of the layers" not in stub({"Mine": [{"class_name": "Mine", "config": {}}]}, {})
