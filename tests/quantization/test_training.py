"""`litesmith.qat`: what it trains, and that the file computes what was simulated."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import FindingWarning, LitesmithError
from litesmith.frontends.keras.training.model import QatModel

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((64, 8, 8, 3)).astype("float32")
ROWS = RANDOM.standard_normal((64, 4)).astype("float32")


@pytest.fixture(autouse=True)
def _same_weights():
    keras.utils.set_random_seed(0)


def network():
    """Two inputs and two outputs by name, with what is folded, what only training has, and several scales joined."""
    image, extra = keras.Input((8, 8, 3), name="image"), keras.Input((4,), name="extra")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(image)
    x = layers.ReLU()(layers.BatchNormalization(name="scaling")(x))
    x = layers.AveragePooling2D(2)(layers.Dropout(0.5)(x))
    side = layers.Dense(6, activation="sigmoid", name="side")(extra)
    x = layers.Concatenate()([layers.Flatten()(x), side])
    scores = layers.Dense(5, activation="softmax", name="scores")(x)
    angle = layers.Dense(1, activation="tanh", name="angle")(x)
    return keras.Model({"image": image, "extra": extra}, {"scores": scores, "angle": angle})


DATA = {"image": IMAGES, "extra": ROWS}


def steps_apart(lite, model, data):
    """How many steps lie between each output of the file and of the model."""
    own, simulated = lite.run(data), model.predict(data, verbose=0)
    for name, value in zip(lite.face().output_names, lite.graph.outputs, strict=True):
        (scale,) = value.producer.operands[0].type.quantization.scales
        yield np.abs(own[name] - simulated[name]) / scale


def steps_apart_of_only(lite, model, data):
    """How many steps lie between the only output of the file and the model's."""
    (scale,) = lite.graph.outputs[0].producer.operands[0].type.quantization.scales
    return [np.abs(lite.run(data) - model.predict(data, verbose=0)) / scale]


def move(model, amount=0.3):
    """Other weights than those that calibration saw, as training makes them."""
    for variable in model.trainable_variables:
        own = keras.ops.convert_to_numpy(variable)
        variable.assign(own + amount * np.std(own) * RANDOM.standard_normal(own.shape))


def test_the_file_computes_what_was_simulated():
    model = litesmith.qat(network(), calibration=DATA)
    move(model)
    for apart in steps_apart(litesmith.convert(model), model, DATA):
        assert np.mean(apart < 1.5) >= 0.999


@pytest.mark.parametrize("mode", ["int8", "weights_int4", "dynamic_int8"])
def test_training_begins_with_what_quantizing_makes(mode):
    original = network()
    quantized = litesmith.convert(original, quantize=mode, calibration=DATA)
    own = litesmith.convert(litesmith.qat(original, mode, calibration=DATA))
    for name, found in own.run(DATA).items():
        np.testing.assert_array_equal(found, quantized.run(DATA)[name])


def test_variables_are_called_after_the_layers():
    model = litesmith.qat(network(), calibration=DATA)
    names = ("kernel", "kernel_log_scale", "bias")
    assert {variable.path for variable in model.trainable_variables} == {
        f"{layer}/{name}" for layer in ("stem", "side", "angle", "scores") for name in names
    }


def test_layers_in_layers_have_names_that_every_backend_takes():
    inner = keras.Sequential([keras.Input((64,)), layers.Dense(48, name="scores")], name="head")
    model = litesmith.qat(keras.Sequential([keras.Input((64,)), inner]), "weights_int8")
    assert {variable.path for variable in model.variables} == {
        f"head-scores/{name}" for name in ("kernel", "kernel_log_scale", "bias")
    }


def test_what_is_frozen_is_not_trained():
    original = network()
    original.get_layer("stem").trainable = False
    model = litesmith.qat(original, calibration=DATA)
    assert {variable.path.partition("/")[0] for variable in model.trainable_variables} == {"side", "angle", "scores"}
    assert {variable.path for variable in model.non_trainable_variables} == {
        *("stem/kernel", "stem/kernel_log_scale", "stem/bias")
    }


