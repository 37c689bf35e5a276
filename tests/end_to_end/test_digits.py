"""Models trained on real digits, saved, converted and read back give the accuracy that they have in Keras."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "digits_in_short.py"
BACKEND = "tensorflow"
"""What trains fastest: 14 s of a processor in all, where JAX takes 42 (it compiles first) and torch 48."""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Accuracies of the models, trained in a process of its own: the backend of the other tests cannot train."""
    environment = {**os.environ, "KERAS_BACKEND": BACKEND, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(SCRIPT), str(tmp_path_factory.mktemp("digits"))]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize("model", ["cnn", "lstm"])
def test_accuracy_stays_the_same(results, model):
    found = results[model]
    assert found["litert"] == found["keras"]
    assert found["difference"] < 1e-5
    assert found["keras"] > 0.3  # chance is a tenth
