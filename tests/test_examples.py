"""The programs in `examples/`: they run, and what they say of themselves is so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import litesmith

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "all_examples.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("examples")


@pytest.fixture(scope="module")
def results(folder):
    """What the examples return; in a process of its own, as the backend of the other tests cannot train."""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, str(SCRIPT)]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_a_converted_classifier_knows_most_digits(results, folder):
    assert results["convert_a_model"] > 0.8  # chance is a tenth
    lite = litesmith.load(folder / "digits.tflite")
    probabilities = lite.run(np.zeros((3, 8, 8, 1)))
    assert probabilities.shape == (3, 10)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-5)


def test_one_file_takes_other_lengths_than_it_was_trained_on(results, folder):
    assert [row[:2] for row in results["variable_length"]] == [[1, 48], [200, 48], [200, 60]]
    assert min(accuracy for count, _, accuracy in results["variable_length"] if count > 1) > 0.9  # chance is a half
    assert litesmith.load(folder / "tones.tflite").run(np.zeros((2, 31, 1))).shape == (2, 1)


def test_a_layer_written_with_another_framework_converts_once_its_lowering_is_there(results):
    said = results["custom_layer"]
    assert said["found"].startswith(
        "K103: The layer's Companding.call could not be followed: The numpy.ndarray conversion"
    )
    assert said["passed"]
    assert said["max_abs"] < 1e-5


def test_a_file_goes_on_with_a_text_as_keras_does(results, folder):
    said = results["generate_text"]
    for prompt, (of_keras, of_file) in said["texts"].items():
        assert of_file == of_keras
        assert of_file.startswith(prompt)
        assert of_file in learned_by(ROOT / "examples" / "generate_text.py")
    assert said["bytes"] < 1.5 * said["weights"]
    assert list(litesmith.load(folder / "generator.tflite").signatures) == ["prefill", "decode"]


def learned_by(program):
    """The text that the program learns."""
    return program.read_text().partition('TEXT = """')[2].partition('"""')[0]
