"""Calibration sets, of which some are what people hand in by mistake: and which of them are found to be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import quantization_nets as nets
from quantization_bench import OUT, Bench
from quantization_cases import KINDS, TITLES

Array = np.ndarray[Any, Any]
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
    """Of each set: in how many nets something is found wrong with it, and which codes. No real images are there to compare."""
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
            "mode": "check",
            "data": str(folder / f"{number}.npz"),
        }
        for seed in bench.seeds
        for net in KINDS
        for number in range(len(made))
    ]
    results = bench.files("ours", jobs, "sets")
    rows = {}
    for number, name in enumerate(made):
        of = {key: result for key, result in results.items() if key.endswith(f".{number}")}
        rows[name] = {
            "bad": name not in GOOD,
            "flagged": sum(not result.get("passed", True) for result in of.values()),
            "of": len(of),
            "codes": sorted({code for result in of.values() for code in result.get("codes", ())}),
            "missed_in": [key for key, result in of.items() if result.get("passed") == (name not in GOOD)],
        }
    return rows, table(rows)


def table(rows: Mapping[str, Any]) -> str:
    """The sets in Markdown."""
    lines = ["| calibrated with | is | flagged | as | reached |", "| --- " * 5 + "|"]
    for name, row in rows.items():
        reached = row["flagged"] == (row["of"] if row["bad"] else 0)
        kind, codes = "bad" if row["bad"] else "good", ", ".join(row["codes"]) or "-"
        cells = [name, kind, f"in {row['flagged']} nets of {row['of']}", codes, "yes" if reached else "no"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + f"\n\nNets: {', '.join(TITLES[net] for net in KINDS)}.\n"
