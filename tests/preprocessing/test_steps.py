"""What stays in the app against the layers of Keras, which need TensorFlow."""

import json

import numpy as np
import pytest
from keras import layers

from category_layers import crossings, hashings, integer_lookups, string_lookups, text_vectorizations
from litesmith.frontends.keras.preprocessing_state import step_of
from litesmith.ops.errors import Unsupported
from litesmith.preprocessing.steps import Lookup, TextVectorization, step_from_json
from litesmith.preprocessing.texts import texts_of

tensorflow = pytest.importorskip("tensorflow")


def arrays_of(inputs):
    return [texts_of(given) if given.dtype.kind in "US" else given for given in inputs]


def check(case):
    layer = case.make()
    given = [tensorflow.constant(array) for array in case.inputs]
    expected = np.asarray(layer(given[0] if len(given) == 1 else given))
    step = step_of(layer)
    again = step_from_json(json.loads(json.dumps(step.to_json())))
    assert again == step
    for each in (step, again):
        found = each(*arrays_of(case.inputs))
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=case.name)
        assert found.dtype == step.dtype
        sizes = step.shape(*(array.shape for array in case.inputs))
        assert all(size in (None, there) for size, there in zip(sizes, found.shape, strict=True)), case.name


FAMILIES = (string_lookups, integer_lookups, hashings, crossings, text_vectorizations)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_configuration(family):
    for case in family():
        check(case)


def test_unknown_tokens_that_are_refused():
    with pytest.raises(ValueError, match="'zz' is not in the vocabulary"):
        Lookup(("a",), unknown=0)(texts_of(["a", "zz"]))
    assert Lookup(("a",), unknown=0)(texts_of(["a"])).tolist() == [0]


def test_an_adapted_layer():
    layer = layers.TextVectorization(output_mode="tf_idf", max_tokens=6, pad_to_max_tokens=True)
    layer.adapt(["the fox and the dog", "the cat", "a fox"])
    texts = np.array(["fox the the bird", "cat"])
    np.testing.assert_allclose(
        step_of(layer)(texts_of(texts)), np.asarray(layer(tensorflow.constant(texts))), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (lambda: layers.TextVectorization(standardize=str.upper, vocabulary=["a"]), "standardize= is a function"),
        (lambda: layers.TextVectorization(split=str.split, vocabulary=["a"]), "split= is a function"),
        (lambda: layers.TextVectorization(output_mode="one_hot", vocabulary=["a"]), "texts of several lengths"),
        (lambda: layers.StringLookup(), "no vocabulary|cannot be read"),
    ],
)
def test_what_cannot_be_said(layer, reason):
    with pytest.raises(Unsupported, match=reason):
        step_of(layer())


def test_texts_to_split_are_single():
    step = TextVectorization(Lookup(("a",)), split="whitespace")
    with pytest.raises(ValueError, match="size 1"):
        step(texts_of([["a", "b"]]))