def test_equal_biases_are_trained_apart():
    image = keras.Input((64,))
    parts = [layers.Dense(32, name=name)(image) for name in ("left", "right")]
    model = litesmith.qat(keras.Model(image, parts), "weights_int8")
    (left,) = (part for part in model.parts if part.name == "left")
    before = litesmith.convert(model).run(FEATURES)
    left.variable("bias").assign(np.ones(32, "float32"))
    now = litesmith.convert(model).run(FEATURES)
    np.testing.assert_allclose(now[0], before[0] + 1, atol=1e-5)
    np.testing.assert_array_equal(now[1], before[1])


def test_a_bias_that_is_frozen_keeps_to_the_scales_of_its_weights():
    original = network()
    original.get_layer("stem").trainable = False
    model = litesmith.qat(original, calibration=DATA)
    (stem,) = (part for part in model.parts if part.name == "stem")
    stem.variable("kernel_log_scale").assign_add(np.full(8, 0.2, "float32"))
    for apart in steps_apart(litesmith.convert(model), model, DATA):
        assert np.mean(apart < 1.5) >= 0.999


def test_a_saved_model_is_the_same(tmp_path):
    model = litesmith.qat(network(), calibration=DATA)
    move(model)
    model.save(tmp_path / "trained.keras")
    again = keras.models.load_model(tmp_path / "trained.keras")
    assert isinstance(again, QatModel)
    for name, found in again.predict(DATA, verbose=0).items():
        np.testing.assert_array_equal(found, model.predict(DATA, verbose=0)[name])
    content = bytes(litesmith.convert(model))
    assert bytes(litesmith.convert(again)) == content
    assert bytes(litesmith.convert(tmp_path / "trained.keras")) == content


def test_the_model_that_was_given_is_not_changed():
    original = network()
    before = original.get_weights()
    move(litesmith.qat(original, calibration=DATA))
    for own, now in zip(before, original.get_weights(), strict=True):
        np.testing.assert_array_equal(own, now)


@pytest.mark.filterwarnings("ignore:D206")
def test_a_microcontroller_gets_its_batch():
    model = litesmith.qat(network(), calibration=DATA)
    lite = litesmith.convert(model, target="tflm")
    sizes = [size for operation in lite.graph.operations for each in operation.results for size in each.type.shape]
    assert {type(size) for size in sizes} == {int}
    assert lite.graph.inputs[0].type.shape[0] == 1


def wide(*parts):
    return keras.Sequential([keras.Input((64,)), layers.Dense(48, "relu", name="wide"), *parts, layers.Dense(3)])


FEATURES = RANDOM.standard_normal((96, 64)).astype("float32")


@pytest.mark.parametrize(
    ("recipe", "stored"),
    [
        ("weights_int4", "int4"),
        ("weights_int8", "int8"),
        ("float16", "float16"),
        ("dynamic_int8", "int8"),
        ("dynamic_int4", "int4"),
        (litesmith.Recipe("float32").int4("wide", block=32), "int4"),
    ],
)
def test_weights_alone(recipe, stored):
    model = litesmith.qat(wide(), recipe)
    move(model)
    lite = litesmith.convert(model)
    own, simulated = lite.run(FEATURES), model.predict(FEATURES, verbose=0)
    np.testing.assert_allclose(own, simulated, rtol=1e-4, atol=1e-5 * np.abs(own).max())
    assert {str(each.type.dtype) for each in lite.graph.constants() if each.type.elements > 1000} == {stored}


def test_a_recipe_says_what_is_rounded():
    recipe = litesmith.Recipe("int8").keep_float("wide")
    lite = litesmith.convert(litesmith.qat(wide(), recipe, calibration=FEATURES))
    products = [each for each in lite.graph.operations if each.operator.builtin == "FULLY_CONNECTED"]
    assert [each.result.type.dtype.value for each in products] == ["float32", "int8"]


def test_a_converted_file_trains_too(tmp_path):
    path = litesmith.convert(wide()).save(tmp_path / "model.tflite")
    assert len(litesmith.qat(path, calibration=FEATURES).trainable_variables) == 6


def test_what_cannot_be_trained_is_said():
    class Doubling(layers.Layer):
        def call(self, x):
            return ops.while_loop(lambda x: ops.max(x) < 100, lambda x: (x * 2 + 1,), (x,))[0]

    with pytest.raises(LitesmithError, match=r"Q131: .*WHILE cannot be computed in training") as told:
        litesmith.qat(wide(Doubling(name="doubling")), calibration=FEATURES)
    assert told.value.diagnostics[0].where.layer == "doubling"


