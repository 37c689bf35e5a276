"""`litesmith.search`: recipes from cheap to dear, within a budget that is kept."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import LitesmithError, Recipe
from litesmith.quantization.search import searching
from litesmith.quantization.search.budget import Budget
from litesmith.quantization.search.searching import require, search

RNG = np.random.default_rng(0)
DATA = RNG.standard_normal((64, 12)).astype("float32")


@pytest.fixture(scope="module")
def real():
    keras.utils.set_random_seed(0)
    x = keras.Input((12,), name="x")
    y = layers.Dense(64, activation="relu", name="first")(x)
    y = layers.Dense(64, activation="swish", name="second")(y)
    return litesmith.convert(keras.Model(x, layers.Dense(4, name="scores")(y)), verify=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Without the slow ways to round."""
    monkeypatch.setattr(searching, "OTHERWISE", searching.OTHERWISE[:1])


def test_the_best_within_the_budget_is_returned_and_nothing_beats_the_front(real):
    found = search(real, DATA, Budget(min_decibels=25, max_evaluations=6))
    assert found
    assert len(found.trials) <= 6
    within = [trial for trial in found.trials if trial.within]
    assert all(trial.decibels >= 25 for trial in within)
    assert len(found.model) == min(trial.bytes for trial in within)
    for trial in found.front:
        assert not any(other.bytes <= trial.bytes and other.measure > trial.measure for other in found.trials)
    assert found.recipe.mode == "weights_int4", "the data is used for what is rounded to 4 bits, too"
    again = litesmith.quantize(real, found.recipe, DATA)
    assert np.allclose(again.run(DATA), found.model.run(DATA), atol=1e-6)


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_is_tried_than_was_said(real, monkeypatch, most):
    calls = []

    def counted(*given):
        calls.append(given)
        return litesmith.quantize(*given)

    monkeypatch.setattr("litesmith.quantization.search.trying.quantize", counted)
    found = search(real, DATA, Budget(min_decibels=199, max_evaluations=most))
    assert len(calls) == len(found.trials) == most
    assert not found
    with pytest.raises(LitesmithError) as raised:
        require(found)
    assert raised.value.diagnostics[0].code == "Q143"


def test_a_users_measure_decides_and_sees_the_real_model_once(real):
    seen = []

    def few_bytes(lite):
        seen.append(len(bytes(lite)))
        return -len(bytes(lite))

    found = search(real, DATA, Budget(max_drop=0, evaluate=few_bytes, max_evaluations=4))
    assert seen.count(len(bytes(real))) == 1
    assert found.measure == "few_bytes"
    assert found.real == -len(bytes(real))
    assert len(seen) == 1 + len(found.trials)


def test_layers_are_relaxed_until_it_is_good_enough(real, monkeypatch):
    monkeypatch.setitem(searching.MODES, "size", ("int8",))
    plain = search(real, DATA, Budget(min_decibels=199, max_evaluations=1)).trials[0]
    found = search(real, DATA, Budget(min_decibels=plain.decibels + 3, max_evaluations=10))
    assert found
    assert found.recipe.rules
    relaxed = [trial for trial in found.trials if trial.recipe.rules]
    assert relaxed[0].why == "the layer that adds most"
    assert all(trial.decibels > plain.decibels for trial in relaxed)


def test_weights_of_four_bits_get_more_where_they_lose_most(monkeypatch):
    monkeypatch.setitem(searching.MODES, "size", ("weights_int4", "weights_int8"))
    keras.utils.set_random_seed(0)
    stack = [layers.Dense(64, activation="relu", name=f"dense_{number}") for number in range(4)]
    deep = litesmith.convert(keras.Sequential([keras.Input((64,), name="x"), *stack]), verify=False)
    data = np.random.default_rng(0).standard_normal((64, 64)).astype("float32")
    few, many = search(deep, data, Budget(min_decibels=199, max_evaluations=2)).trials
    found = search(deep, data, Budget(min_decibels=few.decibels + 1, max_evaluations=8))
    assert found.recipe.mode == "weights_int4"
    assert {rule.mode for rule in found.recipe.rules} == {"weights_int8"}
    assert few.bytes < len(found.model) < many.bytes
    assert all(trial.bytes < many.bytes for trial in found.trials if trial.recipe.rules)


