"""`litesmith.quantize` and `convert(quantize="int8")`: what they say, and of what they are made."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import FindingWarning, LitesmithError
from litesmith.flatbuffer.write import to_bytes
from litesmith.lite_model import LiteModel
from litesmith.opset.parse import parse_model

RANDOM = np.random.default_rng(0)
IMAGES = (RANDOM.standard_normal((64, 3, 3, 3)).repeat(4, 1).repeat(4, 2)).astype("float32")
"""Patches of one colour: neighbours are alike, as they are in real images."""


def network(*parts):
    convolution = layers.Conv2D(6, 3, activation="relu", name="features")
    return keras.Sequential(
        [keras.Input((12, 12, 3)), convolution, *parts, layers.Flatten(), layers.Dense(4, name="scores")]
    )


def test_a_model_becomes_integers_and_says_what_that_changes():
    model = network()
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        warnings.filterwarnings("ignore", "Q146", FindingWarning)  # whether few images let refining gain is chance
        lite = litesmith.convert(model, quantize="int8", calibration=IMAGES)
    (loss,) = lite.model.losses
    assert loss.decibels > 30
    assert len(lite) < 0.5 * len(litesmith.convert(model))
    assert "30" <= f"{loss.decibels:.0f}" <= "60"
    assert "dB above what integers change of it" in lite.summary()
    np.testing.assert_allclose(lite.run(IMAGES), model(IMAGES), atol=0.05 * np.abs(model(IMAGES)).max())


def test_a_file_becomes_the_same_integers_as_its_model(tmp_path):
    model = network()
    path = litesmith.convert(model).save(tmp_path / "model.tflite")
    again = litesmith.quantize(path, calibration=IMAGES, inference_type="int8")
    first = litesmith.convert(model, quantize="int8", calibration=IMAGES, inference_type="int8")
    for own, other in zip(first.graph.operations, again.graph.operations, strict=True):
        assert own.operator == other.operator
        assert [value.type.quantization for value in own.results] == [
            value.type.quantization for value in other.results
        ]
    assert {value.type.dtype.value for value in (*again.graph.inputs, *again.graph.outputs)} == {"int8"}


def test_the_model_that_was_given_is_not_changed():
    lite = litesmith.convert(network())
    before = bytes(lite)
    litesmith.quantize(lite, calibration=IMAGES)
    assert bytes(lite) == before
    assert lite.graph.inputs[0].type.quantization is None


@pytest.mark.parametrize("mode", ["float16", "weights_int8", "dynamic_int8"])
def test_files_get_forms_of_weights_too(mode):
    lite = litesmith.convert(keras.Sequential([keras.Input((64,)), layers.Dense(64)]))
    assert len(litesmith.quantize(lite, mode)) < 0.7 * len(lite)


def test_what_stays_real_is_said_by_layer():
    class Wave(layers.Layer):
        def call(self, x):
            return ops.sin(x)

    with pytest.warns(FindingWarning, match="Q101: SIN computes with real numbers still") as told:
        litesmith.convert(network(Wave(name="wave")), quantize="int8", calibration=IMAGES)
    told = [each.message.finding for each in told if isinstance(each.message, FindingWarning)]
    (finding,) = (each for each in told if each.code == "Q101")
    assert finding.where.layer == "wave"
    with pytest.raises(LitesmithError, match="Q101"):
        litesmith.convert(network(Wave()), quantize="int8", calibration=IMAGES, strict=True)


def test_much_that_is_lost_is_said():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(8, activation="exponential"), layers.Dense(2)])
    model.layers[0].set_weights([np.eye(8, dtype="float32") * np.float32(4), np.zeros(8, "float32")])
    model.layers[1].set_weights([np.r_[np.ones((4, 2)), -np.ones((4, 2))].astype("float32"), np.zeros(2, "float32")])
    values = RANDOM.standard_normal((64, 8)).astype("float32") * 1.5
    values[:, :] = values[:, :1]
    with pytest.warns(FindingWarning, match="Q102"):
        litesmith.convert(model, quantize="int8", calibration=values, verify=False)


def uneven():
    """A network whose channels differ by some octaves, which the weights that read them make up for."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(64)])
    factors = 2.0 ** (3 * np.random.default_rng(0).standard_normal(64))
    first, second = model.layers
    first.set_weights([first.kernel.numpy() * factors, first.bias.numpy()])
    second.set_weights([second.kernel.numpy() / factors[:, None], second.bias.numpy()])
    return model