def recurrent(layer, units=6):
    """Numbers of images read row by row: states begin with zeros, steps share weights."""
    kind = getattr(layers, layer)
    return keras.Sequential([keras.Input((5, 4)), kind(units, name="steps"), layers.Dense(3, name="scores")])


SERIES = RANDOM.standard_normal((64, 5, 4)).astype("float32")


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "SimpleRNN"])
def test_recurrent_layers_train_step_by_step(layer):
    model = litesmith.qat(recurrent(layer), calibration=SERIES)
    assert all(np.isfinite(model.predict(SERIES, verbose=0)).ravel())
    move(model, 0.1)
    lite = litesmith.convert(model)
    (kernel,) = (each for each in model.trainable_variables if each.name == "recurrent_kernel")
    assert kernel.shape[0] % 6 == 0  # one for all steps
    (apart,) = steps_apart_of_only(lite, model, SERIES)
    assert np.mean(apart < 1.5) >= 0.999


@pytest.mark.parametrize("mode", ["weights_int4", "weights_int8"])
def test_weights_of_recurrent_layers(mode):
    model = litesmith.qat(recurrent("LSTM", 40), mode)
    move(model, 0.1)
    np.testing.assert_allclose(
        litesmith.convert(model).run(SERIES), model.predict(SERIES, verbose=0), rtol=1e-4, atol=1e-5
    )


def test_a_bias_beside_a_state_of_zeros_leaves_the_weights_alone():
    model = litesmith.qat(recurrent("SimpleRNN"), calibration=SERIES)
    before = model.predict(SERIES, verbose=0)
    for variable in model.trainable_variables:
        if "bias" in variable.name:
            variable.assign_add(np.full(variable.shape, 1e-5, "float32"))
    (scale,) = litesmith.convert(model).graph.outputs[0].producer.operands[0].type.quantization.scales
    np.testing.assert_allclose(model.predict(SERIES, verbose=0), before, atol=2.5 * scale)


@pytest.mark.parametrize("face", ["int8", "uint8"])
def test_callers_of_the_file_may_give_integers(face, tmp_path):
    model = litesmith.qat(wide(), calibration=FEATURES, inference_type=face)
    move(model)
    lite = litesmith.convert(model)
    (given,), (made,) = lite.graph.inputs, lite.graph.outputs
    assert {str(each.type.dtype) for each in (given, made)} == {face}
    steps = [(each.type.quantization.scales[0], each.type.quantization.zero_points[0]) for each in (given, made)]
    (scale, zero), (out_scale, out_zero) = steps
    integers = np.clip(np.rint(FEATURES / scale) + zero, np.iinfo(face).min, np.iinfo(face).max).astype(face)
    real = (lite.run(integers).astype("float32") - out_zero) * out_scale
    apart = np.abs(real - model.predict((integers.astype("float32") - zero) * scale, verbose=0)) / out_scale
    assert np.mean(apart < 1.5) >= 0.999
    model.save(tmp_path / "trained.keras")
    assert bytes(litesmith.convert(tmp_path / "trained.keras")) == bytes(lite)


def test_what_stays_real_is_said():
    net = wide(layers.Lambda(lambda x: ops.sin(x), name="wave"))
    with pytest.warns(FindingWarning, match="Q101: SIN") as told:
        litesmith.qat(net, calibration=FEATURES)
    assert any("wave" in str(warning.message) for warning in told)


def test_data_is_needed_for_integers():
    with pytest.raises(LitesmithError, match="Q103"):
        litesmith.qat(wide())


def test_sizes_are_said_before():
    with pytest.raises(ValueError, match="said to litesmith"):
        litesmith.convert(litesmith.qat(wide(), "weights_int8"), inputs=(2, 64))


TRAINING = Path(__file__).with_name("trained_with_roundings.py")


@pytest.mark.backend
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_training_lowers_the_loss_and_the_file_is_what_was_trained(backend):
    done = subprocess.run([sys.executable, TRAINING, backend], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
