"""Environments, backends, datasets and pasted texts (B..., C..., E..., T...)."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys

import numpy as np

import litesmith
from bad_files import dense_model
from litesmith.compat import lite
from litesmith.environment import checkup
from litesmith.frontends.backends import use_backend
from occasions import occasion

X = np.ones((1, 4), "float32")


def machine(bench, *packages, backend=""):
    """One with these packages, where Keras was not imported yet."""
    bench.patch.delitem(sys.modules, "keras")
    bench.patch.setenv("KERAS_HOME", str(bench.folder))
    bench.patch.setenv("KERAS_BACKEND", backend)
    bench.patch.setattr(importlib.util, "find_spec", lambda name: object() if name in packages else None)


@occasion("B101")
def no_backend(bench):
    machine(bench, *(() if bench.wrong else ("jax",)))
    use_backend()


@occasion("B102")
def a_backend_that_there_is_not(bench):
    machine(bench, "jax", backend="tensorfow" if bench.wrong else "jax")
    use_backend()


def converted(dataset, **options):
    converter = lite.TFLiteConverter.from_keras_model(dense_model())
    for name, value in {"representative_dataset": dataset, **options}.items():
        setattr(converter, name, value)
    converter.convert()


def samples(array=X, count=100):
    return lambda: ([array] for _ in range(count))


@occasion("C101")
def integers_that_are_asked_for(bench):
    converted(None, optimizations=[lite.Optimize.DEFAULT], inference_input_type="int8" if bench.wrong else "float32")


@occasion("C102")
def a_dataset_that_is_an_array(bench):
    converted((lambda: np.repeat(X, 100, axis=0)) if bench.wrong else samples())


@occasion("C103")
def samples_of_noise(bench):
    noise = lambda: ([np.random.rand(1, 4).astype("float32")] for _ in range(100))  # noqa: E731
    converted(noise if bench.wrong else samples())


@occasion("C104")
def samples_of_another_shape(bench):
    converted(samples(X[:, :2] if bench.wrong else X))


@occasion("C105")
def one_sample(bench):
    converted(samples(count=1 if bench.wrong else 100))


@occasion("E101")
def a_need_that_is_not_met(bench):
    folder = bench.folder / "ai_edge_litert_part-1.0.dist-info"
    folder.mkdir()
    needs = "Requires-Dist: absent_part\n" if bench.wrong else ""
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ai-edge-litert-part\nVersion: 1.0\n{needs}")
    bench.patch.setattr(sys, "path", [str(bench.folder), *sys.path])
    assert importlib.metadata.version("ai-edge-litert-part") == "1.0"
    unmet = checkup.unmet_requirements
    bench.patch.setattr(checkup, "unmet_requirements", lambda _: unmet(["ai-edge-litert-part"]))
    bench.tells(litesmith.doctor(trial=False))


@occasion("E102")
def a_trial_that_fails(bench):
    bench.tells(litesmith.doctor(timeout=0.01 if bench.wrong else 300.0))


@occasion("E201")
def packages_that_do_not_go_together(bench):
    here = {"keras": "3.15.1", **({"keras-nightly": "3.16"} if bench.wrong else {})}
    bench.patch.setattr(checkup, "versions", lambda packages: here)
    bench.tells(litesmith.doctor(trial=False))


@occasion("T101")
def a_text_that_is_no_known_error(bench):
    known = "error: 'tf.Eig' op is neither a custom op nor a flex op"
    litesmith.explain("it does not work" if bench.wrong else known)
