"""Files that TensorFlow's converter made (`of_tensorflow/make.py`)."""

from pathlib import Path

import keras
import numpy as np
import pytest

import litesmith
from bisection.planted import WrongResult, changed, deadly

FOLDER = Path(__file__).parent / "of_tensorflow"
FILE = FOLDER / "model.tflite"


@pytest.fixture
def model():
    return keras.models.load_model(FOLDER / "model.keras")


def test_inputs_and_outputs_are_those_of_the_model(model):
    lite = litesmith.load(FILE)
    assert lite.face().input_names != tuple(tensor.name for tensor in model.inputs)
    assert lite.face().output_names != ("output_0", "output_1", "output_2")
    assert litesmith.verify(model, lite)
    random = np.random.default_rng(0)
    data = [random.standard_normal((2, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    assert litesmith.verify(model, lite, data)


def test_the_file_passes_and_every_layer_that_is_in_it_is_found(model):
    found = litesmith.bisect(model, FILE)
    assert found.passed


@pytest.mark.parametrize(
    ("layer", "shown", "between"),
    [
        ("norm", "relu", ("features", "norm")),
        ("block/wide", "block/wide", ()),
        ("block/centred", "block/centred", ()),
        ("join", "join", ()),
        ("hidden", "hidden", ()),
        ("place", "place", ("multiply",)),
    ],
)
def test_other_weights_are_found_by_layer(model, layer, shown, between):
    trained = model
    for name in layer.split("/"):
        trained = trained.get_layer(name)
    trained.set_weights([weight + 0.3 for weight in trained.get_weights()])
    found = litesmith.bisect(model, FILE)
    assert (found.kind.value, found.is_in_file, found.layer) == ("difference", True, shown)
    first, others = found.findings
    assert first.between == between
    assert layer in (*others.layers, *others.folded)
    after = [step.layer for step in found.steps].index(shown)
    assert all(step.fate.value != "different" for step in found.steps[:after])


@pytest.mark.parametrize(("operator", "layer"), [("GELU", "block/wide"), ("TANH", "hidden")])
def test_the_layer_of_an_operator_that_crashes_is_told_by_its_tensor(model, operator, layer):
    lite = litesmith.load(FILE)
    tensor = next(each for each in lite.graph.operations if each.operator.builtin == operator)
    found = litesmith.bisect(model, changed(lite, WrongResult(tensor.source.layer.rpartition("/")[2], deadly)))
    assert (found.kind.value, found.is_in_file, found.layer) == ("crash", True, layer)
