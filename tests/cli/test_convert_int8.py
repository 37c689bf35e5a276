"""`litesmith convert --quantize int8`."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("int8")
    x = keras.Input((8, 8, 3), name="image")
    y = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(x))
    keras.Model(x, layers.Dense(3, name="scores")(y)).save(path / "model.keras")
    np.savez(path / "images.npz", image=np.random.default_rng(0).standard_normal((64, 8, 8, 3)).astype("float32"))
    return path


def test_a_file_of_integers_is_written_with_what_was_lost(command, folder):
    said = ["convert", folder / "model.keras", "-o", folder / "int8.tflite", "--quantize", "int8"]
    ran = command(*said, "--calibration", folder / "images.npz", "--inference-type", "uint8")
    assert ran.code == 0, ran.err
    assert "same as Keras before its numbers became integers" in ran.out
    assert "output 'scores' is" in ran.out
    assert litesmith.load(folder / "int8.tflite").graph.inputs[0].type.dtype.value == "uint8"
    data = command(*said, "--calibration", folder / "images.npz", "--json").json
    assert data["losses"][0]["decibels"] > 25


def test_without_data_it_is_refused(command, folder):
    ran = command("convert", folder / "model.keras", "-o", folder / "none.tflite", "--quantize", "int8")
    assert ran.code == 2
    assert "Q103" in ran.err
    assert not (folder / "none.tflite").exists()


def test_data_for_another_form_is_a_mistake(command, folder):
    ran = command("convert", folder / "model.keras", "--quantize", "float16", "--calibration", folder / "images.npz")
    assert ran.code == 2
    assert "that is for" in ran.err


def test_16_bits_are_reached_from_convert(command, folder):
    file = folder / "int16.tflite"
    given = ("--quantize", "int16x8", "--calibration", folder / "images.npz", "--inference-type", "int16")
    ran = command("convert", folder / "model.keras", "-o", file, *given)
    assert ran.code == 0, ran.err
    assert litesmith.load(file).graph.inputs[0].type.dtype.value == "int16"


def test_what_is_refined_is_kept_in_a_folder(command, folder, tmp_path):
    said = ["convert", folder / "model.keras", "--quantize", "int8", "--calibration", folder / "images.npz"]
    for name in ("first", "again"):
        ran = command(*said, "-o", tmp_path / f"{name}.tflite", "--resume", tmp_path / "kept")
        assert ran.code == 0, ran.err
    assert len(list((tmp_path / "kept").glob("layer_*.npz"))) == 2
    assert (tmp_path / "first.tflite").read_bytes() == (tmp_path / "again.tflite").read_bytes()
    ran = command(*said[:4], "-o", tmp_path / "x.tflite", "--resume", tmp_path / "kept")
    assert ran.code == 2
    assert "--calibration" in ran.err