@pytest.mark.parametrize("mode", ["weights_int4", "dynamic_int8"])
def test_much_that_weights_lose_without_data_is_said(mode):
    real = litesmith.convert(uneven())
    with pytest.warns(
        FindingWarning, match=rf"(?s)Q102.* dB above what {mode} changes of it, for random inputs.*synthetic"
    ):
        litesmith.quantize(real, mode)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Q102", FindingWarning)
        litesmith.quantize(litesmith.convert(network()), mode)
        litesmith.quantize(real, mode, np.random.default_rng(1).standard_normal((64, 64)).astype("float32"))


def test_weights_that_lose_too_much_to_be_the_same_say_what_helps():
    with pytest.raises(
        LitesmithError, match=r"(?s)V101.*without quantize=.*as weights_int8; calibration=.*evens out their channels"
    ):
        litesmith.convert(uneven(), quantize="weights_int8")
    data = np.random.default_rng(1).standard_normal((64, 64)).astype("float32")
    litesmith.convert(uneven(), quantize="weights_int8", calibration=data)


def test_data_is_needed():
    with pytest.raises(LitesmithError, match=r"Q103.*there is none"):
        litesmith.convert(network(), quantize="int8")
    with pytest.raises(LitesmithError, match=r"Q103.*not one batch"):
        litesmith.convert(network(), quantize="int8", calibration=[])


def test_data_of_another_shape_is_a_mistake():
    with pytest.raises(LitesmithError, match=r"Q103.*images of another size"):
        litesmith.convert(network(), quantize="int8", calibration=IMAGES[:, :5])


@pytest.mark.parametrize("given", [lambda x: x, lambda x: [x[:20], x[20:]], lambda x: ([row[None]] for row in x)])
def test_a_model_of_a_fixed_batch_takes_data_of_any_number(given):
    model = network()
    fixed = litesmith.convert(model, batch=1, quantize="int8", calibration=given(IMAGES))
    free = litesmith.convert(model, quantize="int8", calibration=IMAGES)
    (step,) = free.graph.operations[-1].operands[0].type.quantization.scales
    difference = np.abs(fixed.run(IMAGES[:1]) - free.run(IMAGES[:1]))
    assert difference.max() <= 2.01 * step, "sums of other parts may round otherwise"


def test_models_of_several_signatures_are_refused():
    with pytest.raises(LitesmithError, match=r"Q104.*2 signatures"):
        litesmith.convert(
            network(), signatures={"one": (1, 12, 12, 3), "two": (2, 12, 12, 3)}, quantize="int8", calibration=IMAGES
        )


@pytest.mark.parametrize("face", ["float32", "int8"])
@pytest.mark.parametrize("mode", ["int8", "int16x8", "weights_int8", "float16"])
def test_what_is_of_integers_already_is_refused(mode, face):
    lite = litesmith.convert(network(), quantize="int8", calibration=IMAGES, inference_type=face)
    with pytest.raises(LitesmithError, match=r"Q108"):
        litesmith.quantize(lite, mode, calibration=None if "weights" in mode or mode == "float16" else IMAGES)


def test_files_of_weights_in_fewer_bits_become_integers():
    lite = litesmith.convert(network(), quantize="float16")
    assert len(litesmith.quantize(lite, "int8", IMAGES, ignore="Q101")) > 0


