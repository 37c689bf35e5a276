"""`litesmith bisect`."""

import numpy as np
import pytest

import litesmith
from bisection.planted import WrongResult, WrongWeight, changed, deadly, plant


@pytest.fixture
def other_file(model, tmp_path):
    """A file of the model with other weights in its first layer."""
    lite = changed(litesmith.convert(model, verify=False), WrongWeight("hidden"))
    return lite.save(tmp_path / "other.tflite")


def test_a_right_file_passes(command, keras_file, lite_file):
    for arguments in ((keras_file, lite_file), (keras_file,)):
        ran = command("bisect", *arguments)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == "✓ nothing fails: the file computes what Keras does\n"
    data = command("bisect", keras_file, lite_file, "--json").json
    assert (data["ok"], data["passed"], data["kind"], data["layer"], data["saved"]) == (True, True, None, None, [])


def test_the_first_layer_that_differs_is_shown(command, keras_file, other_file, arrays):
    ran = command("bisect", keras_file, other_file, "--data", arrays)
    assert ran.code == 1
    assert ran.out.startswith("✗ the file computes something else than Keras\n")
    assert "error V201: 'hidden' is the first layer whose output differs from Keras's, by " in ran.out
    assert "error V202: The file was made of other weights than the model has: those of 'hidden' differ." in ran.out
    assert "litesmith convert MODEL" in ran.out


def test_json_has_every_layer(command, keras_file, other_file):
    ran = command("bisect", keras_file, other_file, "--json")
    assert ran.code == 1
    data = ran.json
    assert (data["ok"], data["command"], data["kind"], data["is_in_file"]) == (False, "bisect", "difference", True)
    assert [finding["code"] for finding in data["findings"]] == ["V201", "V202"]
    steps = {step["layer"]: step for step in data["steps"]}
    assert [steps[layer]["fate"] for layer in ("hidden", "scores")] == ["different", "different"]
    assert steps["hidden"]["max_abs"] > steps["hidden"]["allowed"]


def test_the_smallest_model_is_saved_and_fails_again(command, keras_file, tmp_path, monkeypatch):
    plant(monkeypatch, WrongWeight("scores"))
    ran = command("bisect", keras_file, "--json")
    assert ran.code == 1
    folder = tmp_path / "small.bisect"
    assert ran.json["saved"] == [str(folder / "smallest.keras"), str(folder / "smallest.npz")]
    assert ran.json["smallest"]["layers"] == ["scores"]
    assert dict(np.load(folder / "smallest.npz"))["input"].shape[1] == 5
    again = command("bisect", folder / "smallest.keras", "--data", folder / "smallest.npz", "-o", tmp_path / "again")
    assert again.code == 1
    assert "The smallest model that fails so has 1 layer (scores): " in again.out
    assert (tmp_path / "again" / "smallest.keras").exists()


def test_a_crash_names_the_operator(command, keras_file, model, tmp_path):
    lite = changed(litesmith.convert(model, verify=False), WrongResult("scores", deadly))
    ran = command("bisect", keras_file, lite.save(tmp_path / "deadly.tflite"))
    assert ran.code == 1
    assert "error V204: SUB, which makes 'scores" in ran.out
    assert "is the first operator that fails, 3 of 5: The LiteRT runtime was ended by SIG" in ran.out


def test_mistakes_are_findings(command, keras_file, lite_file, tmp_path):
    np.savez(tmp_path / "bad.npz", picture=np.ones((2, 6)), other=np.ones(3))
    np.savez(tmp_path / "wide.npz", image=np.ones((2, 9)))
    for arguments, code in (
        ((tmp_path / "nowhere.keras",), "F101"),
        ((keras_file, tmp_path / "nowhere.tflite"), "F101"),
        ((keras_file, keras_file), "F104"),
        ((keras_file, lite_file, "--data", tmp_path / "bad.npz"), "F112"),
        ((keras_file, "--data", tmp_path / "bad.npz"), "K302"),
        ((keras_file, lite_file, "--data", tmp_path / "wide.npz"), "V102"),
        ((keras_file, "--input", "?,7"), "K302"),
    ):
        ran = command("bisect", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"error {code}: ")
        assert not (tmp_path / "small.bisect").exists()


def test_the_original_comes_first(command, keras_file, lite_file):
    ran = command("bisect", lite_file, keras_file)
    assert ran.code == 2
    assert "the original comes first" in " ".join(ran.err.replace("│", " ").split())
