"""Models of texts and categories on the backend that `KERAS_BACKEND` names: compared whole where it is TensorFlow."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.backends import is_installed
from litesmith.frontends.keras import stand_ins
from litesmith.verification import halves
from support import check_layer
from text_models import classifier, shop

HOMES = [stand_ins, *([layers] if is_installed("tensorflow") else [])]
COMPUTES_TEXTS = keras.backend.backend() == "tensorflow"


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.__name__.split(".")[0])
@pytest.mark.parametrize("build", [classifier, shop])
def test_both_halves_compute_what_keras_does(build, home):
    if home is stand_ins and COMPUTES_TEXTS:
        pytest.skip("stand-ins are for where TensorFlow is not")
    model = build(home)
    lite = litesmith.convert(model, split_preprocessing=True)
    report = litesmith.verify(model, lite)
    assert report
    assert report.samples >= 2


def test_a_file_that_differs_does_not_pass():
    model = classifier(layers if COMPUTES_TEXTS else stand_ins)
    lite = litesmith.convert(model, split_preprocessing=True)
    model.get_layer("class").bias.assign([0.0, 1.0, 0.0])
    assert not litesmith.verify(model, lite)


@pytest.mark.skipif(not COMPUTES_TEXTS, reason="Keras computes with texts in TensorFlow alone")
def test_an_app_that_does_otherwise_does_not_pass():
    model = classifier(layers)
    lite = litesmith.convert(model, split_preprocessing=True)
    model.get_layer("words").set_vocabulary(["fox", "größe", "the", "quick"])
    assert not litesmith.verify(model, lite)


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_numbers_as_categories(mode):
    check_layer(layers.CategoryEncoding(6, output_mode=mode), (4,), dtype="int32")
    check_layer(layers.Discretization([0.0, 1.0], output_mode=mode), (4,))


@pytest.mark.skipif(not is_installed("tensorflow"), reason="Keras needs TensorFlow for it")
def test_layers_of_keras_that_take_integers():
    x = keras.Input((3,), dtype="int32")
    indices = layers.IntegerLookup(vocabulary=[10, 20, 30], num_oov_indices=2)(x)
    model = keras.Model(x, [layers.Embedding(5, 2)(indices), layers.Hashing(7)(x)])
    assert litesmith.verify(model, litesmith.convert(model, verify=False))


@pytest.mark.skipif(not COMPUTES_TEXTS, reason="Keras adapts it in TensorFlow alone")
def test_a_space_of_features(tmp_path):
    features = {"size": "float_normalized", "id": "integer_categorical", "name": "string_categorical"}
    space = keras.utils.FeatureSpace({**features, "code": "integer_hashed"}, crosses=[("id", "code")], crossing_dim=8)
    random = np.random.default_rng(0)
    names = random.choice(["x", "y"], 20)
    space.adapt({"size": random.random(20), "id": np.arange(20) % 5, "name": names, "code": np.arange(20)})
    lite = litesmith.convert(space, split_preprocessing=True)
    assert [placed.sources for placed in lite.preprocessing.placed] == [("name",)]
    assert litesmith.verify(space, lite)
    space.save(tmp_path / "space.keras")
    assert litesmith.convert(tmp_path / "space.keras", split_preprocessing=True).preprocessing == lite.preprocessing


def test_a_model_of_another_kind_is_compared_where_keras_can_call_it(monkeypatch):
    monkeypatch.setattr(halves, "BATCHES", (1,))

    class Sentences(keras.Model):
        def __init__(self):
            super().__init__()
            self.words = (layers if COMPUTES_TEXTS else stand_ins).TextVectorization(
                vocabulary=["a", "b"], output_sequence_length=3, split="whitespace", name="words"
            )
            self.table = layers.Embedding(4, 2)

        def call(self, texts):
            return self.table(self.words(texts))

    model = Sentences()
    model.table.build((None, 3))
    model.built = True
    inputs = keras.InputSpec(shape=(None, 1), dtype="string")
    if COMPUTES_TEXTS:
        lite = litesmith.convert(model, inputs, split_preprocessing=True)
    else:
        with pytest.raises(LitesmithError, match="K306"):
            litesmith.convert(model, inputs, split_preprocessing=True)
        lite = litesmith.convert(model, inputs, split_preprocessing=True, verify=False)
    assert np.asarray(lite.run(["a b"])).shape == (1, 3, 2)
