"""How long quantizing takes, and how fast what comes of it runs, on networks of a real size with seeded weights."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

import models
from quantization_bench import OUT, SCRIPTS, Bench
from quantization_jobs import Job, Result, run_jobs

NETS = {"MobileNetV2": 20, "ResNet50": 100}
"""Networks, and how many images calibrate them."""
SIZE = 224
TIMED = "ResNet50"
MODES = ("float32", "int8", "dynamic_int8")
BOTH = "TensorFlow's float file and ai-edge-quantizer"
"""From a model of Keras, as the others: ai-edge-quantizer reads a file."""
FOLDER = OUT / "speed"
UNITS = {"seconds": "from start to end", "cpu_seconds": "of processors"}


def measure(bench: Bench) -> tuple[dict[str, Any], str]:
    """Seconds of quantizing, and milliseconds of a call with one thread."""
    FOLDER.mkdir(exist_ok=True)
    for name, count in NETS.items():
        if not (FOLDER / f"{name}.keras").exists():
            models.build(name).save(FOLDER / f"{name}.keras")
            np.savez(FOLDER / f"{name}.npz", x=photographs(count))
    made = {
        who: bench.files(who, [job(who, name, mode) for name in NETS for mode in MODES], "speed")
        for who in SCRIPTS
        if who != "ai-edge-quantizer"
    }
    edge = [job("ai-edge-quantizer", TIMED, "int8") | {"source": str(FOLDER / f"{TIMED}.float32.official.tflite")}]
    made["ai-edge-quantizer"] = bench.files("ai-edge-quantizer", edge, "speed")
    timed = run_jobs(sys.executable, "quantization_timing.py", pairs(made))
    seconds = {who: results[f"{TIMED}.int8"] for who, results in made.items()}
    seconds[BOTH] = together(seconds["ai-edge-quantizer"], made["official"][f"{TIMED}.float32"])
    return {"seconds": seconds, "latency": timed}, table(seconds, timed)


def together(quantizing: Result, converting: Result) -> Result:
    """What both take, one after the other."""
    if failed := quantizing.get("error") or converting.get("error"):
        return {"error": failed}
    return {unit: quantizing[unit] + converting[unit] for unit in UNITS}


def photographs(count: int) -> Any:
    """Smooth images in 0..255, seeded."""
    small = np.random.default_rng(0).uniform(0, 255, (count, 14, 14, 3)).astype("float32")
    return np.asarray(keras.ops.image.resize(small, (SIZE, SIZE), interpolation="bilinear"))


def job(who: str, name: str, mode: str) -> Job:
    """What a quantizer has to do; `target` says whose file it is."""
    return {
        "key": f"{name}.{mode}",
        "net": str(FOLDER / f"{name}.keras"),
        "mode": mode,
        "data": str(FOLDER / f"{name}.npz"),
        "target": str(FOLDER / f"{name}.{mode}.{who}.tflite"),
    }


def pairs(made: Mapping[str, Mapping[str, Result]]) -> list[Job]:
    """What is timed in turn: int8 of ours and theirs, and dynamic int8 beside float32 of each."""
    found = []
    for name in NETS:
        for first, second in (
            (("ours", "int8"), ("official", "int8")),
            (("ours", "dynamic_int8"), ("ours", "float32")),
            (("official", "dynamic_int8"), ("official", "float32")),
        ):
            if not any("error" in made[who][f"{name}.{mode}"] for who, mode in (first, second)):
                files = [job(who, name, mode)["target"] for who, mode in (first, second)]
                key = f"{name}: {' '.join(first)} / {' '.join(second)}"
                found.append({"key": key, "files": files, "data": str(FOLDER / f"{name}.npz")})
    return found


def quickest(seconds: Mapping[str, Result], unit: str) -> str:
    """Who took the least from a model of Keras."""
    whole = [who for who in seconds if who != "ai-edge-quantizer"]
    return min(whole, key=lambda who: seconds[who].get(unit, np.inf))


def table(seconds: Mapping[str, Result], timed: Mapping[str, Result]) -> str:
    """Both in Markdown."""
    reached = {unit: quickest(seconds, unit) == "ours" for unit in ("seconds", "cpu_seconds")}
    lines = [
        f"| {TIMED} int8 on {NETS[TIMED]} images | {' | '.join(seconds)} | reached |",
        "| --- " * (len(seconds) + 2) + "|",
    ]
    for unit, done in reached.items():
        said = [f"{result[unit]:.1f} s" if "error" not in result else result["error"] for result in seconds.values()]
        lines.append(f"| {UNITS[unit]} | {' | '.join(said)} | {'yes' if done else 'no'} |")
    lines += [
        "",
        "| one thread, one image | ms | ms | ratio | of processors | reached |",
        "| --- " * 6 + "|",
    ]
    for key, result in timed.items():
        if "error" in result:
            lines.append(f"| {key} | {result['error']} | | | | |")
        else:
            first, second, ratio = result["ms"], result["other_ms"], result["ratio"]
            judged = "" if key.split(": ")[1].startswith("official") else "yes" if round(ratio, 2) <= 1 else "no"
            lines.append(f"| {key} | {first:.2f} | {second:.2f} | {ratio:.2f} | {result['cpu']:.2f} | {judged} |")
    return "\n".join(lines) + "\n"
