"""`litesmith inspect`."""

import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.opset.parse import parse_model


def test_the_table_shows_signature_operators_and_layers(command, lite_file):
    ran = command("inspect", lite_file)
    assert (ran.code, ran.err) == (0, "")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["input", "image", "float32", "(None,", "6)"] in rows
    assert ["output", "scores", "float32", "(None,", "3)"] in rows
    assert ["FULLY_CONNECTED", "2"] in rows
    assert ["hidden", "1", "140", "bytes", "66.0%"] in rows


def test_json_has_everything(command, lite_file):
    data = command("inspect", lite_file, "--json").json
    assert data["ok"] is True
    assert data["bytes"] == lite_file.stat().st_size
    assert data["weight_bytes"] == 4 * (6 * 5 + 5 + 5 * 3 + 3)
    assert data["layers"][0] == {"layer": "hidden", "operators": 1, "bytes": 140}
    assert data["signatures"][0]["outputs"] == [
        {"name": "scores", "dtype": "float32", "shape": [None, 3], "size_names": [None, None]}
    ]


def test_files_of_others_are_shown_too(command, tmp_path):
    model = parse_model("graph main(%x: float32[2, 3]) {\n  %1 = tanh %x : float32[2, 3]\n  return %1\n}")
    (path := tmp_path / "foreign.tflite").write_bytes(to_bytes(model))
    assert ["TANH", "1"] in [line.split() for line in command("inspect", path).out.splitlines()]


@pytest.mark.parametrize("keep", [20, 200, 700])
def test_a_file_that_was_cut_off_is_damaged(command, lite_file, tmp_path, keep):
    (path := tmp_path / "cut.tflite").write_bytes(lite_file.read_bytes()[:keep])
    ran = command("inspect", path)
    assert ran.code == 2
    assert ran.err.startswith("error F108: ")


def test_a_keras_file_is_not_for_this_command(command, keras_file, tmp_path):
    assert command("inspect", keras_file).err.startswith("error F104: ")
    assert command("inspect", tmp_path / "nowhere.tflite").code == 2
