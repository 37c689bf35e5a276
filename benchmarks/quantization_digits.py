"""Nets on digits as integers and in fewer bits: signal above noise and accuracy, beside the rivals'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import quantization_nets as nets
from quantization_bench import CALIBRATION, OUT, Bench
from quantization_cases import CASES, RIVALS, Case, Figures, as_json, table
from quantization_jobs import Job, Result

RECURRENT = ("lstm", "gru", "rnn")


def measure(bench: Bench) -> tuple[dict[str, Any], str]:
    """The figures of all cases, and their table."""
    cases = [case for case in CASES if bench.only in case.name]
    bench.train({case.net for case in cases})
    made = {who: bench.files(who, list(jobs(bench, who, cases))) for who in ("ours", "official")}
    made["ai-edge-quantizer"] = bench.files("ai-edge-quantizer", list(of_float_files(bench, cases, made["official"])))
    judged = bench.judged([job for who in made for job in to_judge(bench, who, cases, made[who])])
    found = {case.name: figures(bench, case, made, judged) for case in cases}
    return as_json(found), table(found, cases)


def jobs(bench: Bench, who: str, cases: Sequence[Case]) -> Iterable[Job]:
    """What ours and the official converter make of Keras files; the official one also the float files for the other rival."""
    modes = [(case.net, case.mode) for case in cases if who == "ours" or who in case.rivals]
    if who == "official":
        modes += dict.fromkeys((case.net, "float32") for case in cases if RIVALS[1] in case.rivals)
    for seed in bench.seeds:
        for net, mode in modes:
            job = {
                "key": f"{net}_seed{seed}.{mode}",
                "net": str(nets.path(OUT, net, seed)),
                "mode": mode,
                "data": str(CALIBRATION),
                "target": target(who, net, mode, seed),
            }
            yield job | ({"batch": 1} if who == "official" and net in RECURRENT else {})


def of_float_files(bench: Bench, cases: Sequence[Case], official: dict[str, Result]) -> Iterable[Job]:
    """What ai-edge-quantizer makes of the official converter's float files, where there are such."""
    for seed in bench.seeds:
        for case in cases:
            source = f"{case.net}_seed{seed}.float32"
            if RIVALS[1] in case.rivals and "error" not in official[source]:
                yield {
                    "key": f"{case.net}_seed{seed}.{case.mode}",
                    "source": target("official", case.net, "float32", seed),
                    "mode": case.mode,
                    "data": str(CALIBRATION),
                    "target": target("ai-edge-quantizer", case.net, case.mode, seed),
                }


def target(who: str, net: str, mode: str, seed: int) -> str:
    """Where a file lies."""
    folder = OUT / who
    folder.mkdir(exist_ok=True)
    return str(folder / f"{net}_seed{seed}.{mode}.tflite")


def to_judge(bench: Bench, who: str, cases: Sequence[Case], made: dict[str, Result]) -> Iterable[Job]:
    """The files that there are, with what the float model computes."""
    for seed in bench.seeds:
        for case in cases:
            key = f"{case.net}_seed{seed}.{case.mode}"
            if key in made and "error" not in made[key]:
                yield {
                    "key": f"{who}/{key}",
                    "file": target(who, case.net, case.mode, seed),
                    "digits": str(OUT / "digits.npz"),
                    "logits": str(nets.path(OUT, case.net, seed).with_suffix(".npz")),
                }


def figures(
    bench: Bench, case: Case, made: dict[str, dict[str, Result]], judged: dict[str, Result]
) -> dict[str, Figures]:
    """What each came to in a case, and the float model."""
    labels = np.load(OUT / "digits.npz")["yv"]
    found = {"float": Figures((), tuple(real_accuracy(case.net, seed, labels) for seed in bench.seeds))}
    for who, results in made.items():
        decibels, accuracies, errors = [], [], []
        for seed in bench.seeds:
            key = f"{case.net}_seed{seed}.{case.mode}"
            if key not in results:
                continue
            result = judged.get(f"{who}/{key}", results[key])
            if "error" in result:
                errors.append(short(result["error"], "error" in results[key]))
            else:
                decibels.append(result["decibels"])
                accuracies.append(result["accuracy"])
        found[who] = Figures(tuple(decibels), tuple(accuracies), tuple(errors))
    return found


def real_accuracy(net: str, seed: int, labels: Any) -> float:
    """The accuracy of the float model."""
    logits = np.load(nets.path(OUT, net, seed).with_suffix(".npz"))["logits"]
    return float(np.mean(logits.argmax(-1) == labels))


def short(error: str, converting: bool) -> str:
    """A failure in a cell of a table; the results in JSON have all that was said."""
    if error.startswith(("died", "hung")):
        return error if converting else f"the file {error}"
    return "no file" if converting else "does not load"
