"""Code written for `tf.lite`, as people paste it, without TensorFlow."""

import sys
import warnings

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.compat import lite
from litesmith.diagnostics.base import FindingWarning, LitesmithError


@pytest.fixture(scope="module")
def model():
    return keras.Sequential([keras.Input((6,), name="x"), layers.Dense(4, activation="relu"), layers.Dense(3)])


X = np.random.default_rng(0).standard_normal((1, 6)).astype("float32")


def test_the_usual_lines_make_the_usual_file(model):
    converter = lite.TFLiteConverter.from_keras_model(model)
    content = converter.convert()
    interpreter = lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], X)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(found, model(X), atol=1e-6)
    assert content == bytes(litesmith.convert(model))


def test_a_file_of_keras_is_taken_as_in_tensorflow_1(model, tmp_path):
    model.save(tmp_path / "m.keras")
    assert lite.TFLiteConverter.from_keras_model_file(tmp_path / "m.keras").convert()[4:8] == b"TFL3"


def test_options_that_make_no_difference_say_so(model):
    converter = lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS, lite.OpsSet.SELECT_TF_OPS]
    converter._experimental_lower_tensor_list_ops = False
    converter.allow_custom_ops = True
    with pytest.warns(lite.NoEffect) as told:
        converter.convert()
    said = [str(each.message).partition(" ")[0] for each in told]
    assert sorted(said) == ["OpsSet.SELECT_TF_OPS", "_experimental_lower_tensor_list_ops", "allow_custom_ops"]


def test_options_with_their_usual_value_say_nothing(model):
    converter = lite.TFLiteConverter.from_keras_model(model)
    converter.experimental_new_converter = True
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        converter.convert()


def test_unknown_options_are_errors(model):
    converter = lite.TFLiteConverter.from_keras_model(model)
    with pytest.raises(AttributeError, match="no option optimisations; did you mean optimizations"):
        converter.optimisations = [lite.Optimize.DEFAULT]
    with pytest.raises(AttributeError, match="has no supported_op;"):
        converter.target_spec.supported_op = []


@pytest.fixture(scope="module")
def wide():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((64,), name="x"), layers.Dense(64, activation="relu"), layers.Dense(32)])


def converted(model, **options):
    converter = lite.TFLiteConverter.from_keras_model(model)
    for name, value in options.items():
        setattr(converter, name, value)
    return converter.convert()


def test_optimizations_keep_weights_in_int8(wide):
    content = converted(wide, optimizations=[lite.Optimize.DEFAULT])
    assert content == bytes(litesmith.convert(wide, quantize="dynamic_int8"))
    assert len(content) < len(converted(wide)) / 2


@pytest.mark.parametrize("old", [lite.Optimize.OPTIMIZE_FOR_SIZE, lite.Optimize.OPTIMIZE_FOR_LATENCY])
def test_deprecated_optimizations_mean_the_usual_one_and_say_so(wide, old):
    with pytest.warns(lite.NoEffect, match="deprecated, and means DEFAULT"):
        content = converted(wide, optimizations=[old])
    assert content == converted(wide, optimizations=[lite.Optimize.DEFAULT])


@pytest.mark.parametrize("type", [np.float16, "float16"])
def test_float16_is_kept_in_float16(wide, type):
    spec = lite.TargetSpec(supported_types=[type])
    content = converted(wide, optimizations=[lite.Optimize.DEFAULT], target_spec=spec)
    assert content == bytes(litesmith.convert(wide, quantize="float16"))


DEFAULT = {"optimizations": [lite.Optimize.DEFAULT]}
INT16 = lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimizations": [lite.Optimize.EXPERIMENTAL_SPARSITY]}, "optimizations=EXPERIMENTAL_SPARSITY"),
        ({"inference_input_type": np.uint8}, "inference_input_type=uint8"),
        ({**DEFAULT, "inference_input_type": np.uint8}, "inference_input_type=uint8"),
        ({**DEFAULT, "target_spec": lite.TargetSpec(supported_ops=[INT16])}, "ACTIVATIONS_INT16"),
        ({"target_spec": lite.TargetSpec(supported_ops=[lite.OpsSet.TFLITE_BUILTINS_INT8])}, "TFLITE_BUILTINS_INT8"),
    ],
)
def test_integers_of_other_kinds_are_refused(wide, options, said):
    with pytest.raises(LitesmithError, match=f"C101.*{said}"):
        converted(wide, **options)


def test_integers_need_a_dataset(wide):
    with pytest.raises(LitesmithError, match="Q103"):
        converted(wide, **DEFAULT, target_spec=lite.TargetSpec(supported_ops=[lite.OpsSet.TFLITE_BUILTINS_INT8]))


@pytest.mark.parametrize("face", ["float32", np.int8, "uint8"])
def test_a_dataset_with_optimizations_makes_integers(model, face):
    samples = np.random.default_rng(0).standard_normal((200, 1, 6)).astype("float32")
    faces = {"inference_input_type": face, "inference_output_type": face}
    content = converted(model, **DEFAULT, representative_dataset=of_data(samples), **faces)
    (given,) = lite.Interpreter(model_content=content).get_input_details()
    assert given["dtype"] == np.dtype(face).type
    same = litesmith.convert(model, quantize="int8", calibration=samples[:, 0], inference_type=np.dtype(face).name)
    assert content == bytes(same)


