"""What quantizing did is kept beside the model: changes of channels, refined weights, losses; and it is said."""

import json

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import Recipe
from litesmith.quantization.outcome import Quantization
from litesmith.quantization.refining.refining import RefinedLayer, Refinings
from litesmith.report.quantization import quantization_lines, refining_lines
from litesmith.report.summary import summarize

RNG = np.random.default_rng(0)
DATA = (RNG.standard_normal((200, 4)) @ RNG.standard_normal((4, 24))).astype("float32")
"""Rows that are alike in most ways, as those of real data are: what refining gains there, it gains on others."""


FEW_BITS = Recipe("int8").int4("*")
"""With which the rounding of weights is what most of the error comes from."""


@pytest.fixture(scope="module")
def real():
    keras.utils.set_random_seed(0)
    x = keras.Input((24,), name="x")
    y = layers.Dense(32, activation="relu", name="features")(x)
    model = keras.Model(x, layers.Dense(6, name="scores")(layers.Dense(32, activation="relu", name="more")(y)))
    kernel, bias = model.get_layer("features").get_weights()
    model.get_layer("features").set_weights([kernel * 2.0 ** (np.arange(32) / 4), bias])
    return litesmith.convert(model, verify=False)


def test_what_was_done_is_kept_with_the_model(real):
    done = litesmith.quantize(real, FEW_BITS, DATA).quantization
    assert done.recipe == FEW_BITS
    assert {layer for change in done.changes for layer in change.layers} >= {"features", "more"}
    assert [layer.layer for layer in done.refining.layers] == ["features", "more", "scores"]
    assert done.refining.gain == pytest.approx(10 * np.log10(done.refining.before / done.refining.after))
    assert done.refining.gain > 0
    assert [loss.output for loss in done.losses] == list(real.face().output_names)
    assert real.quantization is None
    assert litesmith.LiteModel(bytes(real)).quantization is None


def test_what_was_not_done_is_not_said(real):
    done = litesmith.quantize(real, Recipe("int8", equalize=False, rounding="nearest"), DATA).quantization
    assert done.changes == ()
    assert not any(layer.gain for layer in done.refining.layers)
    assert quantization_lines(done)[0].startswith("biases corrected on ")
    assert litesmith.quantize(real, "int8", "synthetic", ignore="Q121").quantization.refining is None
    weights = litesmith.quantize(real, "float16").quantization
    assert (weights.changes, weights.refining, weights.losses) == ((), None, ())
    assert {each.form for each in weights.stored_weights} <= {"float16", "float32"}


def test_it_is_shown_in_short_and_in_full(real):
    made = litesmith.quantize(real, FEW_BITS, DATA)
    done = made.quantization
    lines = quantization_lines(done)
    assert lines[0].startswith("before rounding, ")
    refined = f"rounding of 3 of 3 weights refined on {done.refining.samples} samples"
    assert lines[-1] == f"{refined}: error of outputs {-done.refining.gain:+.1f} dB"
    for shown in (str(summarize(made)), str(done)):
        assert lines[-1] in shown
    assert f"{-done.refining.layers[0].gain:+.1f} dB" in str(done)
    assert done.changes[0].why.partition(" dB")[0] in str(done)
    said = summarize(made).to_json()["quantization"]
    assert json.loads(json.dumps(said)) == json.loads(json.dumps(done.to_json()))
    assert said["refining"]["gain"] == done.refining.gain
    assert "quantization" not in summarize(real).to_json()


def test_what_came_to_nothing_is_said_plainly():
    some = [RefinedLayer("a", "CONV_2D", 3.0), RefinedLayer("b", "CONV_2D", 0.0)]
    undone = Refinings(some, 2, 40, undone=True, before=1e-3, after=2e-3)
    stopped = Refinings(some[:1], 2, 40, stopped=True)
    assert refining_lines(undone) == [
        "rounding of 1 of 2 weights refined on 40 samples, and all of it put back: error of outputs +3.0 dB"
    ]
    assert refining_lines(stopped) == ["rounding of 1 of 2 weights refined on 40 samples; ended before it was done"]
    assert [each.code for each in Quantization(Recipe(), (), undone).findings()] == ["Q146"]
    assert [each.code for each in Quantization(Recipe(), (), stopped).findings()] == ["Q147"]
    assert refining_lines(Refinings()) == []


def test_an_end_by_the_user_is_a_note(real):
    def stop(done, count, name):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match=r"Q147: Refining was ended: 1 of 3 weights are refined"):
        made = litesmith.quantize(real, "int8", DATA, progress=stop)
    assert made.quantization.refining.stopped


@pytest.mark.parametrize("constant", [0.0, 1.0, 30.0])
def test_weights_that_nothing_is_seen_of_are_rounded_to_the_nearest(constant):
    """Inputs that never change say nothing of weights: what rounding leaves of their variance is not made up for."""
    keras.utils.set_random_seed(0)
    x = keras.Input((32,), name="x")
    model = keras.Model(x, layers.Dense(40, name="scores")(x))
    made = litesmith.quantize(
        litesmith.convert(model, verify=False), "int8", np.tile(constant * RNG.standard_normal((1, 32)), (100, 1))
    )
    (stored,) = (
        operation.operands[1] for operation in made.graph.operations if operation.operator.builtin == "FULLY_CONNECTED"
    )
    scales = np.array(stored.type.quantization.scales)[:, None]
    exact = model.get_layer("scores").get_weights()[0].T
    assert np.abs(stored.constant.array() * scales - exact).max() <= 0.501 * scales.max()
