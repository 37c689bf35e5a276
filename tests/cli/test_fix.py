"""`litesmith fix`."""

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture(scope="module")
def recurrent_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("fix") / "recurrent.keras"
    keras.Sequential([layers.Input((6, 8), name="x"), layers.LSTM(5), layers.Dense(3, activation="mish")]).save(path)
    return path


def test_a_repaired_model_is_written_beside_the_other_and_opens(command, recurrent_file):
    ran = command("fix", recurrent_file, "--target", "gpu")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("repaired for gpu in 1 step")
    written = recurrent_file.with_suffix(".fixed.keras")
    assert f"written: {written}" in ran.out
    assert any(getattr(layer, "unroll", False) for layer in keras.models.load_model(written).layers)


def test_the_plan_is_json_and_a_dry_run_writes_nothing(command, recurrent_file, tmp_path):
    data = command("fix", recurrent_file, "-t", "gpu", "--dry-run", "-o", tmp_path / "new.keras", "--json").json
    assert (data["ok"], data["file"], data["changed"]) == (True, None, True)
    assert [(step["repair"], step["state"]) for step in data["steps"]] == [("unrolled_loops", "applied")]
    assert data["verification"]["passed"]
    assert list(tmp_path.iterdir()) == []


def test_changes_are_measured_on_the_data_and_trained_by_the_function(command, recurrent_file, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.ones((4, 6, 8), "float32"))
    (tmp_path / "train.py").write_text("def recover(model):\n    print('trained', model.name)\n")
    said = ["fix", recurrent_file, "-t", "edgetpu", "-o", tmp_path / "new.keras", "--data", tmp_path / "data.npz"]
    allowed = [*said, "--allow-approximate", "--fine-tune", f"{tmp_path / 'train.py'}:recover", "--json"]
    ran = command(*allowed)
    assert ran.code == 0, ran.err
    assert "trained sequential" in ran.err
    data = ran.json
    assert data["fine_tuned"]
    assert [step["change"]["samples"] for step in data["steps"]] == [1] * len(data["steps"])
    assert {step["repair"] for step in data["steps"]} == {"unrolled_loops", "simpler_activations"}
    assert (tmp_path / "new.keras").exists()


def test_what_stays_in_the_way_ends_with_1_and_writes_nothing(command, tmp_path):
    keras.Sequential([layers.Input((None, 8)), layers.LSTM(5)]).save(tmp_path / "open.keras")
    ran = command("fix", tmp_path / "open.keras", "-t", "tflm")
    assert ran.code == 1
    assert "error D203" in ran.out
    assert [path.name for path in tmp_path.iterdir()] == ["open.keras"]
    assert command("fix", tmp_path / "open.keras", "-t", "tflm", "--input", "1,7,8").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-t", "gpuu"], "Did you mean gpu?"),
        (["-o", "new.h5"], "a repaired model is a .keras file"),
        (["--fine-tune", "train.py:recover"], "--allow-approximate too"),
        (["--data", "missing.npz"], "missing.npz"),
    ],
)
def test_mistakes(command, recurrent_file, options, said):
    ran = command("fix", recurrent_file, *options)
    assert ran.code == 2
    assert said in ran.err
