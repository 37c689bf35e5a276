"""`litesmith quantize`."""

import re

import keras
import numpy as np
import pytest
from keras import layers

import litesmith

EVALUATE = """
import numpy as np

images = np.load({images!r})["image"]
labels = np.load({labels!r})


def accuracy(lite):
    return (lite.run(images).argmax(1) == labels).mean()


def fails(lite):
    raise KeyError("labels")


def worse(lite):
    return -float(len(lite.graph.operations))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("quantize")
    keras.utils.set_random_seed(0)
    x = keras.Input((8, 8, 3), name="image")
    y = layers.Conv2D(8, 3, activation="relu", name="features")(x)
    y = layers.Flatten(name="flat")(layers.Conv2D(16, 3, activation="relu", name="more")(y))
    model = keras.Model(x, layers.Dense(5, name="scores")(y))
    model.save(path / "model.keras")
    lite = litesmith.convert(model)
    lite.save(path / "model.tflite")
    images = np.random.default_rng(0).standard_normal((64, 8, 8, 3)).astype("float32")
    np.savez(path / "images.npz", image=images)
    np.save(path / "labels.npy", lite.run(images).argmax(1))
    code = EVALUATE.format(images=str(path / "images.npz"), labels=str(path / "labels.npy"))
    (path / "mine.py").write_text(code)
    return path


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
def test_a_model_and_a_file_become_the_same_integers(command, folder, tmp_path, name):
    ran = command("quantize", folder / name, "--calibration", folder / "images.npz", "-o", tmp_path / "out.tflite")
    assert ran.code == 0, ran.err
    assert "as float32)" in ran.out
    assert "output 'scores' is" in ran.out
    assert ("same as Keras" in ran.out) == (name == "model.keras")
    data = np.load(folder / "images.npz")["image"]
    expected = litesmith.convert(keras.saving.load_model(folder / "model.keras"), quantize="int8", calibration=data)
    assert np.array_equal(litesmith.load(tmp_path / "out.tflite").run(data), expected.run(data))


def test_the_file_goes_beside_the_model_under_the_name_of_the_mode(command, folder):
    ran = command("quantize", folder / "model.tflite", "--mode", "float16", "--json")
    assert ran.code == 0, ran.err
    data = ran.json
    assert data["file"] == str(folder / "model.float16.tflite")
    assert data["bytes"] == len((folder / "model.float16.tflite").read_bytes())
    assert data["float32_bytes"] == len((folder / "model.tflite").read_bytes())
    assert data["bytes"] < 0.75 * data["float32_bytes"]


def test_a_measure_is_shown_and_may_refuse(command, folder, tmp_path):
    said = ["quantize", folder / "model.tflite", "--calibration", folder / "images.npz", "-o", tmp_path / "out.tflite"]
    ran = command(*said, "--eval", f"{folder / 'mine.py'}:accuracy", "--max-drop", "10%")
    assert ran.code == 0, ran.err
    assert "accuracy 1 -> " in ran.out
    assert "(0.1 allowed)" in ran.out
    (tmp_path / "out.tflite").unlink()
    ran = command(*said, "--eval", f"{folder / 'mine.py'}:worse", "--max-drop", "0.5")
    assert ran.code == 1
    assert "Q141" in ran.err
    assert not (tmp_path / "out.tflite").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mode", "int9"], "int8"),
        (["--max-drop", "1%"], "--eval"),
        (["--eval", "accuracy"], "MODULE:FUNCTION"),
        (["--eval", "mine.py:accuracy", "--max-drop", "much"], "no drop"),
        (["--batch", "2"], "as it is"),
        ([], "Q103"),
    ],
)
def test_what_is_said_wrongly_is_a_mistake(command, folder, monkeypatch, options, said):
    monkeypatch.chdir(folder)
    ran = command("quantize", "model.tflite", *options)
    assert ran.code == 2
    assert said in " ".join(ran.err.replace("│", " ").split())
    assert not (folder / "model.int8.tflite").exists()


def test_a_recipe_says_which_parts_become_what(command, folder, tmp_path):
    litesmith.Recipe("int8").keep_float("scores").save(tmp_path / "mine.toml")
    said = ["quantize", folder / "model.tflite", "--calibration", folder / "images.npz", "--recipe"]
    ran = command(*said, tmp_path / "mine.toml", "-o", tmp_path / "out.tflite", "--json")
    assert ran.code == 0, ran.err
    assert "scores: float32" in ran.json["recipe"]
    assert ran.json["operators"]["DEQUANTIZE"] == 1
    ran = command(*said, tmp_path / "mine.toml", "--mode", "int8")
    assert ran.code == 2
    assert "leave one out" in ran.err


def test_what_was_done_is_shown(command, folder, tmp_path):
    said = ["quantize", folder / "model.keras", "--calibration", folder / "images.npz", "-o", tmp_path / "out.tflite"]
    ran = command(*said)
    assert "of 3 weights refined on " in ran.out
    assert "refined weights" not in ran.out
    assert "refined weights" in command(*said, "--verbose").out
    found = command(*said, "--json").json["quantization"]["refining"]
    assert [layer["layer"] for layer in found["layers"]] == ["features", "more", "scores"]


def test_layers_are_analyzed(command, folder, tmp_path):
    said = ["quantize", folder / "model.keras", "--calibration", folder / "images.npz", "-o", tmp_path / "out.tflite"]
    ran = command(*said, "--analyze")
    assert ran.code == 0, ran.err
    assert "without it" in ran.out
    assert "█" in ran.out
    found = command(*said, "--analyze", "--json").json["analysis"]
    assert {"features", "more", "scores", "input image"} <= {layer["layer"] for layer in found["layers"]}
    assert abs(found["simulated"] - found["measured"]) < 1.5


def test_recipes_are_searched_within_a_budget(command, folder, tmp_path):
    said = ["quantize", folder / "model.tflite", "--mode", "auto", "-o", tmp_path / "out.tflite"]
    options = ["--calibration", folder / "images.npz", "--max-evaluations", "3", "--save-recipe", tmp_path / "r.toml"]
    ran = command(*said, *options, "--eval", f"{folder / 'mine.py'}:accuracy", "--max-drop", "10%", "--json")
    assert ran.code == 0, ran.err
    data = ran.json["search"]
    assert data["measure"] == "accuracy"
    assert 1 <= len(data["trials"]) <= 3
    assert (tmp_path / "r.toml").read_text() == data["recipe"]
    assert ran.json["bytes"] == len((tmp_path / "out.tflite").read_bytes())
    pytest.importorskip("joblib")
    judge = f"{folder / 'mine.py'}:accuracy"
    together = command(*said, *options, "--eval", judge, "--max-drop", "10%", "--jobs", "2", "--json").json["search"]
    assert [trial["measure"] for trial in together["trials"]] == [trial["measure"] for trial in data["trials"]]
    (tmp_path / "out.tflite").unlink()
    ran = command(*said, *options, "--min-decibels", "199")
    assert ran.code == 1
    assert "Q143" in ran.err
    assert not (tmp_path / "out.tflite").exists()


def test_what_cannot_judge_is_said_before_anything_is_quantized(command, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("litesmith.quantization.quantizing.quantize", None)
    said = ["quantize", folder / "model.tflite", "--calibration", folder / "images.npz", "-o", tmp_path / "out.tflite"]
    ran = command(*said, "--eval", f"{folder / 'mine.py'}:fails")
    assert ran.code == 2
    assert "judged by fails: KeyError: labels." in ran.err


@pytest.mark.parametrize(
    ("name", "arrays", "said"),
    [
        ("none", {}, "Q103.*there is no array in it"),
        ("other", {"pictures": np.ones((4, 8, 8, 3)), "y": np.ones(4)}, "Q103.*'pictures' would fit"),
        ("nothing", {"image": np.ones((0, 8, 8, 3))}, "Q103.*there is no sample"),
        ("wrong", {"image": np.ones((4, 8, 9, 3))}, "Q103.*resize them to 8 x 8"),
        ("gaps", {"image": np.full((4, 8, 8, 3), np.nan)}, "Q103.*NaN or infinite"),
        ("objects", {"image": np.array([{}], object)}, "F104.*Python objects"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_data_that_shows_nothing_is_a_mistake(command, folder, tmp_path, name, arrays, said):
    np.savez(tmp_path / f"{name}.npz", **arrays)
    out = tmp_path / "out.tflite"
    ran = command("quantize", folder / "model.tflite", "--calibration", tmp_path / f"{name}.npz", "-o", out)
    assert ran.code == 2
    assert re.search(said, ran.err)
    assert not out.exists()


def test_a_file_of_integers_is_not_quantized_again(command, folder, tmp_path):
    out = tmp_path / "int8.tflite"
    assert command("quantize", folder / "model.tflite", "--calibration", folder / "images.npz", "-o", out).code == 0
    ran = command("quantize", out, "--mode", "weights_int8", "-o", tmp_path / "again.tflite")
    assert (ran.code, "Q108" in ran.err) == (2, True)
    assert not (tmp_path / "again.tflite").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--goal", "ram"], "that is for --mode auto"),
        (["--jobs", "2"], "that is for --mode auto"),
        (["--inference-type", "int16"], "is not of the 8 bits of int8"),
        (["--recipe", "missing.toml"], "F101"),
        (["--mode", "auto", "--resume", "kept"], "recipes are tried anew"),
        (["--resume", __file__], "F201"),
        (["--save-recipe", "/nowhere/recipe.toml"], "F201"),
    ],
)
def test_what_means_nothing_is_said(command, folder, tmp_path, options, said):
    out = tmp_path / "out.tflite"
    given = ["--calibration", folder / "images.npz", "-o", out, *options]
    ran = command("quantize", folder / "model.tflite", *given)
    assert ran.code == 2
    assert said in " ".join(ran.err.replace("│", " ").split())
    assert not out.exists()


def test_analysis_needs_data(command, folder):
    ran = command("quantize", folder / "model.tflite", "--mode", "float16", "--analyze")
    assert ran.code == 2
    assert "say --calibration" in ran.err


def test_a_folder_of_something_else_is_not_written_to(command, folder, tmp_path):
    (tmp_path / "layer_0.npz").write_bytes(b"mine")
    given = ["--calibration", folder / "images.npz", "-o", tmp_path / "out.tflite", "--resume", tmp_path]
    ran = command("quantize", folder / "model.tflite", *given)
    assert (ran.code, "F201" in ran.err) == (2, True)
    assert (tmp_path / "layer_0.npz").read_bytes() == b"mine"


def test_what_ctrl_c_leaves_is_written_and_goes_on(command, folder, tmp_path, monkeypatch):
    from litesmith.quantization.refining import refining

    solve, done = refining.solve, []

    def interrupted(*given):
        if done:
            raise KeyboardInterrupt
        done.append(given)
        return solve(*given)

    monkeypatch.setattr(refining, "solve", interrupted)
    given = ["--calibration", folder / "images.npz", "--resume", tmp_path / "kept"]
    ran = command("quantize", folder / "model.tflite", *given, "-o", tmp_path / "part.tflite")
    assert ran.code == 0, ran.err
    assert "With --resume FOLDER another run goes on" in ran.err
    assert "ended before it was done" in ran.out
    monkeypatch.undo()
    assert command("quantize", folder / "model.tflite", *given, "-o", tmp_path / "whole.tflite").code == 0
    alone = command("quantize", folder / "model.tflite", *given[:2], "-o", tmp_path / "alone.tflite")
    assert alone.code == 0
    assert (tmp_path / "whole.tflite").read_bytes() == (tmp_path / "alone.tflite").read_bytes()
