"""Graphs of TensorFlow on the command line."""

import importlib.util

import numpy as np
import pytest

import litesmith
from graph_bytes import KERNEL, SOUND

FOUND = importlib.util.find_spec


@pytest.fixture
def frozen(tmp_path):
    (path := tmp_path / "frozen.pb").write_bytes(SOUND)
    return path


def test_tensors_of_a_frozen_graph_are_named(command, frozen):
    ran = command("convert", frozen, "--input", "x=?,4", "--output-tensor", "y", "--no-verify")
    assert (ran.code, ran.err) == (0, "")
    assert "a graph of TensorFlow -> 1 operator" in ran.out
    assert "not compared with TensorFlow (--no-verify)" in ran.out
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(litesmith.load(frozen.with_suffix(".tflite")).run(x), x @ KERNEL)


def test_it_is_said_where_there_is_nothing_to_compare_with(command, frozen, monkeypatch):
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "tensorflow" else FOUND(name, *rest)
    )
    why = "TensorFlow, which would run it, is not installed"
    assert f"not compared with TensorFlow ({why})" in command("convert", frozen).out
    assert command("convert", frozen, "--json").json["not_compared"] == why
    ran = command("verify", frozen, frozen.with_suffix(".tflite"))
    assert ran.code == 1
    assert "V103" in ran.out + ran.err


def test_names_that_are_not_there(command, frozen):
    ran = command("convert", frozen, "--output-tensor", "classes")
    assert ran.code == 2
    assert "G102" in ran.out + ran.err


def test_the_name_of_a_signature_is_for_saved_models(command, keras_file):
    ran = command("convert", keras_file, "--signature", "encode")
    assert ran.code == 2
    assert "NAME=SHAPE" in ran.out + ran.err


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("frozen.pb", ("--architecture", "model.json")),
        ("frozen.pb", ("--custom-objects", "own.py")),
        ("small.keras", ("--output-tensor", "y")),
    ],
)
def test_options_that_mean_nothing_for_a_file_are_mistakes(command, frozen, keras_file, name, option):
    ran = command("convert", frozen.with_name(name), *option)
    said = " ".join(ran.err.replace("│", " ").split())
    assert ran.code == 2
    assert f"Invalid value for {option[0]}" in said
    assert "leave it out" in said
