"""What files have values for is not drawn, and what they have none for is drawn as Keras draws it."""

import sys
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from litesmith import LitesmithError
from litesmith.frontends.keras.stored_state import drawing_late
from litesmith.frontends.open import open_file


class Counting(keras.initializers.RandomNormal):
    """Says how often it was asked."""

    drawn = 0

    def __call__(self, *args, **kwargs):
        type(self).drawn += 1
        return super().__call__(*args, **kwargs)


@pytest.fixture(autouse=True)
def nothing_drawn():
    Counting.drawn = 0


def model():
    image = keras.Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, kernel_initializer=Counting())(image))
    x = layers.Dropout(0.1)(layers.Dense(5, kernel_initializer=Counting(), name="dense")(layers.Flatten()(x)))
    return keras.Model(image, layers.Dense(2, name="last")(x))


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_what_is_stored_is_not_drawn(name, tmp_path):
    written = model()
    for variable in written.variables:
        variable.assign(np.random.default_rng(0).uniform(0, 9, variable.shape))
    written.save(path := tmp_path / name)
    Counting.drawn = 0
    read = open_file(path, {"Counting": Counting})
    assert Counting.drawn == 0
    for ours, theirs in zip(read.weights, written.weights, strict=True):
        assert (ours.path, ours.dtype) == (theirs.path, theirs.dtype)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        assert ours.numpy().flags.writeable


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_value_that_the_file_lacks_is_said(name, tmp_path):
    model().save(path := tmp_path / name)
    place = "layers/dense/vars/0" if name == "model.keras" else "model_weights/dense"
    if name == "model.keras":
        with zipfile.ZipFile(path) as archive:
            members = {each: archive.read(each) for each in archive.namelist()}
        (tmp_path / "weights.h5").write_bytes(members["model.weights.h5"])
        with h5py.File(tmp_path / "weights.h5", "r+") as file:
            del file[place]
        with zipfile.ZipFile(path, "w") as archive:
            for each, content in members.items():
                archive.writestr(each, (tmp_path / "weights.h5").read_bytes() if each.endswith(".h5") else content)
    else:
        with h5py.File(path, "r+") as file:
            del file[place]
    with pytest.raises(LitesmithError):
        open_file(path, {"Counting": Counting})


def test_what_gets_no_value_is_drawn_at_the_end():
    with drawing_late():
        dense = layers.Dense(3, kernel_initializer=Counting(seed=1))
        dense.build((None, 2))
        assert Counting.drawn == 0
        dense.bias.assign([1.0, 2.0, 3.0])
    assert Counting.drawn == 1
    np.testing.assert_array_equal(dense.kernel.numpy(), keras.initializers.RandomNormal(seed=1)((2, 3)))
    np.testing.assert_array_equal(dense.bias.numpy(), [1, 2, 3])


def test_what_is_read_before_it_has_a_value_stays_what_was_read():
    with drawing_late():
        dense = layers.Dense(3, kernel_initializer=Counting())
        dense.build((None, 2))
        read = np.array(dense.kernel.value)
    assert Counting.drawn == 1
    np.testing.assert_array_equal(dense.kernel.numpy(), read)


def test_variables_are_made_as_before_afterwards():
    with pytest.raises(RuntimeError), drawing_late():
        raise RuntimeError
    before = vars(keras.Variable).get("_initialize_with_initializer")
    with drawing_late():
        assert vars(keras.Variable)["_initialize_with_initializer"] is not before
    assert vars(keras.Variable).get("_initialize_with_initializer") is before
    assert keras.Variable(Counting(), (2,)).numpy().shape == (2,)
    assert Counting.drawn == 1


class Holder(layers.Layer):
    """Layers in a list, and values of its own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.parts = [layers.Dense(3, name="a"), layers.Dense(3, name="b")]

    def build(self, shape):
        for each in self.parts:
            each.build(shape)

    def call(self, x):
        return sum(each(x) for each in self.parts)

    def save_own_variables(self, store):
        store["scale"] = np.array([2.0, 3.0])

    def load_own_variables(self, store):
        self.scale, self.names = store["scale"], (list(store.keys()), len(store), "scale" in store, "other" in store)


def test_layers_in_a_list_and_own_values_are_read(tmp_path):
    written = keras.Sequential([keras.Input((3,)), Holder()])
    written.save(path := tmp_path / "model.keras")
    read = open_file(path, {"Holder": Holder})
    np.testing.assert_array_equal(read(np.ones((1, 3))), written(np.ones((1, 3))))
    assert read.layers[0].names == (["scale"], 1, True, False)
    np.testing.assert_array_equal(read.layers[0].scale, [2, 3])


def test_elements_that_hdf5_has_in_another_form(tmp_path):
    """Of bfloat16, and packed."""
    written = keras.Sequential([keras.Input((3,)), layers.Dense(4, dtype="bfloat16")])
    written.layers[0].kernel.assign(np.arange(12).reshape(3, 4) / 8)
    written.save(path := tmp_path / "model.keras")
    read = open_file(path)
    assert str(read.weights[0].value.dtype) == "bfloat16"
    np.testing.assert_array_equal(np.float32(read.weights[0].value), np.arange(12, dtype="float32").reshape(3, 4) / 8)


def test_an_archive_that_was_packed_again(tmp_path):
    written = model()
    written.save(path := tmp_path / "model.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "packed.keras", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    read = open_file(tmp_path / "packed.keras", {"Counting": Counting})
    for ours, theirs in zip(read.weights, written.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_hdf5_opens_without_tensorflow(tmp_path, monkeypatch):
    """Keras' own loader imports it."""
    model().save(path := tmp_path / "model.h5")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert len(open_file(path, {"Counting": Counting}).weights) == 10
