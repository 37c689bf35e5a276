"""Litesmith beside TensorFlow's converter, on this machine, in this run: `make bench`.

The rival lives in an environment of its own. Each conversion runs in a fresh process; whole
processes run in turn. Results go to `bench-out/` as JSON and as the table of the README.
Names on the command line choose models: `python benchmarks/run.py MobileNetV2 LSTM`.
"""

from __future__ import annotations

import compileall
import datetime
import json
import math
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "numpy")

import numpy as np

import litesmith
import models
from latency import loaded, milliseconds, output

HERE = Path(__file__).parent
OUT = Path("bench-out")
RIVAL, RIVAL_PACKAGES = Path(".venv-official"), ("tensorflow-cpu", "keras")
FILE_RUNS = 3


def main() -> None:
    names = sys.argv[1:] or list(models.MODELS)
    OUT.mkdir(exist_ok=True)
    compileall.compile_dir(Path(litesmith.__file__).parent, quiet=1)  # as pip does on installing a package
    rival = install(RIVAL, *RIVAL_PACKAGES)
    results = {}
    for name in names:
        results[name] = measure(name, rival)
        print(json.dumps({name: results[name]}), flush=True)
        (OUT / "results.json").write_text(json.dumps({"about": about(), "results": results}, indent=1))
    text = table(results)
    (OUT / "table.md").write_text(text)
    print(text)


def install(folder: Path, *packages: str) -> str:
    """The Python of an environment with a rival's packages."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-c", "constraints.txt", *packages], check=True)
    return str(python)


def measure(name: str, rival: str) -> dict[str, Any]:
    """All figures of one model."""
    source, ours, theirs = OUT / f"{name}.keras", OUT / f"{name}.tflite", OUT / f"{name}.official.tflite"
    models.build(name).save(source)
    result: dict[str, Any] = {
        "ours": worker(sys.executable, "convert_ours.py", name, source, ours),
        "official": worker(rival, "convert_official.py", name, source, theirs),
    }
    result["ours"]["file_seconds"], result["official"]["file_seconds"], result["keras_seconds"] = whole(
        name, rival, source, ours, theirs
    )
    example = np.load(ours.with_suffix(".npz"))
    interpreters = [loaded(path, example["x"]) for path in (ours, theirs)]
    result["error"] = relative_error(output(interpreters[0]), example["y"])
    result["official"]["error"] = relative_error(output(interpreters[1]), example["y"])
    result["ours"]["ms"], result["official"]["ms"], result["latency_ratio"] = milliseconds(*interpreters)
    result["ours"]["bytes"], result["official"]["bytes"] = ours.stat().st_size, theirs.stat().st_size
    return result


def worker(python: str, script: str, *arguments: Any) -> dict[str, Any]:
    """The JSON that a script prints last."""
    command = [python, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def whole(name: str, rival: str, source: Path, ours: Path, theirs: Path) -> tuple[float, float, float]:
    """Median seconds of both ways from file to file, in turn, and of Keras' own part in ours."""
    litesmith = [str(Path(sys.executable).parent / "litesmith"), "convert", str(source), "-o", str(ours)]
    options = ["--no-verify", "--json", *(["--custom-objects", str(HERE / "models.py")] if name == "encoder" else [])]
    official = [rival, str(HERE / "file_official.py"), str(source), str(theirs)]
    times: list[list[float]] = [[], []]
    floor = []
    for _ in range(FILE_RUNS):
        for i, command in enumerate(([*litesmith, *options], official)):
            start = time.perf_counter()
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            times[i].append(time.perf_counter() - start)
            if i == 0:
                floor.append(float(json.loads(done.stdout)["seconds"]["load"]))
    return float(np.median(times[0])), float(np.median(times[1])), float(np.median(floor))


def relative_error(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """The largest difference, relative to the largest output."""
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


def geometric_mean(numbers: list[float]) -> float:
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def about() -> dict[str, Any]:
    """Where and with what the figures were measured."""
    packages = ("litesmith", "keras", "ai-edge-litert", "tensorflow_cpu", "numpy")
    return {
        "date": datetime.date.today().isoformat(),
        "versions": {name: version(name) for name in packages},
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "backend": os.environ["KERAS_BACKEND"],
    }


def table(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    head = "model | convert | with verify | official | faster | file to file | official | faster | peak memory / weights | official | latency ms | official | ratio | size ratio | error"
    lines = [f"| {head} |", "|" + " --- |" * len(head.split("|"))]
    for name, r in results.items():
        ours, theirs = r["ours"], r["official"]
        cells = [
            name,
            f"{ours['seconds']:.2f} s",
            f"{ours['seconds_verified']:.2f} s",
            f"{theirs['seconds']:.1f} s",
            f"{theirs['seconds'] / ours['seconds']:.0f}x",
            f"{ours['file_seconds']:.1f} s ({r['keras_seconds']:.1f} Keras)",
            f"{theirs['file_seconds']:.1f} s",
            f"{theirs['file_seconds'] / ours['file_seconds']:.1f}x",
            f"{ours['peak'] / ours['weights']:.2f}",
            f"{theirs['peak'] / ours['weights']:.1f}",
            f"{ours['ms']:.3g}",
            f"{theirs['ms']:.3g}",
            f"{r['latency_ratio']:.2f}",
            f"{ours['bytes'] / theirs['bytes']:.3f}",
            f"{r['error']:.1e}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    speed = geometric_mean([r["official"]["seconds"] / r["ours"]["seconds"] for r in results.values()])
    files = geometric_mean([r["official"]["file_seconds"] / r["ours"]["file_seconds"] for r in results.values()])
    lines.append(f"\nGeometric means: conversion {speed:.0f}x faster, file to file {files:.1f}x faster.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
