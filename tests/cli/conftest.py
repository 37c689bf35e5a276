"""Running commands, and models to run them on."""

import json

import keras
import numpy as np
import pytest
from keras import layers
from typer.testing import CliRunner

import litesmith
from litesmith.cli.main import app


class Ran:
    """What a command left: exit code, both streams, and the JSON where there is one."""

    def __init__(self, result):
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert "Traceback" not in self.err
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def command():
    return lambda *arguments: Ran(CliRunner().invoke(app, [str(argument) for argument in arguments]))


@pytest.fixture(scope="session")
def model():
    keras.utils.set_random_seed(0)
    image = keras.Input((6,), name="image")
    x = layers.Dense(5, activation="relu", name="hidden")(image)
    return keras.Model(image, layers.Dense(3, name="scores")(x), name="small")


@pytest.fixture
def keras_file(model, tmp_path):
    model.save(path := tmp_path / "small.keras")
    return path


@pytest.fixture
def lite_file(model, tmp_path):
    return litesmith.convert(model, verify=False).save(tmp_path / "small.tflite")


@pytest.fixture
def arrays(tmp_path):
    images = np.random.default_rng(1).standard_normal((5, 6)).astype("float32")
    np.savez(path := tmp_path / "in.npz", image=images)
    return path
