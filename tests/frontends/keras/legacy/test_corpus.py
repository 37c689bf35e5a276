"""Files that old Kerases wrote compute what these computed, as Keras models and as LiteRT files."""

import keras
import pytest

import litesmith
from litesmith.frontends.open import open_file
from old_files import CORPUS, FILES, OWN, close, expected, label, skip_where_keras_ignores_masks

pytestmark = pytest.mark.filterwarnings("ignore::litesmith.diagnostics.base.FindingWarning")
CONVERTED = (
    "keras_1.2/recurrent.h5",
    "keras_1.2/convolutions.h5",
    "keras_2.2/cudnn.h5",
    "keras_2.2/bidirectional.h5",
    "tf_2.3/functions.h5",
    "keras_2.2/lambdas.h5",
    "tf_2.3/lambdas_of_tensorflow.h5",
    "tf_2.3/sizes.h5",
    "tf_2.3/slices.h5",
    "tf_2.15/lambdas.keras",
    "tf_2.15/sizes.keras",
    "tf_2.13/sequential_in_functional.keras",
    "tf_2.15/nested.keras",
    "tf_keras/activations.h5",
    "tf_keras/attention.h5",
    "tf_keras/functional_in_sequential.h5",
    "tf_keras/functions.h5",
    "tf_keras/hard_sigmoids.h5",
    "tf_keras/locally_connected.h5",
    "tf_keras/preprocessing.h5",
    "tf_keras/slices.h5",
)


@pytest.mark.parametrize("path", FILES, ids=label)
def test_a_file_opens_as_the_model_that_it_was(path):
    skip_where_keras_ignores_masks(path)
    model = open_file(path, OWN)
    inputs, outputs = expected(path)
    close(model(inputs if len(inputs) > 1 else inputs[0], training=False), outputs, path)
    assert not model.compiled
    assert all("/" not in layer.name for layer in model._flatten_layers())


@pytest.mark.parametrize("name", CONVERTED)
def test_a_file_converts(name):
    path = CORPUS / name
    skip_where_keras_ignores_masks(path)
    lite = litesmith.convert(path, custom_objects=OWN)
    inputs, outputs = expected(path)
    found = lite.run(inputs if len(inputs) > 1 else inputs[0])
    close(found, outputs, path)


def test_the_corpus_has_every_format():
    assert {path.parent.name for path in FILES} == {
        *("keras_1.2", "keras_2.2", "tf_2.3", "tf_2.13", "tf_2.15", "tf_keras"),
    }
    assert sum(path.stat().st_size for path in FILES) < 3 << 20


def test_operations_name_the_layer_that_keras_2_named():
    lite = litesmith.convert(CORPUS / "tf_keras" / "functions.h5", verify=False)
    layers = {operation.source.layer for operation in lite.graph.operations if operation.source}
    assert {"tf.linalg.matmul", "tf.clip_by_value"} <= layers


def test_a_layer_of_keras_3_stays_as_keras_3_has_it(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("hard_sigmoid")])
    model.save(tmp_path / "model.h5")
    again = open_file(tmp_path / "model.h5")
    assert again.layers[-1].activation is keras.activations.hard_sigmoid
