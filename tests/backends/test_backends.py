"""What depends on Keras' backend, on each of them, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from litesmith.frontends.backends import is_installed

HERE = Path(__file__).parent
FILES = ("networks.py", "custom_layers.py", "isolation.py", "texts.py")


@pytest.mark.backend
@pytest.mark.parametrize("backend", ["numpy", "jax", "tensorflow", "torch", "openvino"])
def test_conformance(backend):
    if not is_installed(backend):
        pytest.skip(f"{backend} is not installed")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--durations=5", *(str(HERE / name) for name in FILES)]
    process = subprocess.run(
        command, cwd=HERE.parents[1], env=environment(backend), capture_output=True, text=True, timeout=600
    )
    assert process.returncode == 0, f"on {backend}:\n{process.stdout[-20_000:]}\n{process.stderr[-5_000:]}"


def environment(backend):
    """One thread for each framework: the other core runs other tests, and the models are tiny."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    return {**inherited, **quiet, "KERAS_BACKEND": backend}
