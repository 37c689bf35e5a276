"""Files are told apart by content, and each that is no model gives one finding that says what to do."""

import keras
import numpy as np
import pytest

import litesmith
from bad_files import (
    BAD_FILES,
    Scale,
    Shift,
    custom_classes,
    custom_model,
    dense_model,
    lambda_layer,
    lambda_layer_keras_2,
)
from litesmith import LitesmithError
from litesmith.diagnostics.base import FindingWarning
from litesmith.frontends.open import Kind, identify


@pytest.mark.parametrize(("build", "code"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_gives_one_finding(build, code, tmp_path):
    path = build(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(path)
    (finding,) = raised.value.diagnostics
    assert finding.code == code
    assert finding.bad_input
    assert finding.hint()
    assert path.name in finding.message() or code == "K301"
    assert "\n" not in finding.message()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("saved", ["model.keras", "model.h5"])
@pytest.mark.parametrize("called", ["model.keras", "model.h5", "model", "model.tflite", "model.zip"])
def test_the_content_counts_not_the_name(saved, called, tmp_path):
    model = dense_model()
    model.save(tmp_path / saved)
    (tmp_path / "other").mkdir()
    path = (tmp_path / saved).rename(tmp_path / "other" / called)
    assert identify(path) is (Kind.KERAS if saved.endswith(".keras") else Kind.KERAS_HDF5)
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(litesmith.convert(path).run(x), model(x), atol=1e-6)


def test_all_unknown_classes_are_named_at_once(tmp_path):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(custom_classes(tmp_path))
    (finding,) = raised.value.diagnostics
    assert finding.names == ("Scale", "Shift")
    assert "register_keras_serializable" in finding.hint()
    assert "custom_objects=" in finding.hint()


def test_the_custom_classes_of_a_file_can_be_given(tmp_path):
    path = custom_classes(tmp_path)
    lite = litesmith.convert(path, custom_objects={"Scale": Scale, "Shift": Shift})
    assert litesmith.verify(path, lite, custom_objects={"Scale": Scale, "Shift": Shift})
    with pytest.raises(LitesmithError, match=r"F106.*: Shift"):
        litesmith.convert(path, custom_objects={"Scale": Scale})


def test_classes_that_are_registered_need_not_be_given(tmp_path):
    path = custom_classes(tmp_path)
    with keras.saving.custom_object_scope({"Scale": Scale, "Shift": Shift}):
        assert litesmith.convert(path)


def test_how_a_model_was_compiled_does_not_count(tmp_path):
    def my_loss(truth, guess):
        return truth - guess

    model = dense_model()
    model.compile("adam", my_loss)
    model.save(tmp_path / "compiled.keras")
    assert litesmith.convert(tmp_path / "compiled.keras")


def test_an_unknown_function_is_named(tmp_path):
    def my_activation(x):
        return x * 2

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation=my_activation)])
    model.save(path := tmp_path / "model.keras")
    with pytest.raises(LitesmithError, match=r"F106.*my_activation"):
        litesmith.convert(path)
    assert litesmith.convert(path, custom_objects={"my_activation": my_activation})


def test_code_in_a_file_is_never_run(tmp_path, monkeypatch):
    from keras.src.utils import python_utils

    monkeypatch.setattr(python_utils, "func_load", lambda *_, **__: pytest.fail("code of the file was loaded"))
    with pytest.raises(LitesmithError, match=r"F107.*to_unit") as raised:
        litesmith.convert(lambda_layer(tmp_path), custom_objects={"other": Scale})
    assert "def to_unit(x)" in raised.value.diagnostics[0].hint()


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_code_that_is_an_expression_is_read_and_said(tmp_path, name):
    scale, axis = 3.0, -1
    double = keras.layers.Lambda(lambda x: x * 2 + scale, name="double")
    sizes = keras.layers.Lambda(lambda x, factor: keras.ops.sum(x, axis=axis) * factor, arguments={"factor": 0.5})
    model = keras.Sequential([keras.Input((4,)), double, sizes])
    model.save(tmp_path / name)
    with pytest.warns(FindingWarning) as told:
        lite = litesmith.convert(tmp_path / name)
    assert [warning.message.finding.code for warning in told] == ["F115", "F115"]
    assert "`lambda x: (x * 2) + 3.0`" in str(told[0].message)
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(lite.run(x), model(x))


