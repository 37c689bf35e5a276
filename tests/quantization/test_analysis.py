"""`litesmith.analyze`: errors of layers told apart, causes by name, cures that help."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import LitesmithError, Recipe
from litesmith.quantization.analysis.analyzing import analyze
from litesmith.quantization.analysis.result import bars
from litesmith.quantization.analysis.unrounding import unrounded
from litesmith.quantization.judging import decibels

RNG = np.random.default_rng(0)


def images(count=96):
    return RNG.standard_normal((count, 8, 8, 3)).astype("float32")


def net(**options):
    keras.utils.set_random_seed(0)
    x = keras.Input((8, 8, 3), name="image")
    y = layers.Conv2D(8, 3, activation="relu", name="features")(x)
    y = layers.DepthwiseConv2D(3, name="depthwise", **options)(y)
    y = layers.Dense(6, name="scores")(layers.Flatten(name="flat")(layers.Activation("swish", name="swish")(y)))
    return keras.Model(x, y)


PLAIN = Recipe("int8", rounding="nearest", equalize=False)
"""Without what makes the errors of layers depend on each other."""


def quantized(model, data, recipe=PLAIN):
    real = litesmith.convert(model, verify=False)
    return real, litesmith.quantize(real, recipe, calibration=data, ignore="Q102")


def test_what_is_simulated_is_what_the_file_does():
    data = images()
    real, made = quantized(net(), data)
    found = analyze(real, made, data[:32])
    assert found.measured == pytest.approx(decibels(real.run(data[:32]), made.run(data[:32])))
    assert found.simulated == pytest.approx(found.measured, abs=1)
    assert found.samples == 32
    assert found.unknown == ()
    names = [layer.layer for layer in found.layers]
    assert {"features", "depthwise", "swish", "scores", "input image"} <= set(names)
    assert "flat" not in names, "what only moves numbers rounds nothing"
    assert sum(layer.share for layer in found.layers) == pytest.approx(1)
    together = -10 * np.log10(sum(10 ** (-layer.alone / 10) for layer in found.layers))
    assert together == pytest.approx(found.simulated, abs=2)
    assert all(layer.without > found.simulated - 1 for layer in found.layers)


def test_real_weights_are_known_whatever_was_done_to_them():
    data = images()
    real, made = quantized(net(), data, "int8")
    found = analyze(real, made, data[:32])
    assert found.unknown == ()
    assert found.simulated == pytest.approx(found.measured, abs=1)
    assert all(
        layer.weights is not None for layer in found.layers if layer.layer in ("features", "depthwise", "scores")
    )


def test_weights_and_activations_are_told_apart():
    data = images()
    real, made = quantized(net(), data)
    by_name = {layer.layer: layer for layer in analyze(real, made, data[:16]).layers}
    assert by_name["swish"].weights is None
    features = by_name["features"]
    parts = -10 * np.log10(10 ** (-features.weights / 10) + 10 ** (-features.activations / 10))
    assert parts == pytest.approx(features.alone, abs=2)
    assert [tensor.what for tensor in features.tensors] == ["weights", "activations"]


def test_from_a_keras_model_its_file_and_the_quantized_file(tmp_path):
    data, model = images(), net()
    real, made = quantized(model, data)
    model.save(tmp_path / "model.keras")
    made.save(tmp_path / "int8.tflite")
    expected = analyze(real, made, data[:16])
    for given in (model, tmp_path / "model.keras", real.save(tmp_path / "real.tflite")):
        found = litesmith.analyze(given, tmp_path / "int8.tflite", data[:16])
        assert found.measured == pytest.approx(expected.measured, abs=0.01)
        assert found.layers[0].layer.startswith(expected.layers[0].layer.partition("/")[0])


def test_a_channel_that_reaches_far_is_named():
    data, model = images(), net()
    kernel, bias = model.get_layer("features").get_weights()
    kernel[..., 5] *= 60
    model.get_layer("features").set_weights([kernel, bias])
    real, made = quantized(model, data)
    found = analyze(real, made, data[:32])
    layer = next(each for each in found.layers if each.layer == "features")
    assert layer.cause.startswith("outlier channel: 5 reaches")
    assert layer.cured.gain >= 0.25
    assert layer.readers == ("depthwise",)
    tried = {cure.change: cure.gain for cure in layer.tried}
    cured = litesmith.quantize(real, PLAIN.int16("features", "depthwise"), data, ignore="Q102")
    better = decibels(real.run(data[:32]), cured.run(data[:32]))
    gain = tried['.int16("features", "depthwise")']
    assert gain == pytest.approx(better - found.measured, abs=1.5), "it gains what is said"


def test_cures_of_weights_of_four_bits_gain_what_is_said():
    keras.utils.set_random_seed(0)
    x = keras.Input((64,), name="x")
    y = layers.Dense(64, activation="relu", name="first")(x)
    real = litesmith.convert(keras.Model(x, layers.Dense(8, name="scores")(y)), verify=False)
    data = np.random.default_rng(1).standard_normal((64, 64)).astype("float32")
    made = litesmith.quantize(real, Recipe("weights_int4", rounding="nearest"), data)
    found = analyze(real, made, data)
    first = next(layer for layer in found.layers if layer.layer == "first")
    tried = {cure.change: cure.gain for cure in first.tried}
    changes = ['.int4("first", block=32)', '.use("weights_int8", "first")', '.keep_float("first")']
    assert list(tried) == changes
    few = Recipe("weights_int4", rounding="nearest")
    recipes = (few.int4("first", block=32), few.use("weights_int8", "first"), few.keep_float("first"))
    for change, recipe in zip(changes, recipes, strict=True):
        better = decibels(real.run(data), litesmith.quantize(real, recipe, data).run(data))
        assert tried[change] == pytest.approx(better - found.measured, abs=0.5), change
    assert first.cure == '.use("weights_int8", "first")'
    assert first.cured.gain == tried[first.cure]


def test_an_observer_that_helps_all_is_found():
    """One number far out in each thousand: with the largest of them few steps are left for the others."""
    keras.utils.set_random_seed(0)
    x = keras.Input((64,), name="x")
    real = litesmith.convert(keras.Model(x, layers.Dense(8, name="scores")(x)), verify=False)
    data = np.random.default_rng(1).standard_normal((256, 64)).astype("float32")
    data[:1, 3] = 300
    recipe = Recipe("int8", observer="min_max", rounding="nearest", equalize=False)
    made = litesmith.quantize(real, recipe, data, ignore="Q102")
    found = analyze(real, made, data[1:65], cures=2)
    settings = {cure.change: cure.gain for cure in found.settings}
    assert settings['observer="percentile"'] > 10
    taken = next(layer for layer in found.layers if layer.layer == "input x")
    assert taken.cure.startswith("observer=")
    assert f"for all layers at once: {found.settings[0]}" in str(found).replace("\n", " ")


def test_cures_are_tried_in_as_many_layers_as_is_said():
    data = images()
    real, made = quantized(net(), data)
    found = analyze(real, made, data[:16], cures=2)
    assert [bool(layer.tried) for layer in found.layers[:3]] == [True, True, False]
    assert found.trials == sum(len(layer.tried) for layer in found.layers) + len(found.settings)
    nothing = analyze(real, made, data[:16], cures=0)
    assert nothing.trials == 0
    assert not any(layer.cure for layer in nothing.layers)
    assert nothing.weights == found.weights
    together = -10 * np.log10(10 ** (-found.weights / 10) + 10 ** (-found.activations / 10))
    assert together == pytest.approx(found.simulated, abs=2), "errors of both hardly depend on each other"


def test_data_beyond_what_was_calibrated_saturates():
    data = images()
    real, made = quantized(net(), data)
    found = analyze(real, made, 6 * data[:32])
    assert found.layers[0].cause.startswith("saturating: ")
    assert max(tensor.beyond for layer in found.layers for tensor in layer.tensors) > 0.05


def test_a_shared_scale_is_named():
    keras.utils.set_random_seed(0)
    x = keras.Input((6,), name="x")
    small = layers.Dense(4, name="small")(x)
    large = layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(stddev=30), name="large")(x)
    y = layers.Dense(3, name="scores")(layers.Concatenate(name="both")([small, large]))
    data = RNG.standard_normal((128, 6)).astype("float32")
    real, made = quantized(keras.Model(x, y), data)
    small = next(each for each in analyze(real, made, data).layers if each.layer == "small")
    assert small.cause.startswith("shared scale: it fills ")
    assert "large" in small.cause


def test_models_that_do_not_belong_together_are_refused():
    data = images()
    real, made = quantized(net(), data)
    other = litesmith.convert(keras.Sequential([keras.Input((4,)), layers.Dense(2)]), verify=False)
    for given, file, inputs in ((other, made, data), (real, real, data), (real, made, data[:, :4])):
        with pytest.raises(LitesmithError) as raised:
            analyze(given, file, inputs)
        assert raised.value.diagnostics[0].code == "Q144"


def test_progress_names_layers_and_may_end_it():
    data = images()
    real, made = quantized(net(), data)
    seen = []
    found = analyze(real, made, data[:4], progress=seen.append)
    measured = [name for name in seen if not name.endswith(", cures")]
    assert sorted(measured) == sorted(layer.layer for layer in found.layers)
    assert len(seen) > len(measured)

    def stop(layer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze(real, made, data[:4], progress=stop)


def test_the_quantized_model_stays_as_it_is():
    data = images()
    _, made = quantized(net(), data)
    before = made.run(data)
    count = len(made.graph.operations)
    unrounded(made.model)
    assert len(made.graph.operations) == count
    assert np.array_equal(litesmith.LiteModel(bytes(made)).run(data), before)


def test_as_text_and_json():
    data = images()
    real, made = quantized(net(), data)
    found = analyze(real, made, data[:16])
    assert "alone" in str(found)
    assert found.layers[0].tensors[0].bars in str(found)
    assert found.to_json()["layers"][0]["tensors"][0]["counts"] == found.layers[0].tensors[0].counts


@pytest.mark.parametrize("mode", ["float16", "weights_int8", "dynamic_int8", "weights_int4", "dynamic_int4"])
def test_weights_in_fewer_bits(mode):
    """The kernel's rows are rounded as it rounds them: those of a dense layer, of a pixel, and of an image."""
    keras.utils.set_random_seed(0)
    x = keras.Input((6, 6, 32), name="image")
    y = layers.Conv2D(256, 3, activation="relu", name="filters")(x)
    y = layers.Conv2D(16, 1, activation="relu", name="pointwise")(y)
    y = layers.Dense(64, activation="relu", name="channels")(layers.GlobalAveragePooling2D(name="pool")(y))
    real = litesmith.convert(keras.Model(x, layers.Dense(32, name="scores")(y)), verify=False)
    data = (
        np.random.default_rng(1).standard_normal((40, 6, 6, 32))
        * np.exp(np.random.default_rng(1).standard_normal((40, 6, 6, 1)))
    ).astype("float32")
    found = analyze(real, litesmith.quantize(real, mode), data)
    assert found.simulated == pytest.approx(found.measured, abs=0.1)
    assert found.unknown == ()
    by_name = {layer.layer: layer for layer in found.layers}
    assert {"filters", "pointwise", "channels", "scores"} == set(by_name)
    rounds_rows = mode.startswith("dynamic") and mode != "dynamic_int4"
    assert max(tensor.beyond for layer in found.layers for tensor in layer.tensors) < 0.05, "nothing is cut off"
    assert (by_name["pointwise"].activations is not None) == rounds_rows
    assert (by_name["channels"].activations is not None) == mode.startswith("dynamic")


