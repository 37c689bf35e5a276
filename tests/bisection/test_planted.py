"""An error planted in any layer is found, and shown by a model of few layers."""

import keras
import numpy as np
import pytest

import litesmith
from bisection.planted import MODELS, WrongWeight, plant

CASES = [(make, layer) for make, names in MODELS.items() for layer in names]


@pytest.fixture(scope="module")
def models():
    made = {}
    for make in MODELS:
        keras.utils.set_random_seed(1)
        made[make] = make()
        for weight in made[make].weights:
            weight.assign(weight + 0.1 * np.random.default_rng(0).standard_normal(weight.shape))
    return made


def test_there_are_more_than_twenty_layers():
    assert len(CASES) > 20


@pytest.mark.parametrize(("make", "layer"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_the_layer_is_found(make, layer, models, monkeypatch, tmp_path):
    plant(monkeypatch, WrongWeight(layer))
    found = litesmith.bisect(models[make])
    assert found.kind.value == "difference"
    assert found.layer.rpartition("/")[2] == layer
    assert not found.is_in_file
    assert len(found.smallest.layers) <= 3
    path, inputs = found.smallest.save(tmp_path)
    small = keras.models.load_model(path)
    assert len(small.layers) - len(small.inputs) <= 3
    arrays = dict(np.load(inputs))
    given = next(iter(arrays.values())) if len(arrays) == 1 else list(arrays.values())
    assert not litesmith.verify(small, litesmith.convert(small, verify=False), data=given)
    monkeypatch.undo()
    assert litesmith.verify(small, litesmith.convert(small, verify=False), data=given)
