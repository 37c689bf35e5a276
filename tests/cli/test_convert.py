"""`litesmith convert`."""

import errno
import os

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from bad_files import BAD_FILES, custom_classes
from text_models import classifier


def test_the_file_is_written_beside_the_model_and_the_result_says_what_happened(command, keras_file, model):
    ran = command("convert", keras_file)
    assert ran.code == 0
    path = keras_file.with_suffix(".tflite")
    x = np.ones((2, 6), "float32")
    np.testing.assert_allclose(litesmith.load(path).run(x), model(x), atol=1e-5)
    lines = ran.out.splitlines()
    assert lines[0].split()[:2] == ["✓", str(path)]
    assert "3 layers -> 2 operators (2 FULLY_CONNECTED)" in lines[1]
    assert "loaded in" in lines[2]
    assert "verified in" in lines[2]
    assert lines[3].startswith("  same as Keras: 'scores' differs by at most")
    assert len(lines) == 4
    assert ran.err == ""


def test_json_has_sizes_times_operators_and_errors_and_nothing_else(command, keras_file, tmp_path):
    ran = command("convert", keras_file, "-o", tmp_path / "out.tflite", "--json")
    assert (ran.code, ran.err) == (0, "")
    data = ran.json
    assert data["ok"] is True
    assert data["file"] == str(tmp_path / "out.tflite")
    assert data["bytes"] == (tmp_path / "out.tflite").stat().st_size
    assert data["model_bytes"] == keras_file.stat().st_size
    assert data["operators"] == {"FULLY_CONNECTED": 2}
    assert set(data["seconds"]) == {"load", "convert", "verify"}
    assert data["verification"]["passed"] is True
    assert data["backend"] == {"backend": "numpy", "reason": None}


def test_verification_can_be_left_out(command, keras_file):
    ran = command("convert", keras_file, "--no-verify", "--json")
    assert ran.json["verification"] is None
    assert set(ran.json["seconds"]) == {"load", "convert"}
    assert "not compared" in command("convert", keras_file, "--no-verify").out


def test_outputs_that_differ_are_a_negative_finding_and_no_file(command, keras_file, tmp_path):
    ran = command("convert", keras_file, "--atol=-1", "--rtol=0")
    assert ran.code == 1
    assert ran.err.startswith("error V101: Output 'scores' differs from Keras by")
    assert os.listdir(tmp_path) == ["small.keras"]
    ran = command("convert", keras_file, "--atol=-1", "--rtol=0", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert [finding["code"] for finding in ran.json["findings"]] == ["V101"]


def test_the_batch_can_be_fixed(command, keras_file):
    command("convert", keras_file, "--batch", "4")
    assert litesmith.load(keras_file.with_suffix(".tflite")).graph.inputs[0].type.shape == (4, 6)


@pytest.mark.parametrize("shape", ["2,6", "(2, 6)", "image=2,6", "2,6:float32", "image=2,?:float32"])
def test_shapes_of_inputs_can_be_said(command, keras_file, shape):
    ran = command("convert", keras_file, "--input", shape)
    assert ran.code == 0, ran.err
    batch = litesmith.load(keras_file.with_suffix(".tflite")).graph.inputs[0].type.shape[0]
    assert batch == 2


def test_named_shapes_may_leave_inputs_out(command, tmp_path):
    a, b = keras.Input((None, 2), name="a"), keras.Input((None, 2), name="b")
    keras.Model([a, b], [layers.Dense(1)(a), layers.Dense(1)(b)]).save(path := tmp_path / "two.keras")
    assert command("convert", path, "--input", "b=?,7,2").code == 0
    (signature,) = litesmith.load(tmp_path / "two.tflite").signatures.values()
    assert [str(type) for type in signature["inputs"].values()][1].endswith(", 7, 2]")


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (["6"], "shape (6,) for input 'image'"),
        (["?,6", "?,6"], "2 given for 1 inputs"),
        (["?,6:int32"], "type int32 for input 'image'"),
        (["?,6:floaty"], "'floaty' is not an element type"),
        (["six and a half"], "'six and a half' is not a shape"),
        (["six"], "shape ('six',) for input 'image'"),
        (["picture=?,6"], "there is no input 'picture'"),
        (["image=?,6", "?,6"], "either all shapes are named or none"),
    ],
)
def test_shapes_that_do_not_fit_are_a_mistake(command, keras_file, tmp_path, shapes, message):
    ran = command("convert", keras_file, *[part for shape in shapes for part in ("--input", shape)])
    assert ran.code == 2
    assert "error K302" in ran.err
    assert message in ran.err
    assert os.listdir(tmp_path) == ["small.keras"]


