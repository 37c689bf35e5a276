"""How long opening a file takes beside Keras' own loader, and a SavedModel of 100 MB: `make bench-opening`.

Each opening runs in a fresh child of a process that has Keras imported, ours and Keras' in turn, each first as often as the
other; what else they need is theirs to import. `first` is the first opening of a child, `again` the median of those that
follow. Processor time is compared, which depends little on what else the machine does: the best of all children, and the
median of the ratios of children that ran side by side. The SavedModel is made by TensorFlow, and converted in a process
where TensorFlow cannot be imported. Names and paths of files on the command line choose:
`python benchmarks/opening.py small tests/corpus/tf_keras/dense.h5`. All take some five minutes of a processor, most of which is Keras' own
loader importing TensorFlow where it is installed, to open a `.h5`.
"""

from __future__ import annotations

import compileall
import gc
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
RUNS, AGAIN = 3, 4
SIZES = {"small": "dense", "LSTM": "LSTM", "medium": "MobileNetV2", "large": "ResNet50"}
"""Which model is measured under which name: 30 kB, 2 MB, 14 MB, 102 MB."""

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
OLD = {
    "Keras 2.2 .h5": CORPUS / "keras_2.2" / "convolutions.h5",
    "tf.keras .h5": CORPUS / "tf_keras" / "dense.h5",
}
"""Files of Kerases before 3 that Keras 3 opens too, which are small."""

SAVED_MODEL = "SavedModel"
Runs = dict[str, list[dict[str, float]]]


def main() -> None:
    chosen = sys.argv[1:] or [*SIZES, *OLD, SAVED_MODEL]
    OUT.mkdir(exist_ok=True)
    package = importlib.util.find_spec("litesmith")
    compileall.compile_dir(str(Path(str(package and package.origin)).parent), quiet=1)  # as pip does on installing it
    found: dict[str, Any] = {"load": os.getloadavg()}
    for name in chosen:
        if name in SIZES:
            for kind in ("keras", "h5"):
                note(found, f"{name} .{kind}", compared(made(name, kind)))
        elif name != SAVED_MODEL:
            note(found, name, compared(OLD.get(name, Path(name))))
    if SAVED_MODEL in chosen:
        found[SAVED_MODEL] = saved_model()
    (OUT / "opening.json").write_text(json.dumps(found, indent=1))
    print(table(found))


def note(found: dict[str, Any], name: str, result: dict[str, Any]) -> None:
    """Say what was found, as the rest may take long on a busy machine."""
    found[name] = result
    print(table({"load": found["load"], name: result}).splitlines()[2], flush=True)


def made(size: str, kind: str) -> Path:
    """A file of that size, made by the Keras that is installed."""
    path = OUT / f"opening_{size}.{kind}"
    if not path.exists():
        worker("save", size, path)
    return path


def build(name: str) -> Any:
    import keras
    from keras import layers

    if name == "dense":
        inputs = keras.Input((20,))
        return keras.Model(inputs, layers.Dense(10)(layers.Dense(100, "relu")(inputs)))
    if name == "LSTM":
        return keras.Sequential(
            [keras.Input((None, 64)), layers.LSTM(256, return_sequences=True), layers.LSTM(128), layers.Dense(10)]
        )
    return getattr(keras.applications, name)(weights=None)


def compared(path: Path) -> dict[str, Any]:
    """The best of ours and of Keras', and the median of their ratios side by side."""
    runs: Runs = {"ours": [], "keras": []}
    for number in range(RUNS):
        for way in sorted(runs, reverse=bool(number % 2)):
            runs[way].append(in_child(lambda way=way: opened(way, path)))
    best = {way: {key: min(run[key] for run in each) for key in each[0]} for way, each in runs.items()}
    sides = list(zip(runs["ours"], runs["keras"], strict=True))
    ratios = {key: statistics.median(ours[key] / keras[key] for ours, keras in sides) for key in best["ours"]}
    return {"bytes": path.stat().st_size, **best, "ratios": ratios}


def in_child(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """What a child of this process measures, which has Keras imported."""
    import keras  # noqa: F401 (the child has it then)

    gc.collect()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        try:
            os.write(write, json.dumps(work()).encode())
        except Exception as error:
            os.write(write, json.dumps({"error": f"{type(error).__name__}: {error}"[:1000]}).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        found: dict[str, Any] = json.loads(pipe.read())
    os.waitpid(child, 0)
    if "error" in found:
        raise RuntimeError(found["error"])
    return found


def worker(*arguments: Any) -> Any:
    """The JSON that this script prints in a process of its own."""
    command = [sys.executable, __file__, "--worker", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def work(way: str, *arguments: str) -> dict[str, float]:
    """What one process does."""
    if way == "save":
        build(SIZES[arguments[0]]).save(arguments[1])
        return {}
    return {"export": export, "convert": convert}[way](Path(arguments[0]))


def opened(way: str, path: Path) -> dict[str, float]:
    """A first opening, and those that follow."""
    import keras

    from memory import PeakMemory

    opening = ours(path) if way == "ours" else lambda: keras.saving.load_model(path, compile=False)
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
    head = "file | MB | first opening, ms | Keras | ratio, median | again | Keras | ratio, median | memory, MB | Keras"
    lines = [f"| {head} |", "|" + " --- |" * len(head.split("|"))]
    for name, each in found.items():
        if "ratios" in (each if isinstance(each, dict) else {}):
            a, b, ratios = each["ours"], each["keras"], each["ratios"]
            keys = ("first_cpu", "again_cpu")
            times = [
                f"{a[key] * 1e3:.0f} | {b[key] * 1e3:.0f} | {a[key] / b[key]:.2f}, {ratios[key]:.2f}" for key in keys
            ]
            memory = f"{a['peak'] / 1e6:.0f} | {b['peak'] / 1e6:.0f}"
            lines.append(f"| {name} | {each['bytes'] / 1e6:.2f} | {' | '.join(times)} | {memory} |")
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
        print(json.dumps(work(*sys.argv[2:])))
    else:
        main()
