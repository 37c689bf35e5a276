"""Calibration sets, of which some are what people hand in by mistake: which are found to be wrong, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import quantization_nets as nets
from quantization_bench import OUT, Bench
from quantization_cases import KINDS, TITLES

Array = np.ndarray[Any, Any]
CHECKS = "Q2"
"""How the codes begin of what is found wrong with data."""
COUNT = 128
GOOD = ("32 images", "128 images", "500 images")


def sets(images: Array, labels: Array) -> dict[str, Array]:
    """Three sets of real images, and six of something else, by name."""
    random = np.random.default_rng(0)
    shape = (COUNT, *images.shape[1:])
    return {
        **{name: images[: int(name.split()[0])] for name in GOOD},
        "uniform noise": random.random(shape, "float32"),
        "normal noise": random.standard_normal(shape, "float32"),
        "[-1, 1] for [0, 1]": images[:COUNT] * 2 - 1,
        "x 255": images[:COUNT] * 255,
        "zeros": np.zeros(shape, "float32"),
        "one class": images[labels == 3][:COUNT],
    }


def measure(bench: Bench) -> tuple[dict[str, Any], str]:
    """Of each set: in how many nets something is found, which codes, and the signal above noise of what it makes."""
    bench.train(KINDS)
    data = np.load(OUT / "digits.npz")
    folder = OUT / "sets"
    folder.mkdir(exist_ok=True)
    made = sets(data["xt"], data["yt"])
    for number, images in enumerate(made.values()):
        np.savez(folder / f"{number}.npz", x=images)
    jobs = [
        {
            "key": f"{net}_seed{seed}.{number}",
            "net": str(nets.path(OUT, net, seed)),
            "mode": "int8",
            "data": str(folder / f"{number}.npz"),
            "target": str(folder / f"{net}_seed{seed}.{number}.tflite"),
        }
        for seed in bench.seeds
        for net in KINDS
        for number in range(len(made))
    ]
    results = bench.files("ours", jobs, "sets")
    judged = bench.judged([to_judge(job) for job in jobs if "error" not in results[job["key"]]])
    rows = {}
    for number, name in enumerate(made):
        keys = [job["key"] for job in jobs if job["key"].endswith(f".{number}")]
        codes = [[code for code in results[key].get("codes", ()) if code.startswith(CHECKS)] for key in keys]
        losses = [judged[key].get("decibels") for key in keys if key in judged]
        rows[name] = {
            "bad": name not in GOOD,
            "flagged": sum(map(bool, codes)),
            "of": len(keys),
            "codes": sorted({code for found in codes for code in found}),
            "decibels": losses,
            "by_net": {
                net: sum(bool(c) for key, c in zip(keys, codes, strict=True) if key.startswith(f"{net}_"))
                for net in KINDS
            },
        }
    return rows, table(rows)


def to_judge(job: dict[str, Any]) -> dict[str, Any]:
    """The file of a job, with what the float model computes."""
    logits = Path(job["net"]).with_suffix(".npz")
    return {"key": job["key"], "file": job["target"], "digits": str(OUT / "digits.npz"), "logits": str(logits)}


def table(rows: Mapping[str, Any]) -> str:
    """The sets in Markdown."""
    lines = ["| calibrated with | is | flagged | as | signal above noise | reached |", "| --- " * 6 + "|"]
    for name, row in rows.items():
        found = [loss for loss in row["decibels"] if loss is not None]
        reached = row["flagged"] == (row["of"] if row["bad"] else 0)
        noise = f"{np.median(found):.1f} dB ({min(found):.1f} to {max(found):.1f})" if found else "no file"
        kind, codes = "bad" if row["bad"] else "good", ", ".join(row["codes"]) or "-"
        cells = [name, kind, f"{row['flagged']} of {row['of']}", codes, noise, "yes" if reached else "no"]
        lines.append("| " + " | ".join(cells) + " |")
    nets_said = ", ".join(TITLES[net] for net in KINDS)
    return "\n".join(lines) + f"\n\nNets: {nets_said}.\n"
