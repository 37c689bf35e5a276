"""`litesmith verify`."""

import keras
import numpy as np
from keras import layers


def test_the_same_model_passes(command, keras_file, lite_file):
    ran = command("verify", keras_file, lite_file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("✓ the same as Keras on 2 inputs")
    assert ran.out.splitlines()[2].startswith("scores")


def test_any_signature_can_be_compared(command, keras_file, tmp_path):
    options = ["--signature", "one=1,6", "--signature", "four=4,6", "--no-verify"]
    file = tmp_path / "m.tflite"
    assert command("convert", keras_file, "-o", file, *options).code == 0
    np.savez(tmp_path / "four.npz", arr_0=np.ones((4, 6), "float32"))
    compare = ["verify", keras_file, file, "--data", tmp_path / "four.npz"]
    assert command(*compare, "--signature", "four").code == 0
    assert command(*compare, "--signature", "one").code == 2
    ran = command(*compare, "--signature", "six")
    assert ran.code == 2
    assert "the file has one, four" in ran.err


def test_the_users_data_is_taken(command, keras_file, lite_file, arrays):
    data = command("verify", keras_file, lite_file, "--data", arrays, "--json").json
    assert data["ok"] is True
    assert data["samples"] == 1
    assert data["outputs"][0]["max_abs"] <= data["outputs"][0]["allowed"]


def test_other_weights_are_a_negative_finding_with_both_numbers(command, model, lite_file, tmp_path):
    keras.models.clone_model(model).save(path := tmp_path / "other.keras")
    ran = command("verify", path, lite_file)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error V101: Output 'scores' differs from Keras by")
    assert "Was the file made from this model, with these weights?" in ran.err
    assert "--no-verify" not in ran.err
    data = command("verify", path, lite_file, "--json").json
    assert (data["ok"], data["passed"]) == (False, False)
    assert data["outputs"][0]["max_abs"] > data["outputs"][0]["allowed"]


def test_outputs_of_another_shape_are_standard_json(command, lite_file, tmp_path):
    keras.Sequential([keras.Input((6,)), layers.Dense(4)]).save(path := tmp_path / "other.keras")
    ran = command("verify", path, lite_file, "--json")
    assert ran.code == 1
    assert ran.json["outputs"][0]["max_abs"] == "inf"
    assert "Infinity" not in ran.out


def test_models_with_other_inputs_cannot_be_compared(command, lite_file, tmp_path):
    keras.Sequential([keras.Input((9,)), layers.Dense(4)]).save(path := tmp_path / "other.keras")
    ran = command("verify", path, lite_file)
    assert ran.code == 2
    assert ran.err.startswith("error V102: The two models cannot be compared on the same data: ")


def test_the_original_comes_first(command, keras_file, lite_file):
    ran = command("verify", lite_file, keras_file)
    assert ran.code == 2
    assert "the original comes first" in " ".join(ran.err.replace("│", " ").split())


def test_bad_files_are_mistakes(command, keras_file, lite_file, tmp_path):
    np.savez(tmp_path / "bad.npz", picture=np.ones((2, 6)))
    for arguments, code in (
        ((keras_file, tmp_path / "nowhere.tflite"), "F101"),
        ((tmp_path / "nowhere.keras", lite_file), "F101"),
        ((keras_file, keras_file), "F104"),
        ((lite_file, lite_file), "F104"),
        ((keras_file, lite_file, "--data", tmp_path / "bad.npz"), "F112"),
    ):
        ran = command("verify", *arguments)
        assert ran.code == 2
        assert ran.err.startswith(f"error {code}: ")
