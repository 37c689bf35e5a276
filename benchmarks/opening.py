"""How long opening a file takes beside Keras' own loader, and a SavedModel of 100 MB: `make bench-opening`.

Each opening runs in a fresh process, ours and Keras' in turn; both have Keras imported, and what else they need is
theirs to import. `first` is the first opening of the process, `again` the median of the next two. Processor time is
compared, which depends little on what else the machine does. The SavedModel is made by TensorFlow, and converted in
a process where TensorFlow cannot be imported. Names on the command line choose: `python benchmarks/opening.py small`.
"""

from __future__ import annotations

import compileall
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "numpy")

OUT = Path("bench-out")
RUNS, AGAIN = 3, 2
SIZES = {"small": "dense", "medium": "MobileNetV2", "large": "ResNet50"}
"""Which model is measured as which size: 30 kB, 14 MB, 102 MB."""

SAVED_MODEL = "SavedModel"


def main() -> None:
    chosen = sys.argv[1:] or [*SIZES, SAVED_MODEL]
    OUT.mkdir(exist_ok=True)
    package = importlib.util.find_spec("litesmith")
    compileall.compile_dir(str(Path(str(package and package.origin)).parent), quiet=1)  # as pip does on installing it
    found: dict[str, Any] = {"load": os.getloadavg()}
    for size in (name for name in chosen if name in SIZES):
        for kind in ("keras", "h5"):
            found[f"{size} .{kind}"] = compared(made(size, kind))
    if SAVED_MODEL in chosen:
        found[SAVED_MODEL] = saved_model()
    (OUT / "opening.json").write_text(json.dumps(found, indent=1))
    print(table(found))


def made(size: str, kind: str) -> Path:
    """A file of that size, made by the Keras that is installed."""
    path = OUT / f"opening_{size}.{kind}"
    if not path.exists():
        build(SIZES[size]).save(path)
    return path


def build(name: str) -> Any:
    import keras

    if name == "dense":
        inputs = keras.Input((20,))
        return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Dense(100, "relu")(inputs)))
    return getattr(keras.applications, name)(weights=None)


def compared(path: Path) -> dict[str, Any]:
    """Medians of ours and Keras', in turn."""
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "keras": []}
    for _ in range(RUNS):
        for way, measured in runs.items():
            measured.append(worker(way, path))
    medians = {
        way: {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        for way, measured in runs.items()
    }
    return {"bytes": path.stat().st_size, **medians}


def worker(*arguments: Any) -> Any:
    """The JSON that this script prints in a process of its own."""
    command = [sys.executable, __file__, "--worker", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def work(way: str, path: Path) -> dict[str, float]:
    """What one process measures."""
    if way == "export":
        return export(path)
    if way == "convert":
        return convert(path)
    import keras

    opening = ours(path) if way == "ours" else lambda: keras.saving.load_model(path, compile=False)
    from memory import PeakMemory

    with PeakMemory() as peak:
        first = seconds(opening)
    again = [seconds(opening) for _ in range(AGAIN)]
    later = {key: statistics.median(each[key] for each in again) for key in ("cpu", "wall")}
    return {
        "first_cpu": first["cpu"], "first_wall": first["wall"], "peak": float(peak.bytes),
        "again_cpu": later["cpu"], "again_wall": later["wall"],
    }  # fmt: skip


def ours(path: Path) -> Callable[[], Any]:
    def opening() -> Any:
        from litesmith.frontends.open import open_file

        return open_file(path)

    return opening


def seconds(run: Callable[[], Any]) -> dict[str, float]:
    """Of the processor and by the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    run()
    return {"cpu": time.process_time() - processor, "wall": time.perf_counter() - clock}


def export(path: Path) -> dict[str, float]:
    """ResNet50 as a SavedModel that holds each weight once; in a process where Keras runs on TensorFlow."""
    import tensorflow as tf

    model, module = build(SIZES["large"]), tf.Module()
    module.weights = [variable.value for variable in model.variables]
    call = tf.function(lambda image: model(image, training=False), [tf.TensorSpec((None, 224, 224, 3), name="image")])
    tf.saved_model.save(module, str(path), {"serving_default": call})
    return {}


def saved_model() -> dict[str, Any]:
    path = OUT / "opening_saved_model"
    if not path.exists():
        before = os.environ["KERAS_BACKEND"]
        os.environ["KERAS_BACKEND"] = "tensorflow"
        worker("export", path)
        os.environ["KERAS_BACKEND"] = before
    runs = [worker("convert", path) for _ in range(RUNS)]
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {"bytes": size, **{key: statistics.median(run[key] for run in runs) for key in runs[0]}}


class NoTensorFlow(MetaPathFinder):
    """Makes `import tensorflow` fail."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise ImportError(name)


def convert(path: Path) -> dict[str, float]:
    """From the folder to the file, without TensorFlow; all imports count."""
    sys.meta_path.insert(0, NoTensorFlow())
    from memory import PeakMemory

    def run() -> None:
        import litesmith

        litesmith.convert(path, verify=False).save(OUT / "opening_saved_model.tflite")

    with PeakMemory() as peak:
        measured = seconds(run)
    whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return {**measured, "peak": float(peak.bytes), "whole_process": float(whole)}


def table(found: dict[str, Any]) -> str:
    """The results in Markdown."""
    head = "file | MB | first opening, s | Keras | ratio | again | Keras | ratio | memory, MB | Keras"
    lines = [f"| {head} |", "|" + " --- |" * len(head.split("|"))]
    for name, each in found.items():
        if "ours" in (each if isinstance(each, dict) else {}):
            a, b = each["ours"], each["keras"]
            times = [f"{a[key]:.2f} | {b[key]:.2f} | {a[key] / b[key]:.2f}" for key in ("first_cpu", "again_cpu")]
            memory = f"{a['peak'] / 1e6:.0f} | {b['peak'] / 1e6:.0f}"
            lines.append(f"| {name} | {each['bytes'] / 1e6:.1f} | {' | '.join(times)} | {memory} |")
    if SAVED_MODEL in found:
        each = found[SAVED_MODEL]
        lines.append(
            f"\nThe SavedModel of {each['bytes'] / 1e6:.0f} MB converts without TensorFlow in {each['cpu']:.2f} s of a "
            f"processor ({each['wall']:.2f} s by the clock) and {each['peak'] / each['bytes']:.2f} times its size of memory "
            f"({each['whole_process'] / each['bytes']:.2f} times with Python and all libraries)."
        )
    return "\n".join(lines) + f"\n\nLoad when it began: {found['load'][0]:.1f}.\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(work(sys.argv[2], Path(sys.argv[3]))))
    else:
        main()
