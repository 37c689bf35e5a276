"""Models cut in two: what stays in the app, and what the file takes."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras import stand_ins
from text_models import classifier, shop

GIVEN = {"brand": ["a", "zz"], "city": ["x", "y"], "age": [[3], [40]], "price": np.ones((2, 2))}


def inputs_of(lite):
    return {name: str(type.dtype) for name, type in lite.signatures["serving_default"]["inputs"].items()}


def test_texts_become_inputs_named_after_their_layer():
    lite = litesmith.convert(classifier(), split_preprocessing=True)
    assert inputs_of(lite) == {"words": "int64"}
    texts = ["The quick, quick fox!", "", "Größe größe"]
    found = lite.preprocessing(texts)
    assert found["words"].tolist() == [[2, 3, 3, 4, 0, 0], [0] * 6, [5, 5, 0, 0, 0, 0]]
    np.testing.assert_array_equal(lite.run(texts), lite.run_named(found)["class"])


def test_without_the_option_the_finding_names_it():
    with pytest.raises(LitesmithError, match=r"K304(.|\n)*split_preprocessing=True"):
        litesmith.convert(classifier())


def test_results_of_layers_and_inputs_of_the_model_are_inputs_of_the_file():
    lite = litesmith.convert(shop(), split_preprocessing=True)
    assert inputs_of(lite) == {
        "age": "int64", "price": "float32", "brands": "int64", "age_bins": "int64", "brand_city": "float32",
    }  # fmt: skip
    assert lite.run(GIVEN).shape == (2, 3)
    assert [placed.name for placed in lite.preprocessing.placed] == ["brands", "age_bins", "brand_city"]


def test_inputs_that_only_the_app_needs_are_none_of_the_file():
    number = keras.Input((1,), dtype="int64", name="number")
    model = keras.Model(number, layers.Embedding(5, 2)(stand_ins.Hashing(num_bins=5, salt=1, name="bins")(number)))
    lite = litesmith.convert(model, split_preprocessing=True)
    assert inputs_of(lite) == {"bins": "int64"}
    assert lite.run([[4], [5]]).shape == (2, 1, 2)


def test_texts_of_open_length():
    text = keras.Input((), dtype="string", name="text")
    words = stand_ins.TextVectorization(vocabulary=["a", "b"], split="whitespace", name="words")(text)
    model = keras.Model(text, layers.GlobalMaxPooling1D()(layers.Embedding(4, 2)(words)))
    lite = litesmith.convert(model, split_preprocessing=True)
    assert lite.preprocessing.placed[0].shape == (None, None)
    assert lite.run(["a b a", "b"]).shape == (2, 2)
    assert lite.run(["a b a a b", "b", "a"]).shape == (3, 2)


def test_a_model_without_texts_is_not_cut():
    model = keras.Sequential([keras.Input((3,), name="x"), layers.Dense(2)])
    lite = litesmith.convert(model, split_preprocessing=True)
    assert lite.preprocessing is None
    assert inputs_of(lite) == {"x": "float32"}


def test_what_computes_with_texts_otherwise_is_named():
    text = keras.Input((2,), dtype="string", name="text")
    tokens = stand_ins.StringLookup(vocabulary=["a"], name="lookup")(layers.Reshape((2, 1), name="shaped")(text))
    with pytest.raises(LitesmithError, match=r"K102: keras.*: the text 'text', which only preprocessing layers take"):
        litesmith.convert(keras.Model(text, tokens), split_preprocessing=True, verify=False)


def test_the_app_does_not_compute_what_the_model_does():
    x = keras.Input((2,), dtype="int64", name="x")
    model = keras.Model(x, stand_ins.Hashing(num_bins=5, salt=1)(ops.add(x, x)))
    with pytest.raises(LitesmithError, match=r"K102.*one of its inputs is computed by the model"):
        litesmith.convert(model, split_preprocessing=True, verify=False)


def test_signatures_are_not_cut():
    with pytest.raises(ValueError, match="leave signatures= out"):
        litesmith.convert(classifier(), split_preprocessing=True, signatures={"one": (1, 1)})
