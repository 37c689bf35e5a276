"""What depends on Keras' backend, on each of them, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from litesmith.frontends.backends import is_installed

HERE = Path(__file__).parent
FILES = (
    "networks.py",
    "custom_layers.py",
    "through_jax.py",
    "layers_of_jax.py",
    "through_tensorflow.py",
    "published_snippets.py",
    "through_torch.py",
    "isolation.py",
    "texts.py",
    "quantized.py",
)
CASES = "../conformance/test_cases.py"


@pytest.mark.backend
@pytest.mark.parametrize("backend", ["numpy", "jax", "tensorflow", "torch", "openvino"])
def test_conformance(backend):
    run(backend, FILES)


@pytest.mark.backend
def test_a_case_of_every_layer_and_operation_on_jax():
    run("jax", [CASES], timeout=1800, CONFORMANCE="few")


@pytest.mark.backend
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_some_layers_and_operations(backend):
    run(backend, [CASES], CONFORMANCE="handful")


@pytest.mark.backend
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_case_of_every_layer_and_operation(backend):
    run(backend, [CASES], timeout=3600, CONFORMANCE="few")


@pytest.mark.backend
@pytest.mark.slow
def test_all_cases_on_jax():
    run("jax", [CASES], timeout=14400)


def run(backend, files, timeout=600, **variables):
    if not is_installed(backend):
        pytest.skip(f"{backend} is not installed")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--durations=5", *(str(HERE / name) for name in files)]
    process = subprocess.run(
        command,
        cwd=HERE.parents[1],
        env=environment(backend) | variables,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert process.returncode == 0, f"on {backend}:\n{process.stdout[-20_000:]}\n{process.stderr[-5_000:]}"


def environment(backend):
    """One thread for each framework: the other core runs other tests, and the models are tiny."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    return {**inherited, **quiet, "KERAS_BACKEND": backend}
