"""Which backend Keras is given, where nobody chose one."""

import importlib.util
import json
import os
import sys

import pytest

from litesmith import LitesmithError
from litesmith.frontends.backends import PACKAGES, WRITTEN_BY_KERAS, BackendChoice, use_backend


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with these packages, Keras not imported, nothing configured."""
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")

    def with_packages(*packages, config=None, variable=None):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in packages else None)
        if config is not None:
            (tmp_path / "keras.json").write_text(config if isinstance(config, str) else json.dumps(config))
        if variable is not None:
            monkeypatch.setenv("KERAS_BACKEND", variable)

    return with_packages


@pytest.mark.parametrize(
    ("packages", "chosen"),
    [
        (("jax",), "numpy"),
        (("jax", "tensorflow", "torch", "openvino"), "numpy"),
        (("tensorflow", "torch"), "tensorflow"),
        (("torch", "openvino"), "torch"),
        (("openvino",), "openvino"),
    ],
)
def test_the_fastest_of_those_installed_is_chosen(machine, packages, chosen):
    machine(*packages)
    choice = use_backend()
    assert choice.backend == chosen == os.environ["KERAS_BACKEND"]
    assert "no Keras backend is configured" in choice.reason


def test_a_choice_in_the_environment_is_respected(machine):
    machine("jax", "torch", variable="torch")
    assert use_backend() == BackendChoice("torch")


def test_a_choice_in_the_file_is_respected(machine):
    machine("jax", "torch", config={**WRITTEN_BY_KERAS, "backend": "torch"})
    assert use_backend() == BackendChoice("torch")
    assert os.environ["KERAS_BACKEND"] == ""


def test_the_file_that_keras_writes_by_itself_is_no_choice(machine):
    machine("jax", "tensorflow", config=WRITTEN_BY_KERAS)
    assert use_backend().backend == "numpy"


@pytest.mark.parametrize("config", ["", "[1]", "{nonsense", '{"backend": 3}'])
def test_an_unreadable_file_is_no_choice(machine, config):
    machine("torch", config=config)
    assert use_backend().backend == "torch"


def test_a_choice_that_is_not_installed_is_replaced_and_said(machine):
    machine("jax", variable="tensorflow")
    choice = use_backend()
    assert choice.backend == "numpy"
    assert "tensorflow is configured but not installed" in choice.reason


def test_without_any_backend_the_finding_says_what_to_install(machine):
    machine()
    with pytest.raises(LitesmithError, match="B101") as raised:
        use_backend()
    assert "pip install jax" in raised.value.diagnostics[0].hint()


def test_a_backend_that_does_not_exist_is_named(machine):
    machine("jax", variable="tensorfow")
    with pytest.raises(LitesmithError, match=r"B102.*'tensorfow'"):
        use_backend()


def test_inside_a_program_keras_own_default_stands_where_it_works(machine):
    machine("jax", "tensorflow")
    assert use_backend(may_choose=False) == BackendChoice("tensorflow")
    assert os.environ["KERAS_BACKEND"] == ""
    machine("jax")
    assert use_backend(may_choose=False).backend == "numpy"


def test_once_keras_is_imported_its_backend_is_settled():
    import keras

    assert use_backend() == BackendChoice(keras.config.backend())


def test_every_backend_of_keras_is_known():
    from pathlib import Path

    import keras

    folder = Path(keras.__file__).parent / "src" / "backend"
    there = {entry.name for entry in folder.iterdir() if entry.is_dir()} - {"common", "tests", "__pycache__"}
    assert there <= set(PACKAGES)
