"""Weights of a file in a model that something else describes."""

import json

import h5py
import keras
import numpy as np
import pytest
from typer.testing import CliRunner

import litesmith
from litesmith import LitesmithError
from litesmith.cli.main import app
from litesmith.frontends.open import open_file
from old_files import CORPUS, OWN, close, expected

OLD = CORPUS / "tf_keras" / "functional_in_sequential.h5"


def weights_of(path, target):
    """The weights of a whole model's file, as `save_weights` wrote them."""
    with h5py.File(path) as old, h5py.File(target, "w") as new:
        group = old["model_weights"]
        for name, value in group.attrs.items():
            new.attrs[name] = value
        for name in group:
            group.copy(name, new)
        return old.attrs["model_config"]


def described(config):
    """As `model.to_json()` of Keras 2 said it."""
    return json.dumps({**json.loads(config), "keras_version": "2.15.0", "backend": "tensorflow"})


def test_weights_of_keras_2_with_its_description(tmp_path):
    text = described(weights_of(OLD, tmp_path / "model.h5"))
    (tmp_path / "model.json").write_text(text)
    inputs, outputs = expected(OLD)
    for architecture in (text, tmp_path / "model.json", str(tmp_path / "model.json"), json.loads(text)):
        model = open_file(tmp_path / "model.h5", architecture=architecture)
        close(model(inputs[0], training=False), outputs, OLD)


def towers(name="tower"):
    tower = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(4, "tanh", name="first"), keras.layers.Dense(3, name="second")],
        name=name,
    )
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    distance = keras.layers.Subtract()([tower(left), tower(right)])
    return keras.Model([left, right], keras.layers.Dense(1, name="dense")(distance))


@pytest.mark.parametrize("name", ["tf_keras/sequential_in_functional.h5", "tf_2.13/sequential_in_functional.keras"])
@pytest.mark.parametrize("make", [towers, towers(), lambda: towers("other")])
def test_weights_of_keras_2_in_a_model_of_today(name, make):
    inputs, outputs = expected(CORPUS / name)
    model = open_file(CORPUS / name, architecture=make)
    close(model(inputs, training=False), outputs, CORPUS / name)


def test_weights_of_keras_3(tmp_path):
    random = towers()
    x = np.random.default_rng(0).normal(size=(2, 3, 6)).astype("float32")
    for name in ("model.weights.h5", "model.keras", "model.h5"):
        random.save_weights(tmp_path / name) if "weights" in name else random.save(tmp_path / name)
        for architecture in (towers, random.to_json()):
            model = open_file(tmp_path / name, architecture=architecture)
            np.testing.assert_allclose(model(list(x[:2])), random(list(x[:2])), atol=1e-6)


def test_python_and_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = weights_of(CORPUS / "tf_keras" / "dense.h5", tmp_path / "model.weights.h5")
    (tmp_path / "model.json").write_text(described(config))
    lite = litesmith.convert("model.weights.h5", architecture="model.json")
    inputs, outputs = expected(CORPUS / "tf_keras" / "dense.h5")
    close(lite.run(inputs[0]), outputs, CORPUS / "tf_keras" / "dense.h5")
    assert litesmith.verify("model.weights.h5", lite, architecture="model.json")
    options = ["model.weights.h5", "--architecture", "model.json"]
    assert CliRunner().invoke(app, ["convert", *options, "-o", "a.tflite"]).exit_code == 0
    assert CliRunner().invoke(app, ["verify", "model.weights.h5", "a.tflite", *options[1:]]).exit_code == 0
    assert CliRunner().invoke(app, ["convert", "model.weights.h5"]).exit_code == 2


def test_a_function_by_its_name(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import keras\ndef make():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])\n"
    )
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.save_weights(tmp_path / "model.weights.h5")
    again = open_file(tmp_path / "model.weights.h5", architecture=f"{tmp_path / 'mine.py'}:make")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


def too_wide():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(7, name="dense"), keras.layers.Dense(3, name="dense_1")]
    )


def not_called():
    return keras.Sequential([keras.layers.Dense(7)])


@pytest.mark.parametrize(
    ("architecture", "code"),
    [
        (too_wide, "F123"),
        (towers, "F123"),
        (not_called, "F125"),
        (lambda: 3, "F125"),
        (lambda: 1 / 0, "F125"),
        ("{", "F125"),
        ('{"class_name": 3}', "F125"),
        ('{"class_name": "Sequential", "config": {"name": "x", "layers": 3}}', "F125"),
        ("nowhere.json", "F101"),
        ("nowhere.py:make", "F101"),
    ],
)
def test_an_architecture_that_does_not_do_says_why(architecture, code):
    with pytest.raises(LitesmithError) as raised:
        open_file(CORPUS / "tf_keras" / "dense.h5", OWN, architecture)
    assert [finding.code for finding in raised.value.diagnostics] == [code]


@pytest.mark.parametrize("saved", ["model.weights.h5", "model.keras"])
def test_weights_of_keras_3_that_do_not_fit_say_so(saved, tmp_path):
    model = too_wide()
    model.save_weights(tmp_path / saved) if "weights" in saved else model.save(tmp_path / saved)
    with pytest.raises(LitesmithError, match="F123"):
        open_file(tmp_path / saved, architecture=towers)


def test_a_live_model_takes_no_architecture():
    with pytest.raises(ValueError, match="architecture="):
        litesmith.convert(towers(), architecture=towers)
