"""Layers whose form is a choice, in each form: `make bench-layers`.

Litesmith's files beside what TensorFlow's converter makes of the same layer: with builtin operators, sizes open or
fixed, and with Select TensorFlow operators. Builtin files run in one LiteRT runtime on one thread, in turn with
the first of ours; files with Select operators run in TensorFlow's interpreter, which alone holds them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "numpy")

import numpy as np

import litesmith
from latency import loaded, milliseconds
from layer_models import LAYERS, LayerModel
from run import HERE, OUT, about, install_rival

OFFICIAL = (("OPEN", "BUILTINS"), ("FIXED", "BUILTINS"), ("OPEN", "SELECT"))


def main() -> None:
    OUT.mkdir(exist_ok=True)
    rival = install_rival()
    results = {name: measure(name, LAYERS[name], rival) for name in sys.argv[1:] or LAYERS}
    (OUT / "layers.json").write_text(json.dumps({"about": about(), "results": results}, indent=1))
    (OUT / "layers.md").write_text(table(results))
    print(table(results))


def measure(name: str, spec: LayerModel, rival: str) -> dict[str, Any]:
    """Milliseconds by form, None for what has no such form; and the bytes of our files, by `form bytes`."""
    model = spec.build()
    x = np.random.default_rng(0).standard_normal((1, *spec.example)).astype("float32")
    example = OUT / "layer.npy"
    np.save(example, x)
    np.savez(example.with_suffix(".weights.npz"), *model.get_weights())
    paths = {}
    for form in spec.forms:
        inputs = (None, *spec.example) if form == "unroll" else None
        paths[form] = OUT / f"layer.{form}.tflite"
        litesmith.convert(model, inputs=inputs, rnn=form).save(paths[form])
    first = loaded(paths["while"], x)
    result: dict[str, Any] = {"while": milliseconds(first, first)[0]}
    for form in spec.forms[1:]:
        result[form] = milliseconds(loaded(paths[form], x), first)[0]
    for sizes, operators in OFFICIAL:
        result[f"{sizes} {operators}".lower()] = official(name, rival, sizes, operators, example, first)
    result |= {f"{form} bytes": path.stat().st_size for form, path in paths.items()}
    print(json.dumps({name: result}), flush=True)
    return result


def official(name: str, rival: str, sizes: str, operators: str, example: Path, first: Any) -> float | None:
    """Milliseconds of TensorFlow's file; None where it makes none, or none that runs."""
    target = OUT / "layer.official.tflite"
    command = [rival, str(HERE / "layers_official.py"), name, sizes, operators, str(target), str(example)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return None
    if operators == "SELECT":
        return float(json.loads(done.stdout.strip().splitlines()[-1])["ms"])
    try:
        return milliseconds(loaded(target, np.load(example)), first)[0]
    except RuntimeError:
        return None


def table(results: dict[str, dict[str, Any]]) -> str:
    """The results in Markdown: milliseconds, and sizes of our files."""
    columns = ("while", "fused", "unroll", *(f"{sizes} {operators}".lower() for sizes, operators in OFFICIAL))
    lines = [f"| layer | {' | '.join(columns)} |", "|" + " --- |" * (len(columns) + 1)]
    for name, result in results.items():
        cells = ["" if result.get(column) is None else _cell(result, column) for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(result: dict[str, Any], column: str) -> str:
    size = result.get(f"{column} bytes")
    return f"{result[column]:.3g}" + (f" ({size / 1000:.0f} kB)" if size else "")


if __name__ == "__main__":
    main()
