"""Quantized models refined on data: what the runtime computes afterwards, interruptions, and runs that go on."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.lite_model import LiteModel
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.refining.refining import refine
from litesmith.quantization.refining.solving import Method
from litesmith.quantization.weights import store_weights


def images(count, seed=0):
    """Smooth ones, whose neighbours go together."""
    coarse = np.random.default_rng(seed).uniform(-1, 1, (count, 4, 4, 3))
    return np.repeat(np.repeat(coarse, 3, 1), 3, 2).astype("float32")


DATA, OTHER = images(96), images(64, seed=1)


def network():
    x = keras.Input((12, 12, 3))
    y = layers.Conv2D(24, 3, strides=2, padding="same", activation="relu", bias_initializer="random_normal")(x)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu6")(y)
    a, b = layers.Conv2D(48, 1, groups=2)(y), layers.Conv2D(48, 3, padding="same", activation="relu")(y)
    y = layers.Conv2DTranspose(16, 3, strides=2, padding="same")(layers.Add()([a, b]))
    y = layers.Flatten()(layers.AveragePooling2D(4)(y))
    return keras.Model(x, layers.Dense(24)(layers.Dense(64, activation="relu")(y)))


@pytest.fixture(scope="module")
def lite():
    keras.utils.set_random_seed(0)
    return litesmith.convert(network(), verify=False)


def prepared(lite, mode):
    """The model of reals, the quantized one, and their operations in pairs."""
    model = copy_model(lite.model)
    real = copy_model(model)
    pairs = list(zip(real.main.operations, model.main.operations, strict=True))
    recipe = Recipe(mode)
    if recipe.needs_data:
        quantize_integers(model, observe(model, [[DATA]]), "float32", recipe.form_of)
    store_weights(model, recipe.form_of)
    return real, model, pairs


def signal(lite, model):
    """Decibels of the outputs above what quantization changes, on data that was not seen."""
    return decibels(lite.run(OTHER), LiteModel(to_bytes(model), isolated=False).run(OTHER))


GAINS = {
    ("int8", Method()): -0.5,  # of weights that were not trained, on few images: chance; activations are rounded too
    ("int16x8", Method()): 0.5,
    ("weights_int4", Method("adaround")): 3.0,
    ("weights_int4", Method(compensate=False, fit_steps=False)): 1.0,
    ("dynamic_int4", Method()): 3.0,
}


@pytest.mark.parametrize(("mode", "method"), GAINS)
def test_outputs_are_closer_on_data_that_was_not_seen(lite, mode, method):
    real, model, pairs = prepared(lite, mode)
    before = signal(lite, model)
    found = refine(real, model, pairs, [[DATA]], method)
    assert signal(lite, model) - before > GAINS[mode, method]
    assert not found.stopped
    assert len(found.layers) == found.count >= 4
    assert 70 < found.samples < 96, "some are kept to judge by"
    if mode != "int8":
        assert found.after < found.before
        assert not found.undone


def test_what_makes_outputs_worse_is_put_back(lite):
    real, model, pairs = prepared(lite, "weights_int8")
    before = signal(lite, model)
    found = refine(real, model, pairs, [[DATA[:5]]], Method(damping=1e-12))
    assert found.undone == (signal(lite, model) == before)
    assert found.after > found.before or not found.undone


def test_the_same_run_gives_the_same_file(lite):
    contents = []
    for batches in ([[DATA]], [[DATA]]):
        real, model, pairs = prepared(lite, "weights_int4")
        refine(real, model, pairs, batches)
        contents.append(to_bytes(model))
    assert contents[0] == contents[1]


class Ended(Exception):
    """The process is gone."""


def ending(after, how):
    def progress(done, count, name):
        assert 0 <= done < count
        assert name
        if done == after:
            raise how

    return progress


def test_a_run_that_is_interrupted_keeps_what_was_done_and_the_model_runs(lite):
    real, model, pairs = prepared(lite, "weights_int4")
    before = signal(lite, model)
    found = refine(real, model, pairs, [[DATA]], progress=ending(2, KeyboardInterrupt()))
    assert found.stopped
    assert len(found.layers) == 2
    assert signal(lite, model) > before - 1


def test_a_run_that_was_ended_goes_on_where_it_was(lite, tmp_path):
    real, model, pairs = prepared(lite, "weights_int4")
    refine(real, model, pairs, [[DATA]])
    expected = to_bytes(model)
    real, model, pairs = prepared(lite, "weights_int4")
    with pytest.raises(Ended):
        refine(real, model, pairs, [[DATA]], progress=ending(3, Ended()), resume=tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("layer_*.npz")}
    assert len(kept) == 3
    real, model, pairs = prepared(lite, "weights_int4")
    refine(real, model, pairs, [[DATA]], resume=tmp_path)
    assert to_bytes(model) == expected
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def test_what_another_run_left_is_not_used(lite, tmp_path):
    real, model, pairs = prepared(lite, "weights_int4")
    refine(real, model, pairs, [[DATA]], resume=tmp_path)
    expected = to_bytes(model)
    (tmp_path / "layer_0.npz").write_bytes(b"torn")
    for data, method, same in ((DATA, Method(), True), (OTHER, Method(), False), (DATA, Method(damping=1.0), False)):
        real, model, pairs = prepared(lite, "weights_int4")
        refine(real, model, pairs, [[data]], method, resume=tmp_path)
        assert (to_bytes(model) == expected) == same


def test_weights_that_two_layers_read_stay_as_they_are():
    shared = layers.Dense(48)
    x = keras.Input((48,))
    lite = litesmith.convert(keras.Model(x, shared(layers.ReLU()(shared(x)))), verify=False)
    model = copy_model(lite.model)
    real = copy_model(model)
    pairs = list(zip(real.main.operations, model.main.operations, strict=True))
    store_weights(model, Recipe("weights_int4").form_of)
    found = refine(real, model, pairs, [[np.random.default_rng(0).standard_normal((64, 48)).astype("float32")]])
    assert found.count == 0


@pytest.mark.parametrize(
    "batches", [[DATA[:7], DATA[7:30], DATA[30:31]], [DATA[:1]], []], ids=["uneven", "one", "none"]
)
def test_batches_of_any_size_and_number(lite, batches):
    real, model, pairs = prepared(lite, "weights_int8")
    before = signal(lite, model)
    found = refine(real, model, pairs, [[batch] for batch in batches], samples=20)
    assert found.samples <= 20
    assert signal(lite, model) >= before - 1


def test_a_method_has_a_known_way_of_rounding():
    with pytest.raises(ValueError, match="nearest, adaround, gptq, not 'up'"):
        Method("up")
