"""What quantization-aware training recovers of what weights of 4 bits lose, and how exactly it simulates int8."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import quantization_nets as nets
from quantization_bench import CALIBRATION, OUT, Bench
from quantization_cases import TITLES
from quantization_jobs import Job, Result, run_jobs
from quantization_judging import cross_entropy

KINDS = ("cnn", "v2", "v3", "eff", "v2_2oct", "v2_3oct")
MODE, EPOCHS = "weights_int4", 3
WAYS = ("rounded", "refined", "trained")
"""To the nearest integers; as the calibration images say; and trained from these on."""
JOBS = ("rounded", "trained", "int8")
RECOVERED, WITHIN = 80, 99.9
"""Percent of the loss that are to come back, and of the outputs that are to be one step off at most."""
FOLDER = OUT / "qat"


def measure(bench: Bench) -> tuple[dict[str, Any], str]:
    """Accuracy of the float nets, of their weights rounded, and of those trained so."""
    kinds = [net for net in KINDS if bench.only in net]
    bench.train(kinds)
    FOLDER.mkdir(exist_ok=True)
    jobs = [job(net, seed, way) for seed in bench.seeds for net in kinds for way in JOBS]
    made = run_jobs(sys.executable, "quantization_qat_training.py", jobs, bench.training_backend)
    judged = bench.judged(list(to_judge(jobs)))
    labels = np.load(OUT / "digits.npz")["yv"]
    rows = {net: row(net, bench, made, judged, labels) for net in kinds}
    return rows, table(rows)


def row(
    net: str, bench: Bench, made: Mapping[str, Result], judged: Mapping[str, Result], labels: Any
) -> dict[str, Any]:
    """What was measured of a net: for each seed, shares of images, and of outputs."""
    logits = [np.load(nets.path(OUT, net, seed).with_suffix(".npz"))["logits"] for seed in bench.seeds]
    found = {way: [judged.get(f"{net}_seed{seed}.{way}", {}) for seed in bench.seeds] for way in WAYS}
    return {
        "float": [float(np.mean(each.argmax(-1) == labels)) for each in logits],
        **{way: [each.get("accuracy") for each in own] for way, own in found.items()},
        "float_entropy": [cross_entropy(each, labels) for each in logits],
        **{f"{way}_entropy": [each.get("cross_entropy") for each in own] for way, own in found.items()},
        **{share: [made[f"{net}_seed{seed}.int8"].get(share) for seed in bench.seeds] for share in ("within", "exact")},
        "errors": [made[key]["error"] for key in made if key.startswith(f"{net}_seed") and "error" in made[key]],
    }


def job(net: str, seed: int, way: str) -> Job:
    """What makes a file of a net."""
    return {
        "key": f"{net}_seed{seed}.{way}",
        "net": str(nets.path(OUT, net, seed)),
        "kind": net,
        "way": way,
        "mode": MODE,
        "data": str(CALIBRATION),
        "digits": str(OUT / "digits.npz"),
        "epochs": EPOCHS,
        "targets": {own: str(FOLDER / f"{net}_seed{seed}.{own}.tflite") for own in WAYS},
    }


def to_judge(jobs: Sequence[Job]) -> Iterator[Job]:
    """The files of jobs, each with what the float model computes."""
    for made in jobs:
        logits = made["net"].replace(".keras", ".npz")
        for way in WAYS if made["way"] == "trained" else ():
            key = made["key"].replace(".trained", f".{way}")
            yield {"key": key, "file": made["targets"][way], "digits": made["digits"], "logits": logits}


def table(rows: Mapping[str, Any]) -> str:
    """The rows in Markdown: accuracy and cross entropy of each way; what is recovered is of the mean cross entropy."""
    names = ("float", "rounded", "200 images", f"{EPOCHS} epochs", "recovered", "int8 within one step", "reached")
    lines = [f"| {MODE} | {' | '.join(names)} |", "| --- " * (len(names) + 1) + "|"]
    return "\n".join([*lines, *(line(net, own) for net, own in rows.items())]) + "\n"


def line(net: str, own: Mapping[str, Any]) -> str:
    """One row: where nothing is lost, nothing can come back, and nothing may be lost by training.

    It is by cross entropy: where rounding costs one image in 500, accuracy is chance.
    """
    if own["errors"]:
        return f"| {TITLES[net]} | | | | {own['errors'][0].splitlines()[0]} | | | no |"
    ways = ("float", *WAYS)
    percents = [100 * float(np.mean(own[way])) for way in ways]
    real, rounded, _, trained = entropies = [float(np.mean(own[f"{way}_entropy"])) for way in ways]
    within = 100 * float(np.mean(own["within"]))
    lost = rounded - real
    back = f"{100 * (rounded - trained) / lost:.0f} %" if lost > 0 else "nothing lost"
    reached = within >= WITHIN and rounded - trained >= RECOVERED / 100 * lost
    both = [f"{percent:.1f} %, {entropy:.3f}" for percent, entropy in zip(percents, entropies, strict=True)]
    return f"| {' | '.join([TITLES[net], *both, back, f'{within:.2f} %', 'yes' if reached else 'no'])} |"
