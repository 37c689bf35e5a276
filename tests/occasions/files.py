"""Files that cannot be opened or written, and the like that can (F...)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

import litesmith
from bad_files import BAD_FILES, Scale, Shift, custom_model, dense_model
from occasions import occasion

WRONG = {
    "F101": "missing",
    "F102": "empty",
    "F103": "folder",
    "F104": "text",
    "F108": "cut off",
    "F110": "unknown argument",
}
"""Kinds of bad files by the finding that each gives; the sound one is an ordinary model."""


def saved(bench, model):
    model.save(path := bench.folder / "model.keras")
    return path


def opened(bench, path, **options):
    litesmith.convert(path, verify=False, **options)


for _code, _kind in WRONG.items():

    @occasion(_code)
    def a_bad_file(bench, kind=_kind):
        opened(bench, BAD_FILES[kind][0](bench.folder) if bench.wrong else saved(bench, dense_model()))


@occasion("F105")
def weights_without_their_model(bench):
    dense_model().save_weights(path := bench.folder / "model.weights.h5")
    opened(bench, path, architecture=None if bench.wrong else dense_model)


@occasion("F106")
def classes_that_are_not_given(bench):
    opened(
        bench, saved(bench, custom_model()), custom_objects=None if bench.wrong else {"Scale": Scale, "Shift": Shift}
    )


@occasion("F107")
def code_that_is_more_than_an_expression(bench):
    path = BAD_FILES["lambda"][0](bench.folder)
    name = next(
        each.name for each in keras.models.load_model(path, safe_mode=False).layers if isinstance(each, layers.Lambda)
    )
    opened(bench, path, **({} if bench.wrong else {"custom_objects": {name: lambda x: x * 2.0}}))


@occasion("F109")
def a_file_of_another_user(bench):
    path = saved(bench, dense_model())
    if bench.wrong:

        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        bench.patch.setattr(Path, "open", refuse)
    opened(bench, path)


@occasion("F111")
def a_python_file_that_fails(bench):
    (code := bench.folder / "code.py").write_text("import no_such_package\n" if bench.wrong else "import math\n")
    opened(bench, saved(bench, dense_model()), custom_objects=str(code))


@occasion("F112")
def arrays_of_other_inputs(bench):
    path = litesmith.convert(dense_model(), verify=False).save(bench.folder / "model.tflite")
    sizes = (1, 5) if bench.wrong else (1, 4)
    np.savez(data := bench.folder / "in.npz", x=np.ones(sizes, "float32"))
    bench.command("run", path, "-i", data, "-o", bench.folder / "out.npz")


@occasion("F114")
def a_name_that_a_file_does_not_define(bench):
    (code := bench.folder / "code.py").write_text("from bad_files import dense_model as make\n")
    bench.command(
        "convert", f"{code}:{'network' if bench.wrong else 'make'}", "--no-verify", "-o", bench.folder / "m.tflite"
    )


@occasion("F115")
def a_lambda_that_is_read(bench):
    x = keras.Input((4,))
    layer = layers.Lambda(lambda y: y / 255) if bench.wrong else layers.Rescaling(1 / 255)
    opened(bench, saved(bench, keras.Model(x, layer(x))))


@occasion("F124")
def a_link_out_of_the_file(bench):
    path = saved(bench, dense_model())
    if bench.wrong:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("../../x", b"x")
    opened(bench, path)


@occasion("F125")
def what_is_no_architecture(bench):
    dense_model().save_weights(path := bench.folder / "model.weights.h5")
    (text := bench.folder / "model.json").write_text(json.dumps([]) if bench.wrong else dense_model().to_json())
    opened(bench, path, architecture=str(text))


@occasion("F123")
def weights_of_another_model(bench):
    dense_model().save_weights(path := bench.folder / "model.weights.h5")
    wider = keras.Sequential([keras.Input((4,)), layers.Dense(7)])
    opened(bench, path, architecture=wider if bench.wrong else dense_model())


@occasion("F201")
def a_folder_that_is_not_there(bench):
    lite = litesmith.convert(dense_model(), verify=False)
    lite.save(bench.folder / ("nowhere/model.tflite" if bench.wrong else "model.tflite"))


CORPUS = Path(__file__).parent.parent / "corpus"


def changed(bench, name, change):
    """A copy of an old file."""
    path = bench.folder / "model.h5"
    path.write_bytes((CORPUS / name).read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def with_arguments(layer, **arguments):
    def change(file):
        config = json.loads(file.attrs["model_config"])
        for each in config["config"]["layers"] if isinstance(config["config"], dict) else config["config"]:
            if each["config"]["name"] == layer:
                each["config"].update(arguments)
        file.attrs["model_config"] = json.dumps(config)

    return change


@occasion("F121")
def an_argument_that_keras_3_lacks(bench):
    change = with_arguments("depthwise_conv2d", groups=2 if bench.wrong else 1)
    opened(bench, changed(bench, "tf_keras/convolutions.h5", change))


@occasion("F122")
def a_function_of_tensorflow_that_is_not_known(bench):
    change = with_arguments("tf.math.abs", **({"function": "math.bessel_j0"} if bench.wrong else {}))
    opened(bench, changed(bench, "tf_keras/functions.h5", change))


@occasion("F126")
def kernels_that_may_be_theanos(bench):
    def change(file):
        if bench.wrong:
            del file.attrs["backend"]

    opened(bench, changed(bench, "keras_1.2/convolutions_th.h5", change))
