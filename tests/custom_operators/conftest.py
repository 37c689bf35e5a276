"""Functions that are custom operators, and models of them."""

import importlib.util
import shutil
import subprocess

import keras
import numpy as np
import pytest
from keras import layers

from litesmith.frontends.keras import custom_operators

FUNCTIONS = '''
import keras
import numpy as np
from keras import ops

import litesmith


@litesmith.custom_op("MyFir")
def my_fir(x, taps, *, stride=1):
    """A filter along the last axis."""
    count = taps.shape[0]
    windows = ops.stack([x[:, i : x.shape[1] - count + 1 + i] for i in range(count)], axis=-1)
    return ops.sum(windows * taps, axis=-1)[:, ::stride]


@litesmith.custom_op("SoftClip", version=2)
def soft_clip(x, scale, *, limit=1.5, mode="tanh?", sizes=(1, 2), flag=True):
    return ops.tanh(x / limit) * scale + ops.relu(x) * 0.25


@litesmith.custom_op("Sorted", output_spec=lambda x: keras.KerasTensor(x.shape, x.dtype))
def ordered(x):
    return np.sort(np.asarray(x), axis=-1)
'''

COMPUTE = """
  for (int b = 0; b < output.sizes[0]; ++b) {
    for (int i = 0; i < output.sizes[1]; ++i) {
      float sum = 0;
      for (int k = 0; k < taps.sizes[0]; ++k) {
        sum += x.data[b * x.sizes[1] + i * options.stride + k] * taps.data[k];
      }
      output.data[b * output.sizes[1] + i] = sum;
    }
  }
  return true;
"""
"""What MyFir computes, in C++."""


@pytest.fixture(autouse=True)
def declarations(monkeypatch):
    """What a test declares, the next one does not know."""
    monkeypatch.setattr(custom_operators, "_declared", {})


@pytest.fixture
def functions_file(tmp_path):
    (path := tmp_path / "filters.py").write_text(FUNCTIONS)
    return path


@pytest.fixture
def functions(functions_file):
    spec = importlib.util.spec_from_file_location("filters", functions_file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def filtering(functions):
    """A model with two custom operators, one of which has elements computed one by one."""
    inputs = keras.Input((20,), name="signal")
    x = functions.my_fir(layers.Dense(16)(inputs), np.array([0.5, 0.3, 0.2], np.float32), stride=2)
    x = functions.soft_clip(x, np.float32(2), limit=2.5)
    return keras.Model(inputs, layers.Dense(3, name="scores")(x))


@pytest.fixture
def implement():
    """Fills in what is left to do in the source of MyFir."""

    def fill(path):
        text = path.read_text()
        start = text.index("  // TODO: compute output.data")
        path.write_text(
            text[:start] + COMPUTE + text[text.index("  return false;\n", start) + len("  return false;\n") :]
        )

    return fill


@pytest.fixture
def built(tmp_path):
    """Compiles sources without a warning and runs the program; skips where there is no compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("there is no C++ compiler here")

    def build(*sources, flags=("-std=c++17",), run=True):
        program = tmp_path / "program"
        strict = ["-Wall", "-Wextra", "-Werror"] if run else []
        command = [compiler, *flags, *strict, *map(str, sources), "-o", str(program)]
        compiled = subprocess.run(command, capture_output=True, text=True, check=False)
        assert compiled.returncode == 0, compiled.stderr
        return subprocess.run([str(program)], capture_output=True, text=True, check=False) if run else program

    return build
