"""Files and folders that people take for models: the finding says what each is, and what to do."""

import pickle
import tarfile
import zipfile

import h5py
import numpy as np
import pytest

import litesmith
from bad_files import dense_model, litert
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.wording import on_command_line
from litesmith.frontends.open import identify

GRAPHS = b"\x08\x01\x12\x05\x0a\x03\x0a\x01x"
TABLE_END = bytes.fromhex("57fb808b247547db")


def written(name, content):
    def write(folder):
        (path := folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def zipped(names):
    def write(folder):
        with zipfile.ZipFile(path := folder / "archive.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        return path

    return write


def folder_with(*names):
    def write(folder):
        for name in names:
            (path := folder / "model" / name).parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        (folder / "model").mkdir(exist_ok=True)
        return folder / "model"

    return write


def checkpoint_prefix(folder):
    (folder / "ckpt-1.index").write_bytes(b"\0" * 40 + TABLE_END)
    return folder / "ckpt-1"


def packed(mode, name):
    def write(folder):
        (folder / "x").write_text("x")
        with tarfile.open(path := folder / name, mode) as archive:
            archive.add(folder / "x", "x")
        return path

    return write


def arrays(folder):
    np.savez(folder / "a.npz", x=np.zeros(3))
    return folder / "a.npz"


def table(folder):
    with h5py.File(path := folder / "data.h5", "w") as file:
        file["temperatures"] = np.arange(3)
    return path


OTHERS = {
    "checkpoint folder": (
        folder_with("checkpoint", "model.index"),
        "F103",
        "a checkpoint of TensorFlow",
        "load_weights",
    ),
    "checkpoint": (checkpoint_prefix, "F104", "a checkpoint of TensorFlow", "FILE.py:NAME"),
    "its index": (written("m.index", b"\0" * 40 + TABLE_END), "F104", "a checkpoint of TensorFlow", "load_weights"),
    "its data": (written("m.data-00000-of-00001", b"\0\1\2\3" * 9), "F104", "a checkpoint of TensorFlow", "restore"),
    "its state": (written("checkpoint", 'model_checkpoint_path: "m"\n'), "F104", "a checkpoint", "load_weights"),
    "graphs alone": (written("model.pb", GRAPHS), "F104", "without its folder", "saved_model.pb"),
    "zip of a SavedModel": (zipped(["m/saved_model.pb", "m/variables/v"]), "F104", "a ZIP archive of a", "Unpack it"),
    "zip of a model": (zipped(["readme.txt", "best.h5"]), "F104", "with best.h5 in it", "Unpack it"),
    "zip of others": (zipped(["readme.txt"]), "F104", "a ZIP archive without a Keras model", "Give the path of"),
    "tar": (packed("w", "m.tar"), "F104", "a packed archive", "tar -xf"),
    "tar.gz": (packed("w:gz", "m.tar.gz"), "F104", "a packed archive", "tar -xf"),
    "folder of versions": (folder_with("1/saved_model.pb"), "F103", "which is a SavedModel", "model/1"),
    "folder of models": (folder_with("a/best.keras", "b.txt"), "F103", "best.keras in it", "Give the path of a file"),
    "unpacked": (folder_with("config.json", "metadata.json", "model.weights.h5"), "F103", "unpacked", "zip -r"),
    "TensorFlow.js": (folder_with("model.json", "group1-shard1of1.bin"), "F103", "a model of TensorFlow.js", "h5"),
    "variables alone": (
        folder_with("variables/variables.index"),
        "F103",
        "without its saved_model.pb",
        "Copy the whole",
    ),
    "empty folder": (folder_with(), "F103", "an empty folder", "Check the spelling"),
    "folder of others": (folder_with("notes.txt"), "F103", "a folder without a model", "Check the spelling"),
    "ONNX": (written("m.onnx", b"\x08\x08\x12\x07pytorch\x1a\x052.1.0"), "F104", "a model of ONNX", "exported from"),
    "npz": (arrays, "F104", "an array file of numpy", "Arrays are data"),
    "npy": (written("a.npy", b"\x93NUMPY\x01\x00v\x00{}"), "F104", "an array file of numpy", "Arrays are data"),
    "HDF5": (table, "F104", "an HDF5 file without a Keras model (it holds temperatures)", "Give the path of"),
    "pickle": (written("m.pkl", pickle.dumps({"a": 1})), "F104", "a Python pickle", "Load what is in it"),
    "old torch": (written("m.pth", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."), "P106", "of torch", "torch.load"),
    "safetensors": (
        written("m.safetensors", (16).to_bytes(8, "little") + b'{"a": {}}       '),
        "F104",
        "weights of torch or JAX",
        "Load them into the model",
    ),
    "GGUF": (written("m.gguf", b"GGUF\x03\0\0\0\0\0"), "F104", "llama.cpp", "made from"),
    "web page": (written("m.keras", "<!DOCTYPE html>\n<html>"), "F104", "a web page", "download the file itself"),
    "Git LFS": (written("m.h5", "version https://git-lfs.github.com/spec/v1\n"), "F104", "Git LFS", "git lfs pull"),
    "YAML": (
        written("m.yaml", "backend: theano\nclass_name: Sequential\n"),
        "F104",
        "in YAML",
        "Keras 3 reads no YAML",
    ),
    "text": (written("m.txt", "hello, all of you"), "F104", "a text file", "Give the path of"),
    "bytes": (written("m.bin", b"\xff\xfe\xfd" * 9), "F104", "none of the formats", "Give the path of"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_it_is_and_what_to_do_are_said(name, tmp_path):
    make, code, found, advice = OTHERS[name]
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(make(tmp_path))
    (finding,) = raised.value.diagnostics
    assert finding.code == code
    assert found in finding.message()
    assert advice in finding.hint()


def test_a_description_goes_with_the_weights(tmp_path):
    (path := tmp_path / "model.json").write_text(dense_model().to_json())
    with pytest.raises(LitesmithError, match=r"(?s)model\.to_json\(\).*as architecture="):
        identify(path)
    with on_command_line(), pytest.raises(LitesmithError, match="as --architecture"):
        identify(path)


def test_a_litert_file_is_converted_already(tmp_path):
    path = litert(tmp_path)
    with pytest.raises(LitesmithError, match=r"(?s)F104.*converted already: litesmith\.load\("):
        litesmith.convert(path)
    with on_command_line(), pytest.raises(LitesmithError, match=r"(?s)F104.*already: litesmith inspect"):
        litesmith.convert(path)


def test_a_keras_file_is_to_be_converted_first(tmp_path):
    dense_model().save(path := tmp_path / "m.keras")
    with pytest.raises(LitesmithError, match=r"(?s)F104.*Convert it first: litesmith\.convert\("):
        litesmith.load(path)


@pytest.mark.parametrize("missing", ["variables/variables.index", "variables/variables.data-00000-of-00001"])
def test_a_saved_model_without_its_weights_says_which_file_is_missing(missing, tmp_path):
    tf = pytest.importorskip("tensorflow")
    module = tf.Module()
    module.v = tf.Variable([1.0, 2.0])
    module.f = tf.function(lambda x: x * module.v, input_signature=[tf.TensorSpec((None, 2))])
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.f)
    (tmp_path / "saved" / missing).unlink()
    with pytest.raises(LitesmithError, match="F108") as raised:
        litesmith.convert(tmp_path / "saved")
    (finding,) = raised.value.diagnostics
    assert f"{missing}, which holds its weights, is missing" in finding.message()
    assert "Copy the whole folder" in finding.hint()