def test_texts_and_custom_operators_are_refused():
    x = keras.Input((1,), dtype="string")
    numbers = layers.StringLookup(vocabulary=["cat", "dog"])(x)
    texts = keras.Model(x, layers.Dense(2)(layers.Flatten()(layers.Embedding(4, 3)(numbers))))
    with pytest.raises(LitesmithError, match=r"Q104.*texts"):
        litesmith.convert(texts, split_preprocessing=True, quantize="int8", calibration=np.zeros((4, 1), "int64"))

    @litesmith.custom_op("Twice")
    def twice(x):
        return x * 2

    y = keras.Input((4,))
    with pytest.raises(LitesmithError, match=r"Q104.*custom operators"):
        litesmith.convert(
            keras.Model(y, twice(y)), quantize="int8", calibration=np.ones((4, 4), "float32"), ignore="V105"
        )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quantize": "int9"}, "a mode is one of"),
        ({"calibration": IMAGES}, "calibration= is for quantize="),
        ({"quantize": "float16", "inference_type": "int8"}, "for a model of integers"),
        ({"quantize": "int8", "calibration": IMAGES, "inference_type": "int4"}, "inference_type is one of"),
        ({"inference_type": "int8"}, "for a model of integers"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, said):
    with pytest.raises(ValueError, match=said):
        litesmith.convert(network(), **options)


def test_a_model_of_one_number_becomes_integers():
    text = "graph main(%x: float32[]) {\n%1 = mul %x, const float32[] 3.0 : float32[]\nreturn %1\n}"
    real = LiteModel(to_bytes(parse_model(text)))
    numbers = [np.float32(number) for number in np.linspace(-2, 2, 9)]
    integer = litesmith.quantize(real, "int8", iter(numbers), ignore="Q203")
    assert abs(integer.run(numbers[2]) - 3 * numbers[2]) < 0.05


def test_a_model_of_keras_is_converted_first():
    with pytest.raises(TypeError, match=r"converted model.*litesmith.convert\(model, quantize=...\)"):
        litesmith.quantize(network(), "int8", IMAGES)


def test_what_random_inputs_do_not_run_on_is_quantized_all_the_same():
    x, index = keras.Input((8, 64)), keras.Input((2,), dtype="int32")
    y = ops.take(x, index[0] + 7, axis=1)
    real = litesmith.convert(keras.Model([x, index], layers.Dense(64)(y)), verify=False)
    made = litesmith.quantize(real, "weights_int4")
    data = [np.random.default_rng(1).standard_normal((1, 8, 64)).astype("float32"), np.zeros((1, 2), "int32")]
    assert made.run(data).shape == (1, 2, 64)


@pytest.mark.filterwarnings("ignore::litesmith.diagnostics.base.FindingWarning")
@pytest.mark.parametrize("mode", ["int8", "int16x8", "weights_int4", "dynamic_int8"])
def test_samples_of_several_sizes_calibrate(mode):
    keras.utils.set_random_seed(0)
    x = keras.Input((None, None, 3))
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(64, 3, activation="relu", padding="same")(x))
    real = litesmith.convert(keras.Model(x, layers.Dense(4)(y)), verify=False)
    sizes = [(8, 8), (12, 10), (8, 8), (6, 9)]
    batches = [np.random.default_rng(1).uniform(0, 1, (20, *size, 3)).astype("float32") for size in sizes]
    made = litesmith.quantize(real, mode, iter(batches))
    for batch in batches:
        np.testing.assert_allclose(made.run(batch), real.run(batch), atol=0.2 if "int4" in mode else 0.05)
    assert litesmith.check_calibration(real, batches).findings is not None


def divided(given):
    x = keras.Input((4,))
    y = ops.log(ops.relu(layers.Dense(4, kernel_initializer="identity", name="dense")(x)))
    return litesmith.quantize(
        litesmith.convert(keras.Model(x, y), verify=False), "int8", given, ignore=("Q101", "Q102")
    )


def test_infinities_that_integers_do_not_hold_are_said():
    with pytest.warns(FindingWarning, match=r"Q109: \d+ numbers of output .* are infinite"):
        made = divided(np.random.default_rng(1).standard_normal((64, 4)).astype("float32"))
    assert made.model.losses[0].infinite > 50
    assert np.isfinite(made.model.losses[0].decibels)


def test_finite_outputs_are_said_nothing_of():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Q109", FindingWarning)
        made = divided(np.random.default_rng(1).uniform(0.5, 1, (64, 4)).astype("float32"))
    assert made.model.losses[0].infinite == 0
