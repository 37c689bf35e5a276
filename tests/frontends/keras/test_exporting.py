"""`model.export(path, format="litert")` by Litesmith."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((None, 4), name="steps"), layers.LSTM(3)])


@pytest.fixture
def enabled():
    before = keras.Model.export
    litesmith.enable_keras_export()
    yield
    litesmith.enable_keras_export(False)
    assert keras.Model.export is before


@pytest.mark.usefixtures("enabled")
def test_a_model_is_written_on_any_backend(model, tmp_path, capsys):
    model.export(tmp_path / "m.tflite", format="litert")
    x = np.ones((2, 5, 4), "float32")
    np.testing.assert_allclose(litesmith.load(tmp_path / "m.tflite").run(x), model(x), atol=1e-5)
    assert "m.tflite" in capsys.readouterr().out


@pytest.mark.usefixtures("enabled")
def test_shapes_and_options_are_those_of_convert(model, tmp_path):
    for signature in ([keras.InputSpec(shape=(1, 7, 4))], (1, 7, 4), np.ones((1, 7, 4), "float32")):
        model.export(tmp_path / "m.tflite", format="litert", input_signature=signature, verbose=False, rnn="unroll")
        (steps,) = litesmith.load(tmp_path / "m.tflite").signatures["serving_default"]["inputs"].values()
        assert tuple(steps.shape)[1:] == (7, 4)


@pytest.mark.usefixtures("enabled")
def test_mistakes_write_nothing(model, tmp_path):
    with pytest.raises(TypeError, match="takes no optimisations; it takes batch"):
        model.export(tmp_path / "m.tflite", format="litert", optimisations=[])
    with pytest.raises(ValueError, match=r"ends in \.tflite"):
        model.export(tmp_path / "m.lite", format="litert")
    with pytest.raises(LitesmithError):
        model.export(tmp_path / "m.tflite", format="litert", input_signature=(1, 7, 5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("enabled")
def test_other_formats_are_keras_own(model, tmp_path):
    with pytest.raises(ValueError, match="format=nothing"):
        model.export(tmp_path / "m", format="nothing")


def test_without_it_keras_refuses_this_backend(model, tmp_path):
    litesmith.enable_keras_export()
    litesmith.enable_keras_export()
    litesmith.enable_keras_export(False)
    with pytest.raises(ValueError, match="TensorFlow or PyTorch backend"):
        model.export(tmp_path / "m.tflite", format="litert")
