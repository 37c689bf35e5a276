"""`litesmith check-data`, and folders of images on the command line."""

import importlib.util

import keras
import numpy as np
import pytest
from keras import layers

import litesmith


@pytest.fixture
def folder(tmp_path):
    inputs = keras.Input((8, 8, 1), name="pixels")
    x = layers.BatchNormalization(name="normalize")(inputs)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    random = np.random.default_rng(0)
    ramps = np.linspace(0, 1, 8)[:, None] * np.linspace(0.2, 1, 8)
    images = (ramps[..., None] * random.uniform(0.3, 1, (64, 1, 1, 1))).astype("float32")
    model.get_layer("normalize").moving_mean.assign([images.mean()])
    model.get_layer("normalize").moving_variance.assign([images.var()])
    model.save(tmp_path / "model.keras")
    litesmith.convert(model, verify=False).save(tmp_path / "model.tflite")
    np.save(tmp_path / "good.npy", images)
    np.savez(tmp_path / "bad.npz", pixels=images * 255)
    return tmp_path


def test_good_data_passes(command, folder):
    ran = command("check-data", folder / "model.keras", "--data", folder / "good.npy", "--probe", folder / "good.npy")
    assert ran.code == 0
    assert "nothing is wrong with the calibration data: 64 samples" in ran.out


def test_bad_data_is_a_negative_finding(command, folder):
    said = ("check-data", folder / "model.keras", "--data", folder / "bad.npz")
    ran = command(*said)
    assert ran.code == 1
    assert "is scaled 0 to 255, and 0 to 1 is meant" in ran.err
    data = command(*said, "--json").json
    assert (data["ok"], data["passed"], data["samples"]) == (False, False, 64)
    assert [finding["code"] for finding in data["findings"]] == ["Q205"]
    assert command(*said, "--ignore", "Q205").code == 0


def test_data_that_does_not_fit_is_a_mistake(command, folder):
    np.save(folder / "other.npy", np.zeros((40, 4, 4, 1), "float32"))
    ran = command("check-data", folder / "model.tflite", "--data", folder / "other.npy")
    assert ran.code == 2
    assert "resize them to 8 x 8" in ran.err
    ran = command("check-data", folder / "model.tflite", "--data", folder / "good.npy", "--pixels", "0..1")
    assert ran.code == 2
    assert "--pixels" in ran.err


@pytest.mark.skipif(importlib.util.find_spec("PIL") is None, reason="Pillow reads the images")
def test_a_folder_of_images_with_its_scale(command, folder):
    from PIL import Image

    (folder / "photos").mkdir()
    for place, image in enumerate(np.load(folder / "good.npy")):
        Image.fromarray((image[..., 0] * 255).astype("uint8")).save(folder / "photos" / f"{place}.png")
    said = ("check-data", folder / "model.keras", "--data", folder / "photos")
    assert command(*said, "--pixels", "0..1").code == 0
    assert "Q205" in command(*said).err
    assert command(*said, "--pixels", "bytes").code == 2
    ran = command("quantize", folder / "model.tflite", "--calibration", folder / "photos", "--pixels", "0..1")
    assert ran.code == 0, ran.err
