"""Which calibration data is looked at, and how often."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.ir.types import DType
from litesmith.quantization import data as module
from litesmith.quantization import ranges
from litesmith.quantization.data import Data


@pytest.fixture
def lite():
    return litesmith.convert(keras.Sequential([keras.Input((4,)), layers.Dense(3)]), verify=False)


def rows(count):
    """Samples that say which they are."""
    return np.arange(count, dtype=np.float32)[:, None] + np.linspace(0, 0.5, 4, dtype=np.float32)


def test_ranges_are_of_all_samples_and_previews_of_some_of_all_parts(lite, monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 0)
    data = Data(lite, rows(2000))
    value = lite.graph.inputs[0]
    preview, whole = data.previewed(lite.model)[value], data.observed(lite.model)[value]
    assert (whole.seen, whole.least, whole.most) == (4 * 2000, 0.0, 1999.5)
    assert preview.seen == 4 * module.FEWEST
    assert preview.least == 0.0
    assert preview.most > 490  # of the first 512, which are kept
    assert not preview.counts.any()
    assert whole.counts.sum() == pytest.approx(4 * 2000)


def test_a_generator_is_asked_for_each_sample_once(lite):
    asked = []

    def samples():
        for start in range(0, 800, 100):
            asked.append(start)
            yield rows(800)[start : start + 100]

    data = Data(lite, samples)
    data.previewed(lite.model)
    assert len(asked) == 6  # those that are kept
    assert data.observed(lite.model)[lite.graph.inputs[0]].most == 799.5
    assert asked == [*range(0, 800, 100)]
    assert sum(len(inputs[0]) for inputs, _ in data.seen()) == 512


def test_what_is_seen_has_the_outputs_of_the_real_model(lite):
    for inputs, outputs in Data(lite, rows(40)).seen():
        assert np.array_equal(outputs[0], lite.run(inputs[0]))


def test_sorted_data_is_seen_in_all_parts(lite, monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 0)
    seen = np.concatenate([inputs[0][:, 0] for inputs, _ in Data(lite, rows(512)).seen()])
    assert np.array_equal(seen, np.arange(0, 512, 16))


def test_a_model_with_state_is_given_the_first_samples_in_order(monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 0)
    model = keras.Sequential([keras.Input((2, 4), batch_size=1), layers.LSTM(3, stateful=True)])
    lite = litesmith.convert(model, verify=False)
    given = rows(200).reshape(100, 1, 2, 4)
    seen = [inputs[0] for inputs, _ in Data(lite, list(given)).seen()]
    assert np.array_equal(np.stack(seen), given[: len(seen)])
    assert 20 < len(seen) < 40


def test_as_many_samples_are_seen_when_the_model_has_become_one_of_integers(lite, monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 40 * (4 + 3))
    data = Data(lite, rows(200))
    data.previewed(lite.model)
    for value in (*lite.graph.inputs, *lite.graph.outputs):
        value.type = replace(value.type, dtype=DType.INT8)
    assert sum(len(inputs[0]) for inputs, _ in data.seen()) == 40


@pytest.mark.parametrize("most", [1, 10, 10**9])
def test_what_the_real_model_returns_is_seen_while_it_is_looked_at(lite, monkeypatch, most):
    monkeypatch.setattr(ranges, "MOST_BYTES", 4 * 7 * most)
    expected = Data(lite, rows(100)).seen()
    data = Data(lite, rows(100))
    data.previewed(lite.model)
    with monkeypatch.context() as patch:
        patch.setattr(type(lite), "run_arrays", None)
        found = data.seen()
    for (inputs, outputs), (own_inputs, own_outputs) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(inputs[0], own_inputs[0])
        np.testing.assert_allclose(outputs[0], own_outputs[0], rtol=1e-6)


def test_outputs_that_are_not_of_samples_are_computed_from_whole_batches(monkeypatch):
    x = keras.Input((4,))
    lite = litesmith.convert(keras.Model(x, [layers.Dense(3)(x), keras.ops.sum(x)]), verify=False)
    monkeypatch.setattr(ranges, "MOST_BYTES", 1)
    data = Data(lite, rows(32))
    data.previewed(lite.model)
    ((inputs, outputs),) = data.seen()
    assert outputs[1] == pytest.approx(inputs[0].sum())
