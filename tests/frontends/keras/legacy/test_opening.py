"""What stands in the way of an old file is said, all at once, and nothing is left to chance."""

import json
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

from litesmith import LitesmithError
from litesmith.frontends.custom_objects import import_custom_objects
from litesmith.frontends.open import open_file
from old_files import CORPUS, OWN, close, expected


def described(folder, name, change):
    """A file of the corpus whose layers were changed."""
    path = folder / "model.h5"
    shutil.copy(CORPUS / name, path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layers = config["config"] if isinstance(config["config"], list) else config["config"]["layers"]
        change({layer["config"]["name"]: layer for layer in layers})
        file.attrs["model_config"] = json.dumps(config)
    return path


def findings(path, custom_objects=None):
    with pytest.raises(LitesmithError) as raised:
        open_file(path, custom_objects)
    return raised.value.diagnostics


REFUSED = [
    ("tf_keras/gru_reset_after.h5", "gru", {"time_major": True}),
    ("tf_keras/convolutions.h5", "depthwise_conv2d", {"groups": 3}),
    ("tf_keras/convolutions.h5", "batch_normalization", {"virtual_batch_size": 4}),
    ("tf_keras/convolutions.h5", "dense", {"frobnicate": [1, 2]}),
    ("tf_keras/encoder_decoder.h5", "source", {"ragged": True}),
    ("tf_keras/encoder_decoder.h5", "source", {"sparse": True}),
    ("keras_1.2/convolutions.h5", "batchnormalization_1", {"mode": 1}),
]


@pytest.mark.parametrize(("name", "layer", "arguments"), REFUSED)
def test_arguments_that_keras_3_lacks_are_refused_where_they_change_results(name, layer, arguments, tmp_path):
    (argument, value) = next(iter(arguments.items()))
    (finding,) = findings(described(tmp_path, name, lambda layers: layers[layer]["config"].update(arguments)))
    assert (finding.code, finding.layer, finding.argument, finding.value) == ("F121", layer, argument, repr(value))
    assert finding.hint()


DROPPED = [
    ("tf_keras/gru_reset_after.h5", "gru", {"time_major": False, "implementation": 1, "weights": [[1.0]]}),
    ("tf_keras/convolutions.h5", "depthwise_conv2d", {"groups": 1, "dynamic": False}),
    ("tf_keras/convolutions.h5", "batch_normalization", {"renorm": False, "renorm_momentum": 0.5, "fused": True}),
    ("tf_keras/dense.h5", "dense", {"kernel_initializer": {"class_name": "Unknown", "config": {}}}),
    ("tf_keras/bidirectional.h5", "embedding", {"weights": [[[1.0]]], "input_length": 6}),
]


@pytest.mark.parametrize(("name", "layer", "arguments"), DROPPED)
def test_arguments_that_change_nothing_are_dropped(name, layer, arguments, tmp_path):
    model = open_file(described(tmp_path, name, lambda layers: layers[layer]["config"].update(arguments)))
    inputs, outputs = expected(CORPUS / name)
    close(model(inputs[0], training=False), outputs, CORPUS / name)


def test_all_that_stands_in_the_way_is_said_at_once(tmp_path):
    def change(layers):
        layers["scaled"]["class_name"] = "Mine"
        layers["dense"]["config"] |= {"frobnicate": 1, "activation": "ours"}

    found = findings(described(tmp_path, "tf_keras/custom.h5", change))
    assert [finding.code for finding in found] == ["F106", "F121"]
    assert found[0].names == ("ours", "Mine", "twice")


def test_the_stub_of_missing_classes_can_be_filled_in(tmp_path):
    path = CORPUS / "tf_keras" / "custom.h5"
    (finding,) = findings(path)
    assert "def __init__(self, factor=3.0, **options):" in finding.stub
    assert 'add_weight(name="scale", shape=(3,))' in finding.stub.replace("'", '"')
    assert finding.stub in finding.hint()
    filled = finding.stub.replace("def twice(x):\n    raise NotImplementedError", "def twice(x):\n    return x * 2")
    filled = filled.replace("raise NotImplementedError", "return inputs * self.scale * self.factor")
    (tmp_path / "layers.py").write_text(filled)
    model = open_file(path, import_custom_objects(tmp_path / "layers.py"))
    inputs, outputs = expected(path)
    close(model(inputs[0], training=False), outputs, path)


def test_stubs_are_python_whatever_names_a_file_has(tmp_path):
    def change(layers):
        layers["scaled"] |= {"class_name": "a b>1; import os #\n"}
        layers["scaled"]["config"] |= {"class": 1, "x y": 2, "z": "'\"\n", "name": 'sc\'aled\n"""'}

    (finding,) = findings(described(tmp_path, "tf_keras/custom.h5", change), {"twice": OWN["twice"]})
    compile(finding.stub, "stub.py", "exec")
    assert "import os" not in finding.stub.replace("1; import os", "").replace("_1__import_os", "")


def test_unknown_functions_are_listed_and_can_be_given(tmp_path):
    def change(layers):
        layers["tf.math.abs"]["config"]["function"] = "math.bessel_j0"
        layers["tf.math.tanh"]["config"]["function"] = "math.igamma"

    path = described(tmp_path, "tf_keras/functions.h5", change)
    (finding,) = findings(path)
    assert finding.code == "F122"
    assert finding.calls == ("tf.math.bessel_j0 (tf.math.abs)", "tf.math.igamma (tf.math.tanh)")
    assert open_file(
        path, {"tf.math.bessel_j0": keras.ops.abs, "tf_math_igamma": lambda x, name=None: keras.ops.tanh(x)}
    )


def test_a_function_that_is_called_in_an_unknown_way_is_named(tmp_path):
    def change(layers):
        layers["tf.math.argmax"]["inbound_nodes"][0][3]["frobnicate"] = True

    (finding,) = findings(described(tmp_path, "tf_keras/functions.h5", change))
    assert finding.code == "F122"
    assert "tf.math.argmax" in finding.message()


def test_weights_of_other_shapes_are_all_named(tmp_path):
    def change(layers):
        layers["dense"]["config"]["units"] = 6
        layers["dense_1"]["config"]["units"] = 4

    (finding,) = findings(described(tmp_path, "tf_keras/dense.h5", change))
    assert finding.code == "F123"
    assert finding.differences[0] == "dense/kernel is (4, 6) in the model, (4, 5) in the file"
    assert len(finding.differences) == 4


def test_a_weight_without_a_value_is_a_finding(tmp_path):
    path = tmp_path / "model.h5"
    shutil.copy(CORPUS / "tf_keras" / "dense.h5", path)
    with h5py.File(path, "r+") as file:
        file["model_weights/dense_1"].attrs["weight_names"] = [b"dense_1/kernel:0"]
    (finding,) = findings(path)
    assert finding.code == "F123"
    assert "'dense_1' has 2 weights in the model, 1 in the file" in finding.message()


def test_names_decide_where_order_would_mislead(tmp_path):
    """In the group of a nested model, the weights of two layers of one shape changed places, with their names."""
    path = tmp_path / "model.h5"
    shutil.copy(CORPUS / "tf_keras" / "nested.h5", path)
    with h5py.File(path, "r+") as file:
        names = [
            name if isinstance(name, bytes) else name.encode()
            for name in file["model_weights/inner"].attrs["weight_names"]
        ]
        file["model_weights/inner"].attrs["weight_names"] = names[2:4] + names[:2] + names[4:]
    inputs, outputs = expected(CORPUS / "tf_keras" / "nested.h5")
    close(open_file(path)(inputs[0], training=False), outputs, path)


def test_convolutions_of_keras_1_need_to_say_whose_they_are(tmp_path):
    path = tmp_path / "model.h5"
    shutil.copy(CORPUS / "keras_1.2" / "convolutions_th.h5", path)
    with h5py.File(path, "r+") as file:
        del file.attrs["backend"]
    (finding,) = findings(path)
    assert (finding.code, finding.layers) == ("F126", ("convolution2d_2",))
    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = "tensorflow"
    inputs, outputs = expected(CORPUS / "keras_1.2" / "convolutions_th.h5")
    assert np.abs(np.asarray(open_file(path)(inputs[0])) - outputs[0]).max() > 0.01


def test_code_in_old_files_is_refused(tmp_path):
    def change(layers):
        layers["activation"] |= {"class_name": "Lambda"}
        layers["activation"]["config"] |= {"function": ["4wEAAAA=", None, None], "function_type": "lambda"}

    (finding,) = findings(described(tmp_path, "tf_keras/custom.h5", change), OWN)
    assert (finding.code, finding.layers) == ("F107", ("activation",))


def test_a_lambda_of_a_named_function_is_that_function(tmp_path):
    def change(layers):
        config = {"name": "activation", "function": "twice", "function_type": "function", "module": "__main__"}
        layers["activation"] |= {"class_name": "Lambda", "config": config | {"output_shape": None, "arguments": {}}}

    path = described(tmp_path, "tf_keras/custom.h5", change)
    inputs, outputs = expected(CORPUS / "tf_keras" / "custom.h5")
    close(open_file(path, OWN)(inputs[0], training=False), outputs, path)


def test_resizing_of_keras_before_tensorflow_2_is_refused(tmp_path):
    def change(layers):
        layers["up_sampling2d_1"]["config"]["interpolation"] = "bilinear"

    (finding,) = findings(described(tmp_path, "keras_2.2/convolutions.h5", change))
    assert (finding.code, finding.argument) == ("F121", "interpolation")


def test_names_with_slashes_open(tmp_path):
    def change(layers):
        layers["dense"]["config"]["name"] = "block/dense"

    path = described(tmp_path, "tf_keras/dense.h5", change)
    with h5py.File(path, "r+") as file:
        file.move("model_weights/dense", "model_weights/block/dense")
        file["model_weights"].attrs["layer_names"] = [b"block/dense", b"dropout", b"dense_1"]
    assert [layer.name for layer in open_file(path).layers] == ["block_dense", "dropout", "dense_1"]


def test_an_archive_without_a_version_is_told_by_its_modules(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(CORPUS / "tf_2.15" / "nested.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if name != "metadata.json":
                new.writestr(name, old.read(name))
    inputs, outputs = expected(CORPUS / "tf_2.15" / "nested.keras")
    close(open_file(path)(inputs[0], training=False), outputs, path)
