"""The Python face: convert, run, save, load, verify."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError


@pytest.fixture(scope="module")
def model():
    return keras.Sequential([keras.Input((4,), name="features"), layers.Dense(3, name="scores")], name="net")


@pytest.fixture(scope="module")
def lite(model):
    return litesmith.convert(model)


def test_importing_litesmith_imports_nothing_else():
    code = "import sys, litesmith; print([m for m in ('numpy', 'keras', 'jax', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_everything_public_is_there():
    for name in litesmith.__all__:
        assert getattr(litesmith, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'conver'"):
        litesmith.conver  # noqa: B018


def test_one_file_runs_at_any_batch(model, lite):
    for batch in (1, 3, 8, 1):
        x = np.random.default_rng(batch).standard_normal((batch, 4)).astype("float32")
        np.testing.assert_allclose(lite.run(x), model(x), atol=1e-6)


def test_batch_pins_the_batch(model):
    lite = litesmith.convert(model, batch=2)
    assert str(lite.signatures["serving_default"]["inputs"]["features"]) == "float32[2, 4]"
    with pytest.raises(ValueError, match=r"'features' has shape \(2, 4\), not \(3, 4\)"):
        lite.run(np.zeros((3, 4)))


def test_names_are_those_of_keras(lite):
    face = lite.signatures["serving_default"]
    assert list(face["inputs"]) == ["features"]
    assert list(face["outputs"]) == ["scores"]


def test_the_same_model_gives_the_same_bytes(model, lite):
    assert bytes(litesmith.convert(model)) == bytes(lite)


def test_a_saved_file_loads_and_runs_alike(lite, tmp_path):
    path = lite.save(tmp_path / "model.tflite")
    again = litesmith.load(path)
    assert path.read_bytes() == bytes(lite) == bytes(again)
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(again.run(x), lite.run(x))
    assert again.signatures.keys() == lite.signatures.keys()


def test_inputs_may_be_lists_integers_and_float64(model, lite):
    expected = np.asarray(model(np.ones((1, 4), "float32")))
    for x in ([[1, 1, 1, 1]], np.ones((1, 4), int), np.ones((1, 4)), {"features": np.ones((1, 4))}):
        np.testing.assert_allclose(lite.run(x), expected, atol=1e-6)


def test_inputs_of_another_rank_are_refused_with_the_right_one(lite):
    with pytest.raises(ValueError, match=r"'features' has 2 axes \(None, 4\), not 1 \(4,\)"):
        lite.run(np.ones(4))


def test_arguments_in_the_wrong_place_are_said(model, lite):
    with pytest.raises(TypeError, match=r"run\(\[x, y\]\)"):
        lite.run(np.zeros((1, 4)), np.zeros((1, 4)))
    with pytest.raises(TypeError, match="the Keras model first"):
        litesmith.verify(lite, model)
    with pytest.raises(ValueError, match="the model's inputs are 'features', not 'feature'"):
        lite.run({"feature": np.zeros((1, 4))})


def test_verify_reports_each_output(model, lite):
    report = litesmith.verify(model, lite)
    assert report
    (output,) = report.outputs
    assert output.name == "scores"
    assert output.max_abs <= output.allowed


def test_verify_finds_other_weights(model, lite):
    other = keras.models.clone_model(model)
    report = litesmith.verify(other, lite)
    assert not report
    assert "DIFFERENT" in str(report)
    assert report.to_json()["passed"] is False


def test_verify_takes_the_users_data(model, lite):
    assert litesmith.verify(model, lite, data=np.full((5, 4), 100.0, "float32")).samples == 1


def test_convert_raises_with_both_numbers_when_outputs_differ(model):
    with pytest.raises(LitesmithError, match=r"V101: Output 'scores' differs from Keras by .* where .* is allowed"):
        litesmith.convert(model, atol=-1.0, rtol=0.0)


def test_training_on_after_conversion_leaves_the_file_alone():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(300)])
    lite = litesmith.convert(model)
    before, content = lite.run(np.ones((1, 4))), bytes(lite)
    model.layers[0].kernel.assign(model.layers[0].kernel * 2)
    np.testing.assert_array_equal(lite.run(np.ones((1, 4))), before)
    largest = max(value.constant.array().size for value in lite.graph.constants())
    assert largest == 1200
    assert bytes(lite) == content


def test_the_model_is_left_as_it_was(model):
    nodes = len(model.layers[0]._inbound_nodes)
    litesmith.convert(model, verify=False)
    assert len(model.layers[0]._inbound_nodes) == nodes
    assert keras.ops.add(1, 1) == 2
    for changed in (keras.layers.Layer.symbolic_call, keras.Operation.symbolic_call, keras.src.backend.numpy.add):
        assert "litesmith" not in changed.__code__.co_filename


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_infinities_and_nans_of_weights_come_without_a_warning():
    class Logarithms(layers.Layer):
        def build(self, shape):
            self.weight = self.add_weight(shape=shape[-1:], initializer=keras.initializers.Constant(-1.0))

        def call(self, x):
            return x + keras.ops.log(self.weight)

        def compute_output_shape(self, shape):
            return shape

    normalization = layers.BatchNormalization()
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Logarithms()(layers.Rescaling(1e38)(layers.Rescaling(1e38)(normalization(inputs)))))
    normalization.moving_variance.assign([-1.0, 0.0, 1e-38])
    normalization.gamma.assign([3e38] * 3)
    litesmith.convert(model, verify=False)


def test_without_a_backend_a_file_is_refused_with_what_to_install(model, tmp_path):
    model.save(path := tmp_path / "net.keras")
    code = "import importlib.util as u; u.find_spec = lambda name: None; import litesmith; litesmith.convert('{}')"
    environment = {**os.environ, "KERAS_BACKEND": ""}
    command = [sys.executable, "-c", code.format(path)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert "B101: Keras needs a backend, and none is installed" in ended.stderr
    assert "pip install jax" in ended.stderr


@pytest.mark.parametrize("given", [{"atol": "x"}, {"rtol": [1e-3]}])
def test_tolerances_are_numbers(given):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="is a number, not"):
        litesmith.convert(model, **given)
    with pytest.raises(ValueError, match="is a number, not"):
        litesmith.verify(model, litesmith.convert(model), **given)


def test_custom_objects_that_are_no_dictionary_are_answered_before_anything_is_read():
    with pytest.raises(TypeError, match="takes a dictionary, or the Python file"):
        litesmith.convert("missing.keras", custom_objects=[keras.layers.Dense])
