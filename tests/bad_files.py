"""Files that cannot be converted, and the code of the finding that each must give."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

import litesmith


def dense_model() -> keras.Model:
    return keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3, name="scores")], name="dense_model")


class Scale(layers.Layer):
    """A layer that a file holds only by name."""

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(), initializer="ones")

    def call(self, inputs):
        return inputs * self.factor


class Shift(layers.Layer):
    """Another one."""

    def call(self, inputs):
        return inputs + 1.0


def custom_model() -> keras.Model:
    inputs = keras.Input((4,), name="x")
    return keras.Model(inputs, Shift(name="b")(layers.Dense(3)(Scale(name="a")(inputs))))


def missing(folder: Path) -> Path:
    return folder / "nowhere.keras"


def empty(folder: Path) -> Path:
    (path := folder / "empty.keras").touch()
    return path


def folder_itself(folder: Path) -> Path:
    (path := folder / "plain").mkdir()
    return path


def saved_model(folder: Path) -> Path:
    (path := folder / "saved").mkdir()
    (path / "saved_model.pb").write_bytes(b"\x08\x01")
    return path


def random_bytes(folder: Path) -> Path:
    (path := folder / "random.keras").write_bytes(np.random.default_rng(0).bytes(1000))
    return path


def text(folder: Path) -> Path:
    (path := folder / "model.keras").write_text("import keras\n")
    return path


def pickled(folder: Path) -> Path:
    (path := folder / "model.keras").write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    return path


def other_zip(folder: Path) -> Path:
    with zipfile.ZipFile(path := folder / "other.keras", "w") as archive:
        archive.writestr("readme.txt", "hello")
    return path


def other_hdf5(folder: Path) -> Path:
    with h5py.File(path := folder / "other.h5", "w") as file:
        file["table"] = np.arange(3)
    return path


def litert(folder: Path) -> Path:
    return litesmith.convert(dense_model(), verify=False).save(folder / "converted.keras")


def weights_only(folder: Path) -> Path:
    dense_model().save_weights(path := folder / "model.weights.h5")
    return path


def custom_classes(folder: Path) -> Path:
    custom_model().save(path := folder / "custom.keras")
    return path


def custom_classes_hdf5(folder: Path) -> Path:
    custom_model().save(path := folder / "custom.h5")
    return path


def lambda_layer(folder: Path) -> Path:
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x if x is x else -x, name="to_unit")])
    model.save(path := folder / "lambda.keras")
    return path


def lambda_layer_hdf5(folder: Path) -> Path:
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x if x is x else -x, name="to_unit")])
    model.save(path := folder / "lambda.h5")
    return path


def lambda_layer_keras_2(folder: Path) -> Path:
    """As Keras 2 stored it: the code, its defaults and its closure in a list."""
    path = lambda_layer_hdf5(folder)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layer = next(entry for entry in config["config"]["layers"] if entry["class_name"] == "Lambda")
        layer["config"]["function"] = ["4wEAAAA=", None, None]
        file.attrs["model_config"] = json.dumps(config)
    return path


def cut_off(folder: Path) -> Path:
    dense_model().save(path := folder / "cut.keras")
    path.write_bytes(path.read_bytes()[:-100])
    return path


def cut_off_hdf5(folder: Path) -> Path:
    dense_model().save(path := folder / "cut.h5")
    path.write_bytes(path.read_bytes()[:1000])
    return path


def flipped_weights(folder: Path) -> Path:
    """A byte of the stored weights was changed."""
    dense_model().save(path := folder / "flipped.keras")
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("model.weights.h5").header_offset
    content = bytearray(path.read_bytes())
    content[start + 4000] ^= 0xFF
    path.write_bytes(content)
    return path


def with_config(change: Callable[[dict], object]) -> Callable[[Path], Path]:
    """A `.keras` file whose description was changed."""

    def build(folder: Path) -> Path:
        dense_model().save(folder / "sound.keras")
        path = folder / "changed.keras"
        with zipfile.ZipFile(folder / "sound.keras") as sound, zipfile.ZipFile(path, "w") as changed:
            for name in sound.namelist():
                content = sound.read(name)
                if name == "config.json":
                    config = json.loads(content)
                    content = json.dumps(change(config)).encode()
                changed.writestr(name, content)
        (folder / "sound.keras").unlink()
        return path

    return build


def _unknown_argument(config: dict) -> dict:
    config["config"]["layers"][1]["config"]["frobnicate"] = 3
    return config


def unbuilt(folder: Path) -> Path:
    keras.Sequential([layers.Dense(3)]).save(path := folder / "unbuilt.keras")
    return path


BAD_FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (missing, "F101"),
    "empty": (empty, "F102"),
    "folder": (folder_itself, "F103"),
    "SavedModel without graphs": (saved_model, "F108"),
    "random bytes": (random_bytes, "F104"),
    "text": (text, "F104"),
    "pickle": (pickled, "F104"),
    "another zip": (other_zip, "F104"),
    "another HDF5": (other_hdf5, "F104"),
    "a LiteRT file": (litert, "F104"),
    "weights only": (weights_only, "F105"),
    "custom classes": (custom_classes, "F106"),
    "custom classes in HDF5": (custom_classes_hdf5, "F106"),
    "lambda": (lambda_layer, "F107"),
    "lambda in HDF5": (lambda_layer_hdf5, "F107"),
    "lambda of Keras 2": (lambda_layer_keras_2, "F107"),
    "cut off": (cut_off, "F108"),
    "cut off HDF5": (cut_off_hdf5, "F108"),
    "flipped weights": (flipped_weights, "F108"),
    "description that is a list": (with_config(lambda config: [config]), "F108"),
    "unknown argument": (with_config(_unknown_argument), "F110"),
    "unbuilt": (unbuilt, "K301"),
}
