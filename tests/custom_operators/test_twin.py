"""Files with custom operators, compared without their kernels."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith import LitesmithError
from litesmith.custom_operators.twin import NotRunnable, custom_operators_of, runnable, twin_of
from litesmith.diagnostics.base import FindingWarning
from litesmith.frontends.keras import custom_operators
from litesmith.opset.custom import Custom, encode_options
from litesmith.opset.unmodeled import Unmodeled

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def declarations(monkeypatch):
    monkeypatch.setattr(custom_operators, "_declared", {})


@pytest.fixture
def model():
    @litesmith.custom_op("Scaled")
    def scaled(x, *, by=2.0):
        return x * by

    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(3)(scaled(layers.Dense(5, activation="relu")(inputs), by=3.0)))


def found_warnings(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function()
    return result, [each.message.finding for each in caught if isinstance(each.message, FindingWarning)]


def test_converting_compares_the_twin_and_says_that_the_operator_did_not_run(model):
    lite, (finding,) = found_warnings(lambda: litesmith.convert(model))
    assert finding.code == "V105"
    assert finding.operators == ("Scaled",)
    assert custom_operators_of(lite.model) == ("Scaled",)


def test_a_model_without_custom_operators_is_its_own_twin():
    lite = litesmith.convert(keras.Sequential([keras.Input((4,)), layers.Dense(3)]), verify=False)
    same, findings = found_warnings(lambda: runnable(lite))
    assert same is lite
    assert not findings


def test_a_file_is_compared_with_its_model(model, tmp_path):
    path = litesmith.convert(model, verify=False).save(tmp_path / "model.tflite")
    report, (finding,) = found_warnings(lambda: litesmith.verify(model, path))
    assert report.passed
    assert finding.code == "V105"


@pytest.mark.parametrize("change", ["options", "weights"])
def test_what_differs_in_the_file_is_found(model, tmp_path, change):
    lite = litesmith.convert(model, verify=False)
    content = bytes(lite)
    if change == "options":
        right, wrong = (encode_options({"by": value}) for value in (3.0, 5.0))
        assert content.count(right) == 1
        path = tmp_path / "model.tflite"
        path.write_bytes(content.replace(right, wrong))
    else:
        path = lite.save(tmp_path / "model.tflite")
        model.layers[1].kernel.assign(model.layers[1].kernel + 1)
    report, _ = found_warnings(lambda: litesmith.verify(model, path))
    assert not report.passed


def test_a_function_of_numpy_leaves_the_model_not_compared():
    @litesmith.custom_op("Sorted", output_spec=lambda x: keras.KerasTensor(x.shape, x.dtype))
    def ordered(x):
        return np.sort(np.asarray(x), axis=-1)

    inputs = keras.Input((4,))
    model = keras.Model(inputs, ordered(inputs))
    lite, (finding,) = found_warnings(lambda: litesmith.convert(model))
    assert finding.code == "V103"
    assert "'Sorted' calls numpy on tensors" in finding.message()
    with pytest.raises(LitesmithError, match="V103"):
        litesmith.verify(model, lite)


def test_an_operator_whose_function_is_not_known_has_no_twin(model):
    lite = litesmith.convert(model, verify=False)
    custom_operators._declared.clear()
    with pytest.raises(NotRunnable, match="the function of the custom operator 'Scaled' is not known"):
        twin_of(lite)


def test_options_of_another_form_have_no_twin(model):
    lite = litesmith.convert(model, verify=False)
    (operation,) = (each for each in lite.graph.operations if isinstance(each.operator, Custom))
    operation.operator = Unmodeled(name="Scaled", is_custom=True, custom_options=b"by=3")
    with pytest.raises(NotRunnable, match="are no flexbuffer map"):
        twin_of(lite)


def test_a_function_that_returns_another_type_now_has_no_twin(model):
    lite = litesmith.convert(model, verify=False)

    @litesmith.custom_op("Scaled")
    def scaled(x, *, by=2.0):
        return ops.cast(x * by, "int32")

    with pytest.raises(NotRunnable, match="returns int32, and the operator float32"):
        twin_of(lite)


def test_running_says_which_kernel_is_missing(model):
    lite = litesmith.convert(model, verify=False)
    x = RANDOM.normal(size=(2, 4)).astype("float32")
    with pytest.raises(LitesmithError) as caught:
        lite.run(x)
    (finding,) = caught.value.diagnostics
    assert finding.code == "R105"
    assert finding.operator == "Scaled"


@pytest.mark.parametrize("content", [None, b"no library"])
def test_a_library_that_cannot_be_loaded_is_told(model, tmp_path, content):
    path = tmp_path / "libkernels.so"
    if content is not None:
        path.write_bytes(content)
    lite = litesmith.convert(model, verify=False).with_kernels(path)
    assert lite.isolated
    with pytest.raises(LitesmithError) as caught:
        lite.run(RANDOM.normal(size=(2, 4)).astype("float32"))
    (finding,) = caught.value.diagnostics
    assert finding.code == "R106"
    assert str(path) in finding.message()
