"""What quantization costs, and searches (Q141-Q149)."""

from __future__ import annotations

import sys

import numpy as np

import litesmith
from bad_files import dense_model
from litesmith.quantization.refining import refining
from occasions import occasion

CODE = """
import numpy as np

calls = []


def size(lite):
    return {size}
"""
"""A measure; of the real model first, and then of the quantized one."""


def quantizes(bench, size, *options):
    path = litesmith.convert(dense_model(), verify=False).save(bench.folder / "model.tflite")
    np.save(bench.folder / "x.npy", np.random.default_rng(0).standard_normal((32, 4)).astype("float32"))
    (code := bench.folder / "mine.py").write_text(CODE.format(size=size))
    bench.command("quantize", path, "--calibration", bench.folder / "x.npy", "--eval", f"{code}:size", *options)


@occasion("Q141")
def a_measure_that_falls_too_far(bench):
    found = "100.0 if not calls.append(1) and len(calls) == 1 else 98.0" if bench.wrong else "100.0"
    quantizes(bench, found, "--max-drop", "1.5")


@occasion("Q142")
def a_measure_that_is_no_number(bench):
    quantizes(bench, "[lite]" if bench.wrong else "len(lite)")


@occasion("Q144")
def a_file_without_integers(bench):
    x = np.random.default_rng(0).standard_normal((32, 4)).astype("float32")
    real = litesmith.convert(dense_model(), verify=False)
    litesmith.analyze(real, real if bench.wrong else litesmith.quantize(real, "int8", x), x)


@occasion("Q143")
def a_budget_that_nothing_keeps(bench):
    path = litesmith.convert(dense_model(), verify=False).save(bench.folder / "model.tflite")
    np.save(bench.folder / "x.npy", np.random.default_rng(0).standard_normal((32, 4)).astype("float32"))
    decibels = "201" if bench.wrong else "5"
    options = ("--mode", "auto", "--min-decibels", decibels, "--max-evaluations", "2")
    bench.command("quantize", path, "--calibration", bench.folder / "x.npy", *options)


@occasion("Q145")
def several_processes_without_what_runs_them(bench):
    if bench.wrong:
        bench.patch.setitem(sys.modules, "joblib", None)
    x = np.random.default_rng(0).standard_normal((32, 4)).astype("float32")
    real = litesmith.convert(dense_model(), verify=False)
    litesmith.search(real, x, litesmith.Budget(min_decibels=5, max_evaluations=2, n_jobs=2))


def refines(bench, **options):
    x = np.linspace(-1, 1, 64, dtype="float32")[:, None] * np.array([[1, -2, 0.5, 3]], "float32")
    recipe = litesmith.Recipe("int8").int4("*")
    litesmith.quantize(litesmith.convert(dense_model(), verify=False), recipe, x[::-1].copy(), **options)


@occasion("Q146")
def refined_weights_that_make_outputs_worse(bench):
    if bench.wrong:
        bench.patch.setattr(refining.Solution, "apply", spoil)
    refines(bench)


def spoil(solution, layer):
    layer.set_integers(0 * layer.integers)


@occasion("Q147")
def refining_that_is_ended(bench):
    def stop(done, count, name):
        raise KeyboardInterrupt

    refines(bench, progress=stop if bench.wrong else None)
