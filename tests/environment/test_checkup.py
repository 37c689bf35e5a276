"""`litesmith.doctor`."""

import os
import subprocess
import sys

import pytest

import litesmith
from litesmith.diagnostics.environment import TrialFailed
from litesmith.environment.backend import keras_backend
from litesmith.environment.trial import run_trial


def test_the_report_is_true_where_nothing_is_wrong_and_says_what_is_here():
    report = litesmith.doctor(trial=False)
    assert report
    assert not report.errors
    assert str(report).startswith("Litesmith ")
    assert {package.name for package in report.packages if package.version} >= {"keras", "numpy", "ai-edge-litert"}


def test_no_framework_is_imported():
    code = (
        "import sys, litesmith; litesmith.doctor(trial=False); "
        "print({'keras', 'jax', 'tensorflow', 'torch', 'openvino', 'ai_edge_litert'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_a_trial_that_dies_is_a_finding_with_its_last_words(tmp_path, monkeypatch):
    (tmp_path / "keras.py").write_text("raise ImportError('numpy was compiled for another year')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    failed = run_trial("numpy")
    assert isinstance(failed, TrialFailed)
    assert failed.how == "the process ended with 1"
    assert failed.hint().endswith("ImportError: numpy was compiled for another year")


def test_a_trial_that_takes_too_long_is_a_finding():
    failed = run_trial("numpy", seconds=0.01)
    assert isinstance(failed, TrialFailed)
    assert "more than 0.01 s" in failed.message()


@pytest.mark.parametrize(
    ("variable", "settings", "reason"),
    [
        ("numpy", None, "KERAS_BACKEND says so"),
        (None, '{"backend": "numpy"}', "keras.json says so"),
        (None, None, "no Keras backend is configured; of those installed it starts fastest"),
    ],
)
def test_it_is_said_why_keras_runs_on_its_backend(tmp_path, variable, settings, reason):
    if settings:
        (tmp_path / "keras.json").write_text(settings)
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    environment.pop("KERAS_BACKEND", None)
    environment |= {"KERAS_BACKEND": variable} if variable else {}
    code = (
        "import os; from litesmith.environment.backend import keras_backend; before = dict(os.environ); "
        "print(keras_backend()); assert before == dict(os.environ)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == f"Backend(backend='numpy', reason={reason!r})\n"


def test_a_backend_that_does_not_exist_is_a_finding_and_no_trial_is_run(monkeypatch):
    code = (
        "import litesmith; report = litesmith.doctor(); "
        "print(bool(report), report.backend, report.trial, [f.code for f in report.findings])"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorfow"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "False None None ['B102']\n"


def test_an_imported_keras_decides(monkeypatch):
    import keras

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert keras_backend().backend == keras.config.backend() == "numpy"
    assert keras_backend().reason == "Keras is imported already"
