"""What quantization-aware training recovers of the accuracy that weights of 4 bits lose."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

import quantization_nets as nets
from quantization_bench import CALIBRATION, OUT, Bench
from quantization_cases import TITLES
from quantization_jobs import Job, run_jobs

KINDS = ("cnn", "v2", "v3", "eff")
MODE, EPOCHS = "weights_int4", 3
RECOVERED = 80
"""Percent of the loss that are to come back."""
FOLDER = OUT / "qat"


def measure(bench: Bench) -> tuple[dict[str, Any], str]:
    """Accuracy of the float nets, of their weights rounded, and of those trained so."""
    bench.train(KINDS)
    FOLDER.mkdir(exist_ok=True)
    rounded = [job(net, seed, "rounded") for seed in bench.seeds for net in KINDS]
    trained = [job(net, seed, "trained") for seed in bench.seeds for net in KINDS]
    made = bench.files("ours", rounded, "qat") | run_jobs(
        sys.executable, "quantization_qat_training.py", trained, bench.training_backend
    )
    files = [each for each in (*rounded, *trained) if "error" not in made[each["key"]]]
    judged = bench.judged([to_judge(each) for each in files])
    labels = np.load(OUT / "digits.npz")["yv"]
    rows = {}
    for net in KINDS:
        logits = [np.load(nets.path(OUT, net, seed).with_suffix(".npz"))["logits"] for seed in bench.seeds]
        rows[net] = {
            "float": [float(np.mean(each.argmax(-1) == labels)) for each in logits],
            **{
                way: [judged.get(f"{net}_seed{seed}.{way}", {}).get("accuracy") for seed in bench.seeds]
                for way in ("rounded", "trained")
            },
            "errors": [made[key]["error"] for key in made if key.startswith(f"{net}_") and "error" in made[key]],
        }
    return rows, table(rows)


def job(net: str, seed: int, way: str) -> Job:
    """What makes a file of a net."""
    return {
        "key": f"{net}_seed{seed}.{way}",
        "net": str(nets.path(OUT, net, seed)),
        "mode": MODE,
        "data": str(CALIBRATION),
        "digits": str(OUT / "digits.npz"),
        "epochs": EPOCHS,
        "target": str(FOLDER / f"{net}_seed{seed}.{way}.tflite"),
    }


def to_judge(made: Job) -> Job:
    """The file of a job, with what the float model computes."""
    logits = made["net"].replace(".keras", ".npz")
    return {"key": made["key"], "file": made["target"], "digits": made["digits"], "logits": logits}


def table(rows: Mapping[str, Any]) -> str:
    """The rows in Markdown; what is recovered is of the mean loss."""
    lines = [f"| {MODE} | float | rounded | {EPOCHS} epochs of training | recovered | reached |", "| --- " * 6 + "|"]
    for net, row in rows.items():
        if None in (*row["rounded"], *row["trained"]):
            lines.append(f"| {TITLES[net]} | | | {row['errors'][0].splitlines()[0]} | | no |")
            continue
        real, rounded, trained = (100 * float(np.mean(row[way])) for way in ("float", "rounded", "trained"))
        back = 100 * (trained - rounded) / (real - rounded) if real > rounded else 100.0
        cells = [TITLES[net], *(f"{percent:.1f} %" for percent in (real, rounded, trained)), f"{back:.0f} %"]
        lines.append("| " + " | ".join([*cells, "yes" if back >= RECOVERED else "no"]) + " |")
    return "\n".join(lines) + "\n"