def test_numbers_that_keras_computes_to_learn_shapes_warn_of_nothing(tmp_path, monkeypatch):
    """On numpy it computes with memory as it comes: here, as it seldom comes, of the largest numbers."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x * x, name="square")])
    model.save(path := tmp_path / "model.h5")
    monkeypatch.setattr(np, "empty", lambda shape, dtype=float: np.full(shape, np.finfo("float32").max, dtype))
    with pytest.warns(FindingWarning) as told:
        litesmith.convert(path)
    assert {type(warning.message) for warning in told} == {FindingWarning}


@pytest.mark.parametrize("kind", [lambda_layer, lambda_layer_keras_2])
def test_a_function_of_the_users_stands_for_code(tmp_path, kind):
    lite = litesmith.convert(kind(tmp_path), custom_objects={"to_unit": lambda x: x / 4})
    np.testing.assert_allclose(lite.run(np.ones((1, 4), "float32")), np.full((1, 4), 0.25))


def test_a_layer_whose_name_no_function_can_have_goes_by_a_similar_one(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x if x is x else -x, name="lambda")])
    model.save(path := tmp_path / "model.keras")
    with pytest.raises(LitesmithError, match=r"def lambda_\(x\)"):
        litesmith.convert(path)
    assert litesmith.convert(path, custom_objects={"lambda_": lambda x: x / 4})


def test_models_of_many_keras_classes_are_all_known(tmp_path):
    """Initializers, regularizers, constraints, wrapped and nested layers, and policies are Keras' own."""
    from keras import layers

    inputs = keras.Input((6, 4))
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True, kernel_regularizer="l2"))(inputs)
    x = layers.TimeDistributed(layers.Dense(3, kernel_initializer="he_normal", kernel_constraint="max_norm"))(x)
    x = layers.Dense(2, activation=keras.ops.sigmoid, dtype="mixed_bfloat16")(x)
    nested = keras.Sequential([keras.Input((6, 2)), layers.Flatten(), layers.Activation("gelu")])
    model = keras.Model(inputs, nested(x))
    from litesmith.frontends.open import open_file

    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        again = open_file(tmp_path / name)
        assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    from pathlib import Path

    dense_model().save(path := tmp_path / "model.keras")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LitesmithError, match=r"F109.*permission denied"):
        litesmith.convert(path)


def test_load_refuses_what_is_not_litert(tmp_path):
    dense_model().save(path := tmp_path / "model.tflite.keras")
    with pytest.raises(LitesmithError, match=r"F104.*is not a LiteRT model.*it is a Keras model"):
        litesmith.load(path)
    with pytest.raises(LitesmithError, match="F101"):
        litesmith.load(tmp_path / "nowhere.tflite")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([(None, 4), (None, 4)], "2 given for 1 inputs"),
        ((None, 4, 1), r"shape \(None, 4, 1\) for input 'x'"),
        ((None, 5), r"shape \(None, 5\) for input 'x'"),
        (keras.InputSpec(shape=(None, 4), dtype="int32"), "type int32 for input 'x', which is float32"),
        ("four", r"shape \('four',\) for input 'x'"),
    ],
)
def test_inputs_that_do_not_fit_say_what_would(inputs, message):
    with pytest.raises(LitesmithError, match=f"K302.*{message}") as raised:
        litesmith.convert(dense_model(), inputs=inputs)
    assert "(None, 4)" in raised.value.diagnostics[0].hint()


def test_an_unbuilt_model_that_cannot_take_the_inputs_says_so():
    model = keras.Sequential([keras.layers.Conv2D(3, 3)])
    with pytest.raises(LitesmithError, match="K306"):
        litesmith.convert(model, inputs=(None, 4))


@pytest.mark.parametrize("batch", [0, 2.0, "4"])
def test_a_batch_is_a_positive_whole_number(batch):
    with pytest.raises(LitesmithError, match=f"K302.*batch={batch!r}"):
        litesmith.convert(dense_model(), batch=batch)


def test_the_custom_model_is_what_its_file_says():
    assert [type(layer).__name__ for layer in custom_model().layers] == ["InputLayer", "Scale", "Dense", "Shift"]


@keras.saving.register_keras_serializable("litesmith_tests")
class TwoArguments(keras.Model):
    """Keras keeps the shape of its first argument only, so that it cannot build it again."""

    def __init__(self, **options):
        super().__init__(**options)
        self.left, self.right = keras.layers.Dense(3, name="left"), keras.layers.Dense(3, name="right")
        self.never_called = keras.layers.Dense(5, name="never_called")

    def call(self, image, size):
        return self.left(image) + self.right(size)

    def get_config(self):
        return {}


class ThatKerasCanBuild(TwoArguments):
    def get_build_config(self):
        return {"image": 4, "size": 2}

    def build_from_config(self, config):
        self(image=np.zeros((1, config["image"]), "float32"), size=np.zeros((1, config["size"]), "float32"))


SHAPES = {"image": (None, 4), "size": (None, 2)}


def called(model):
    model(np.ones((1, 4), "float32"), np.ones((1, 2), "float32"))
    return model


@pytest.mark.filterwarnings("ignore:Model 'two_arguments':UserWarning")
def test_weights_that_keras_leaves_out_without_an_error_are_missed(tmp_path):
    called(TwoArguments()).save(path := tmp_path / "two.keras")
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(path, inputs=SHAPES)
    (finding,) = raised.value.diagnostics
    assert (finding.code, set(finding.layers)) == ("F113", {"left", "right", "never_called"})


def test_layers_that_are_never_called_have_no_weights_to_miss(tmp_path):
    model = called(ThatKerasCanBuild())
    model.save(path := tmp_path / "two.keras")
    lite = litesmith.convert(path, inputs=SHAPES, custom_objects={"ThatKerasCanBuild": ThatKerasCanBuild})
    assert litesmith.verify(model, lite)