@pytest.mark.parametrize(("build", "code"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_a_mistake_with_one_message_and_no_file(command, build, code, tmp_path):
    path = build(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    ran = command("convert", path, "-o", tmp_path / "out.tflite")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("error") == 1
    assert ran.err.startswith(f"error {code}: ")
    ran = command("convert", path, "-o", tmp_path / "out.tflite", "--json")
    assert (ran.code, ran.err) == (2, "")
    assert [finding["code"] for finding in ran.json["findings"]] == [code]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("target", ["nowhere/out.tflite", "small.keras/out.tflite", "."])
def test_an_output_that_cannot_be_written_is_said_before_the_work(command, keras_file, tmp_path, target, monkeypatch):
    from litesmith.frontends import open as opening

    monkeypatch.setattr(opening, "open_file", lambda *_: pytest.fail("the model was loaded"))
    ran = command("convert", keras_file, "-o", tmp_path / target)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error F201: Cannot write")
    assert os.listdir(tmp_path) == ["small.keras"]


def test_the_folder_one_is_in_is_no_model(command):
    ran = command("convert", ".")
    assert ran.code == 2
    assert "error F103: . is no model: it is a folder" in ran.err


def test_a_full_disk_is_said_and_leaves_no_file(command, keras_file, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    ran = command("convert", keras_file)
    assert ran.code == 2
    assert "no space left on device" in ran.err
    assert os.listdir(tmp_path) == ["small.keras"]


def test_the_users_own_classes_come_from_a_file(command, tmp_path):
    path = custom_classes(tmp_path)
    code = tmp_path / "own.py"
    code.write_text(
        "import keras\n"
        "class Scale(keras.layers.Layer):\n"
        "    def build(self, shape):\n"
        "        self.factor = self.add_weight(shape=(), initializer='ones')\n"
        "    def call(self, x):\n"
        "        print('custom code speaks')\n"
        "        return x * self.factor\n"
        "@keras.saving.register_keras_serializable('own')\n"
        "class Unused(keras.layers.Layer):\n    pass\n"
        "class Shift(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x + 1.0\n"
    )
    ran = command("convert", path, "--custom-objects", code, "--json")
    assert ran.code == 0
    assert ran.json["ok"]
    assert "custom code speaks" in ran.err


def test_what_has_no_form_is_a_negative_finding_with_layer_and_line(command, tmp_path):
    code = tmp_path / "own.py"
    code.write_text(
        "import keras, numpy as np\n"
        "@keras.saving.register_keras_serializable('test_convert')\n"
        "class Odd(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return np.sort(x)\n"
        "    def compute_output_spec(self, x):\n"
        "        return keras.KerasTensor(x.shape, x.dtype)\n"
    )
    from litesmith.frontends.custom_objects import import_custom_objects

    odd = import_custom_objects(code)["Odd"]
    keras.Sequential([keras.Input((4,)), odd(name="odd_one")]).save(path := tmp_path / "odd.keras")
    ran = command("convert", path, "--custom-objects", code)
    assert ran.code == 1
    assert "error K103" in ran.err
    assert f"in odd_one at {code}:5" in ran.err
    assert "5 | return np.sort(x)" in ran.err
    finding = command("convert", path, "--custom-objects", code, "--json").json["findings"][0]
    assert (finding["layer"], finding["file"], finding["line"]) == ("odd_one", str(code), 5)
    assert not (tmp_path / "odd.tflite").exists()


def test_a_bug_of_ours_is_a_finding_without_a_traceback(command, keras_file, monkeypatch):
    from litesmith import api

    def broken(*_, **__):
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr(api, "convert", broken)
    ran = command("convert", keras_file)
    assert ran.code == 1
    assert "X201: Litesmith failed: RuntimeError: a wheel came off" in ran.err


def test_usage_mistakes_exit_with_2(command, keras_file):
    for arguments in (
        ("convert",),
        ("convert", keras_file, "--rnn", "spiral"),
        ("convert", keras_file, "--batch", "0"),
        ("convert", keras_file, "--nonsense"),
        ("melt", keras_file),
    ):
        ran = command(*arguments)
        assert (ran.code, ran.out) == (2, "")


def test_a_size_may_have_a_bound(command, tmp_path):
    keras.Sequential([keras.Input((None, 6), name="steps"), layers.Dense(2)]).save(path := tmp_path / "steps.keras")
    file = tmp_path / "steps.tflite"
    assert command("convert", path, "--input", "steps=?,time<=40,6", "-o", file).code == 0
    assert "(None, time<=40, 6)" in command("inspect", file).out
    np.savez(tmp_path / "long.npz", steps=np.ones((1, 41, 6), "float32"))
    ran = command("run", file, "-i", tmp_path / "long.npz", "-o", tmp_path / "out.npz")
    assert ran.code == 2
    assert "has time<=40, not 41" in ran.err


def test_layers_of_text_are_left_to_the_app(command, tmp_path):
    pytest.importorskip("tensorflow")
    path = tmp_path / "texts.keras"
    classifier(layers).save(path)
    assert "K304" in command("convert", path).err
    assert "leave --signature out" in command("convert", path, "--signature", "x=1,1", "--split-preprocessing").err
    ran = command("convert", path, "--split-preprocessing", "-o", tmp_path / "half.tflite")
    assert ran.code == 0, ran.err
    assert f"in the app, before the file: {tmp_path / 'half.preprocessing.json'}" in ran.out.replace("\n", "")
    half = litesmith.load_preprocessing(tmp_path / "half.preprocessing.json")
    assert litesmith.load(tmp_path / "half.tflite").run(half(["the fox", "a"])).shape == (2, 3)
    assert all(line in ran.out for line in str(half).splitlines())
    written = ("--preprocessing", tmp_path / "half.preprocessing.json")
    assert command("verify", path, tmp_path / "half.tflite", *written).code == 0
    refused = command("verify", path, tmp_path / "half.tflite", *written, "--data", tmp_path / "x.npz")
    assert "leave --data out" in refused.err