def test_without_data_for_ranges_only_weights_change(real):
    found = search(real, None, Budget(min_decibels=20, max_evaluations=8), data=DATA)
    assert found
    tried = {trial.recipe.mode for trial in found.trials}
    assert tried == {"weights_int4", "dynamic_int8", "float16"}
    with pytest.raises(LitesmithError) as raised:
        search(real)
    assert raised.value.diagnostics[0].code == "Q103"


def test_it_can_be_ended(real):
    found = search(real, DATA, Budget(min_decibels=199), progress=lambda done, most, text: done < 2)
    assert found.stopped
    assert len(found.trials) == 2
    assert "then stopped" in str(found)


def test_an_end_while_weights_are_refined_ends_the_search_with_what_it_has(real, monkeypatch):
    calls = []

    def ended(*given):
        calls.append(given)
        made = litesmith.quantize(*given)
        if len(calls) == 3:
            made.quantization.refining.stopped = True
        return made

    monkeypatch.setattr("litesmith.quantization.search.trying.quantize", ended)
    monkeypatch.setitem(searching.MODES, "size", ("int8", "float16", "int16x8", "weights_int8"))
    found = search(real, DATA, Budget(min_decibels=20))
    assert found.stopped
    assert [trial.recipe.mode for trial in found.trials] == ["int8", "float16"]
    assert found


def test_recipes_of_the_user_come_first_and_a_bad_one_is_told(real):
    mine = [Recipe("int8").keep_float("second"), Recipe("int8").keep_float("nothing_like_it")]
    found = search(real, DATA, Budget(min_decibels=20, max_evaluations=2), recipes=mine)
    assert [trial.recipe for trial in found.trials] == mine
    assert "nothing_like_it" in found.trials[1].problem
    assert found.recipe == mine[0]


def test_several_processes_find_the_same(real):
    pytest.importorskip("joblib")
    budget = {"min_decibels": 25, "max_evaluations": 3}
    alone = search(real, DATA, Budget(**budget))
    together = search(real, DATA, Budget(**budget, n_jobs=2))
    assert [trial.recipe for trial in together.trials] == [trial.recipe for trial in alone.trials]
    assert [trial.bytes for trial in together.trials] == [trial.bytes for trial in alone.trials]
    assert together.recipe == alone.recipe
    assert together.model.quantization.recipe == alone.recipe


def test_several_processes_try_no_more_than_was_said(real):
    pytest.importorskip("joblib")
    told = []

    def progress(done, most, what):
        told.append((done, most))

    found = search(real, DATA, Budget(min_decibels=199, max_evaluations=2, n_jobs=2, goal="latency"), progress=progress)
    assert len(found.trials) == 2
    assert told == [(0, 2), (1, 2)]
    assert all(trial.seconds > 0 for trial in found.trials)


def test_as_text_and_json(real):
    found = search(real, DATA, Budget(min_decibels=20, max_evaluations=2))
    assert "2 of at most 2 recipes tried" in str(found)
    assert all(trial.recipe.mode in str(found) for trial in found.trials), "whatever the width"
    data = found.to_json()
    assert Recipe.from_toml(data["recipe"]) == found.recipe
    assert [data["trials"][place]["bytes"] for place in data["front"]] == [trial.bytes for trial in found.front]


@pytest.mark.parametrize("wrong", [{"goal": "speed"}, {"max_evaluations": 0}, {"max_drop": -1}, {"n_jobs": 0}])
def test_what_is_no_budget(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Budget(**wrong)


def test_convert_searches_by_itself():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((12,), name="x"), layers.Dense(90, name="first"), layers.Dense(4)])
    lite = litesmith.convert(
        model, quantize="auto", calibration=DATA, budget=Budget(min_decibels=30, max_evaluations=2)
    )
    assert len(lite) < len(litesmith.convert(model))
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model, quantize="auto", calibration=DATA, budget=Budget(min_decibels=201, max_evaluations=1))
    assert raised.value.diagnostics[0].code == "Q143"
    with pytest.raises(ValueError, match="budget="):
        litesmith.convert(model, quantize="int8", calibration=DATA, budget=Budget())
