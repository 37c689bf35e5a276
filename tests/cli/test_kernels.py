"""`litesmith kernels`, and `--kernels` of the commands that run a file."""

import keras
import numpy as np
import pytest

import litesmith
from litesmith.frontends.keras import custom_operators

FUNCTION = """
import litesmith


@litesmith.custom_op("Scaled")
def scaled(x, *, by=2.0, mode="same"):
    return x * by
"""


@pytest.fixture
def functions_file(tmp_path, monkeypatch):
    monkeypatch.setattr(custom_operators, "_declared", {})
    (path := tmp_path / "scaling.py").write_text(FUNCTION)
    return path


@pytest.fixture
def scaled_files(functions_file, tmp_path):
    """A model that calls the operator, its .tflite file, and nothing declared any more."""
    scaled = litesmith.custom_op("Scaled")(lambda x, *, by=2.0, mode="same": x * by)
    inputs = keras.Input((4,), name="signal")
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(scaled(inputs, by=3.0)))
    model.save(tmp_path / "scaled.keras")
    litesmith.convert(model, verify=False).save(tmp_path / "scaled.tflite")
    custom_operators._declared.clear()
    return tmp_path / "scaled.keras", tmp_path / "scaled.tflite"


def test_kernels_of_a_file_are_written(command, scaled_files, functions_file, tmp_path):
    ran = command("kernels", scaled_files[1], "-o", tmp_path / "out", "--custom-objects", functions_file)
    assert ran.code == 0
    assert "Scaled  " in ran.out
    assert "written whole" in ran.out
    assert (tmp_path / "out" / "scaled" / "scaled_litert_test.cc").is_file()


def test_json_says_what_was_written(command, functions_file, tmp_path):
    arguments = ("--input", "?,4", "--option", "by=0.5", "--option", "mode=valid", "--json")
    data = command("kernels", f"{functions_file}:scaled", "-o", tmp_path / "out", *arguments).json
    assert data["ok"] is True
    (kernel,) = data["kernels"]
    assert kernel["operator"] == "Scaled"
    assert kernel["is_whole"] is True
    text = (tmp_path / "out" / "scaled" / "scaled.h").read_text()
    assert "double by = 0.5;" in text
    assert 'const char* mode = "valid";' in text


def test_mistakes_are_said(command, functions_file, scaled_files, lite_file, tmp_path):
    out = tmp_path / "out"
    assert "F135" in (ran := command("kernels", f"{functions_file}:scaled", "-o", out)).err
    assert ran.code == 2
    assert "F131" in (ran := command("kernels", lite_file, "-o", out)).err
    assert ran.code == 2
    assert command("kernels", scaled_files[1], "-o", out, "--input", "1,4").code == 2
    assert command("kernels", f"{functions_file}:scaled", "-o", out, "--input", "1,4", "--option", "by").code == 2
    assert not out.exists()


def test_converting_says_that_the_operator_did_not_run(command, scaled_files, functions_file, tmp_path):
    output = tmp_path / "new.tflite"
    ran = command("convert", scaled_files[0], "-o", output, "--custom-objects", functions_file)
    assert ran.code == 0
    assert "warning V105" in ran.err
    assert "1 CUSTOM Scaled" in ran.out


def test_converting_without_the_function_says_which(command, scaled_files, tmp_path):
    ran = command("convert", scaled_files[0], "-o", tmp_path / "new.tflite")
    assert ran.code == 2
    assert "error F130" in ran.err


def test_running_without_a_kernel_says_which(command, scaled_files, tmp_path):
    np.savez(tmp_path / "in.npz", signal=np.ones((2, 4), np.float32))
    ran = command("run", scaled_files[1], "-i", tmp_path / "in.npz", "-o", tmp_path / "out.npz")
    assert ran.code == 1
    assert "error R105" in ran.err
    assert "'Scaled'" in ran.err


def test_a_library_that_is_none_is_told(command, scaled_files, tmp_path):
    np.savez(tmp_path / "in.npz", signal=np.ones((2, 4), np.float32))
    arguments = ("-i", tmp_path / "in.npz", "-o", tmp_path / "out.npz", "--kernels", tmp_path / "none.so")
    ran = command("run", scaled_files[1], *arguments)
    assert ran.code == 2
    assert "error R106" in ran.err


def test_verifying_compares_the_function_in_its_place(command, scaled_files, functions_file):
    keras_file, lite_file = scaled_files
    data = command("verify", keras_file, lite_file, "--custom-objects", functions_file, "--json").json
    assert data["passed"] is True
    assert [finding["code"] for finding in data["findings"]] == ["V105"]