def test_a_dataset_alone_says_that_it_makes_no_difference(model):
    with pytest.warns(lite.NoEffect, match="no activations are quantized"):
        converted(model, representative_dataset=lambda: iter([[X]] * 100))


def test_the_analyzer_prints_the_operators(model, tmp_path, capsys):
    content = lite.TFLiteConverter.from_keras_model(model).convert()
    lite.experimental.Analyzer.analyze(model_content=content)
    assert "FULLY_CONNECTED       2" in capsys.readouterr().out
    (tmp_path / "m.tflite").write_bytes(content)
    lite.experimental.Analyzer.analyze(tmp_path / "m.tflite")
    assert "FULLY_CONNECTED       2" in capsys.readouterr().out
    with pytest.raises(ValueError, match="model_path or a model_content"):
        lite.experimental.Analyzer.analyze()


def test_mistakes_of_the_constructors_are_said(model):
    with pytest.raises(ValueError, match="a list of one concrete function"):
        lite.TFLiteConverter.from_concrete_functions(model)
    with pytest.raises(ValueError, match="tagged 'serve'"):
        lite.TFLiteConverter.from_saved_model("folder", tags=["train"])
    with pytest.raises(ValueError, match="one signature"):
        lite.TFLiteConverter.from_saved_model("folder", signature_keys=["a", "b"])


def test_tensorflow_is_not_needed(model, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert lite.TFLiteConverter.from_keras_model(model).convert()


def of_data(arrays):
    return lambda: ([array] for array in arrays)


def problems(model, dataset, **options):
    """What is said of a dataset, as an error or without one."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            converted(model, optimizations=[lite.Optimize.DEFAULT], representative_dataset=dataset, **options)
        except LitesmithError as error:
            return [(finding.code, finding.message()) for finding in error.diagnostics]
    found = [each.message.finding for each in told if isinstance(each.message, FindingWarning)]
    return [(finding.code, finding.message()) for finding in found if finding.code[0] == "C"]


def test_a_lambda_returning_random_data_is_neither_a_generator_nor_representative(model):
    (code, message), (random_code, random_message) = problems(model, lambda: np.random.rand(10, 6).astype("float32"))
    assert (code, random_code) == ("C102", "C103")
    assert message == "representative_dataset returns an array, float32(10, 6): it is not a generator."
    assert random_message == "representative_dataset draws random numbers (np.random.rand): it is not representative."


def test_a_list_of_random_samples_is_neither_too(model):
    found = problems(model, lambda: [[np.random.rand(1, 6).astype("float32")]])
    assert [code for code, _ in found] == ["C102", "C103"]


def test_a_dataset_of_enough_data_has_nothing_wrong(model):
    assert problems(model, of_data(np.zeros((100, 1, 6), "float32"))) == []
    assert problems(model, lambda: ({"x": X} for _ in range(100))) == []
    assert problems(model, lite.RepresentativeDataset(lambda: ((X,) for _ in range(500)))) == []


def failing():
    yield [X]
    raise KeyError("image")


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (X, ("C102", "is an array, float32(1, 6), not a function")),
        (failing(), ("C102", "is a generator that was already called, not a function")),
        (lambda: None, ("C102", "returns None")),
        (lambda: iter([X]), ("C102", "yields an array, float32(1, 6) rather than a list of the inputs")),
        (of_data([]), ("C104", "there are none")),
        (of_data([X[0]]), ("C104", "sample 0: input 'x' has shape (None, 6), the array (6,), the batch is missing")),
        (of_data([X, X[:, :4]]), ("C104", "sample 1: input 'x' has shape (None, 6), the array (1, 4)")),
        (of_data([X.astype("float64")]), ("C104", "input 'x' is float32, the array float64")),
        (lambda: iter([[X, X]]), ("C104", "2 arrays for 1 inputs")),
        (lambda: iter([{"image": X}]), ("C104", "there is nothing for 'x'")),
        (failing, ("C104", "sample 1 fails: KeyError: image")),
        (lambda: 1 / 0, ("C104", "it fails: ZeroDivisionError: division by zero")),
        (of_data([X] * 99), ("C105", "yields 99 samples")),
    ],
)
def test_mistakes_in_a_dataset_are_said(model, dataset, said):
    ((code, message),) = problems(model, dataset)
    assert code == said[0]
    assert said[1] in message


def test_mistakes_in_a_dataset_are_said_where_it_makes_no_difference(model):
    with pytest.warns(FindingWarning, match="C102") as told:
        converted(model, representative_dataset=lambda: np.random.rand(10, 6))
    said = " ".join(str(each.message) for each in told)
    assert "no activations are quantized" in said
    assert "C102" in said
    assert "C103" in said


def test_a_model_that_does_not_convert_is_said_beside_its_dataset():
    class Odd(layers.Layer):
        def call(self, inputs):
            return np.fft.fft(inputs)

    odd = keras.Sequential([keras.Input((6,)), Odd()])
    codes = [code for code, _ in problems(odd, lambda: np.random.rand(10, 6))]
    assert codes == ["K103", "C102", "C103"]
