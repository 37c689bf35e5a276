"""Files with layers that need TensorFlow, opened with it and without."""

import numpy as np
import pytest

import litesmith
from litesmith.frontends.keras import stand_ins
from litesmith.frontends.open import open_file

TEXTS = ["The quick, quick fox!", "", "Größe größe"]


@pytest.fixture
def without_tensorflow(monkeypatch):
    monkeypatch.setattr(stand_ins, "is_installed", lambda package: False)


@pytest.fixture
def file(tmp_path):
    """A model whose vocabularies are files in its archive, as those of adapted layers are."""
    pytest.importorskip("tensorflow")
    import keras
    from keras import layers

    text = keras.Input((1,), dtype="string", name="text")
    number = keras.Input((1,), dtype="int64", name="number")
    words = layers.TextVectorization(output_mode="tf_idf", ngrams=2, name="words")
    words.adapt(["the quick fox", "quick, the fox", "Größe"])
    lookup = layers.IntegerLookup(mask_token=0, output_mode="count", name="numbers")
    lookup.adapt(np.array([3, 3, 5, 0, 9]))
    hashed = layers.Hashing(11, output_mode="one_hot", name="hashed")(text)
    parts = [layers.Reshape((words.vocabulary_size(),))(words(text)), lookup(number), hashed]
    model = keras.Model([text, number], layers.Dense(2)(layers.Concatenate()(parts)))
    model.save(tmp_path / "text.keras")
    return tmp_path / "text.keras"


def test_the_same_comes_of_a_file_with_tensorflow_and_without(file, monkeypatch):
    given = [TEXTS, [[3], [0], [77]]]
    lites = [litesmith.convert(file, split_preprocessing=True)]
    monkeypatch.setattr(stand_ins, "is_installed", lambda package: False)
    assert isinstance(open_file(file).get_layer("words"), stand_ins.TextVectorization)
    lites.append(litesmith.convert(file, split_preprocessing=True))
    assert lites[0].preprocessing == lites[1].preprocessing
    np.testing.assert_allclose(lites[0].run(given), lites[1].run(given), atol=1e-6)


def test_stand_ins_are_layers_of_no_file_that_opens_otherwise(file):
    assert not isinstance(open_file(file).get_layer("words"), stand_ins.StandIn)


def test_weights_of_a_vocabulary_without_special_tokens():
    known = stand_ins.Vocabulary(
        {"vocabulary": ["a", "b"], "output_mode": "tf_idf", "idf_weights": [1.0, 3.0], "max_tokens": 5,
         "pad_to_max_tokens": True, "oov_token": "[UNK]"}, "string",
    )  # fmt: skip
    assert known.idf_weights_const.tolist() == [2.0, 1.0, 3.0, 0.0, 0.0]