def test_the_lstm_operator_of_integers_is_looked_into():
    keras.utils.set_random_seed(0)
    stack = [keras.Input((6, 4), name="x"), layers.LSTM(8, name="memory"), layers.Dense(3, name="scores")]
    real = litesmith.convert(keras.Sequential(stack), rnn="fused", verify=False)
    data = np.random.default_rng(1).standard_normal((64, 6, 4)).astype("float32")
    made = litesmith.quantize(real, PLAIN, data, ignore="Q102")
    found = analyze(real, made, data)
    assert found.simulated == pytest.approx(found.measured, abs=1)
    assert found.unknown == ()
    memory = next(layer for layer in found.layers if layer.layer == "memory")
    assert memory.weights is not None
    assert memory.alone < min(memory.weights, memory.activations)
    assert memory.gain > 0


def test_a_model_with_state_goes_on_from_batch_to_batch():
    keras.utils.set_random_seed(0)
    x = keras.Input(batch_shape=(2, 5, 4), name="x")
    model = keras.Model(x, layers.Dense(3, name="scores")(layers.GRU(8, stateful=True, name="memory")(x)))
    real = litesmith.convert(model, verify=False)
    data = np.random.default_rng(1).standard_normal((32, 5, 4)).astype("float32")
    made = litesmith.quantize(real, PLAIN, data, ignore="Q102")
    made.run(data[:2])
    found = analyze(real, made, data)
    assert found.simulated == pytest.approx(found.measured, abs=0.5)
    together = -10 * np.log10(sum(10 ** (-layer.alone / 10) for layer in found.layers))
    assert together == pytest.approx(found.simulated, abs=2)
    by_name = {layer.layer: layer for layer in found.layers}
    assert by_name["memory"].alone < by_name["scores"].alone
    assert analyze(real, made, data).simulated == found.simulated, "it begins with the state of the file"


def test_bars():
    assert bars((0, 1, 4, 16)) == " ▂▄█"
    assert bars((0, 0)) == "  "


def test_bodies_of_loops_are_rounded_inside():
    keras.utils.set_random_seed(0)
    stack = [keras.Input((6, 4), name="x"), layers.LSTM(8, name="memory"), layers.Dense(3, name="scores")]
    model = keras.Sequential(stack)
    data = RNG.standard_normal((64, 6, 4)).astype("float32")
    real, made = quantized(model, data)
    found = analyze(real, made, data)
    assert found.simulated == pytest.approx(found.measured, abs=1)
    memory = next(layer for layer in found.layers if layer.layer == "memory")
    assert memory.share > 0.3
    assert {"weights", "activations"} == {tensor.what for tensor in memory.tensors}
