"""`litesmith run`."""

import os

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.opset.parse import parse_model

DEADLY = """
graph main(%x: int8[2, 3], %y: int8[2, 3]) {
  %1 = sub %x, %y : int8[2, 3]
  return %1
}
"""


def test_outputs_go_to_a_file_under_their_names(command, lite_file, arrays, tmp_path):
    ran = command("run", lite_file, "-i", arrays, "-o", tmp_path / "out.npz")
    assert (ran.code, ran.err) == (0, "")
    assert "scores float32(5, 3)" in ran.out
    expected = litesmith.load(lite_file).run(np.load(arrays)["image"])
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["scores"], expected)


def test_json_says_what_was_written(command, lite_file, arrays, tmp_path):
    data = command("run", lite_file, "-i", arrays, "-o", tmp_path / "out.npz", "--json").json
    assert data["ok"] is True
    assert data["outputs"] == [{"name": "scores", "shape": [5, 3], "dtype": "float32"}]
    assert data["seconds"] == round(data["seconds"], 4) > 0


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_single_array_needs_no_name(command, lite_file, tmp_path, save):
    save(tmp_path / "in.npz", np.ones((2, 6)))
    assert command("run", lite_file, "-i", tmp_path / "in.npz", "-o", tmp_path / "out.npz").code == 0
    np.save(tmp_path / "in.npy", np.ones((2, 6)))
    assert command("run", lite_file, "-i", tmp_path / "in.npy", "-o", tmp_path / "out.npz").code == 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"picture": np.ones((2, 6))}, "there is no array for 'image'; the file has 'picture'"),
        ({"image": np.ones((2, 7))}, "has shape (None, 6), not (2, 7)"),
        ({"image": np.ones(6)}, "has 2 axes (None, 6), not 1 (6,)"),
        ({}, "the file has none"),
    ],
)
def test_arrays_that_do_not_fit_are_a_mistake(command, lite_file, tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    ran = command("run", lite_file, "-i", tmp_path / "bad.npz", "-o", tmp_path / "out.npz")
    assert ran.code == 2
    assert "error F112" in ran.err
    assert message in ran.err
    assert "The model takes 'image' float32(None, 6)" in ran.err
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "F101"), (b"", "F102"), (b"words", "F104"), (b"PK\x03\x04 and no more", "F108"), (b"\x93NUMPY", "F108")],
)
def test_data_that_cannot_be_read_is_a_mistake(command, lite_file, tmp_path, content, code):
    if content is not None:
        (tmp_path / "bad.npz").write_bytes(content)
    ran = command("run", lite_file, "-i", tmp_path / "bad.npz", "-o", tmp_path / "out.npz")
    assert ran.code == 2
    assert ran.err.startswith(f"error {code}: ")


def test_pickled_data_is_not_opened(command, lite_file, tmp_path):
    np.save(tmp_path / "bad.npy", np.array([{"a": 1}], object), allow_pickle=True)
    ran = command("run", lite_file, "-i", tmp_path / "bad.npy", "-o", tmp_path / "out.npz")
    assert ran.code == 2


def test_data_that_the_model_cannot_take_is_told_from_a_bad_file(command, tmp_path):
    words = keras.Sequential([keras.Input((2,), dtype="int32", name="words"), layers.Embedding(5, 2)])
    litesmith.convert(words).save(path := tmp_path / "words.tflite")
    np.savez(tmp_path / "in.npz", words=np.array([[1, 5]], "int32"))
    ran = command("run", path, "-i", tmp_path / "in.npz", "-o", tmp_path / "out.npz")
    assert ran.code == 1
    assert ran.err.startswith("error R104: The LiteRT runtime failed on this data: ")
    assert "ids outside of a table" in ran.err


def test_a_file_that_ends_the_process_is_a_finding(command, tmp_path):
    (path := tmp_path / "deadly.tflite").write_bytes(to_bytes(parse_model(DEADLY)))
    np.savez(tmp_path / "in.npz", np.ones((2, 3), np.int8), np.ones((2, 3), np.int8))
    ran = command("run", path, "-i", tmp_path / "in.npz", "-o", tmp_path / "out.npz")
    assert ran.code == 1
    assert ran.err.startswith("error R102: The LiteRT runtime was ended by SIG")
    assert sorted(os.listdir(tmp_path)) == ["deadly.tflite", "in.npz"]


def test_a_signature_can_be_named(command, lite_file, arrays, tmp_path):
    out = tmp_path / "out.npz"
    assert command("run", lite_file, "-i", arrays, "-o", out, "--signature", "serving_default").code == 0
    ran = command("run", lite_file, "-i", arrays, "-o", out, "--signature", "other")
    assert ran.code == 2
    assert "serving_default" in ran.err


def test_an_output_that_cannot_be_written_is_a_mistake(command, lite_file, arrays, tmp_path):
    ran = command("run", lite_file, "-i", arrays, "-o", tmp_path / "nowhere" / "out.npz")
    assert ran.code == 2
    assert ran.err.startswith("error F201")
