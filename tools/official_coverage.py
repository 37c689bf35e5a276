"""Measure the official converter with the table of conformance: write docs/reference/official.json.

Run `python tools/official_coverage.py PYTHON`, where PYTHON is that of an environment with tensorflow-cpu and keras
(`make bench` makes `.venv-official`). Each case is converted by `tf.lite.TFLiteConverter.from_keras_model` on the
TensorFlow backend: builtin operators only, the batch open; run at two batches in TensorFlow's interpreter, and compared
with Keras. Cases run in a process of their own, as some end it. Cases that were measured are not measured
again unless `--again` says so, so that the run may be interrupted.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "numpy"

import argparse
import datetime
import json
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

from cases.table import CASES  # noqa: E402

PATH = ROOT / "docs" / "reference" / "official.json"
WAITING = 1800.0
"""Seconds for an answer, on a machine that has other things to do; the worker itself counts what a case computes."""
ENDS = "not run: ends the process"


class Worker:
    """A process that measures cases until it ends."""

    def __init__(self, python: str) -> None:
        command = ["nice", "-n", "19", python, str(ROOT / "tools" / "official_worker.py")]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        started = self.answers.get(timeout=WAITING)
        if started is None:
            raise SystemExit(f"{python} cannot run tools/official_worker.py")
        self.versions: dict[str, str] = started["versions"]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith('{"'):
                self.answers.put(json.loads(line))
        self.answers.put(None)

    def outcome(self, case: str) -> str:
        """What became of a case; where this ends the process, `is_alive` is false afterwards."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        try:
            answer = self.answers.get(timeout=WAITING)
        except queue.Empty:
            answer = None
        if answer is not None:
            return str(answer["outcome"])
        self.end()
        return "not converted: takes minutes" if self.process.returncode == -signal.SIGXCPU else ENDS

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """Wait for a process that ends by itself; end one that hangs."""
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def read() -> dict[str, Any]:
    """What was measured so far."""
    empty: dict[str, Any] = {"date": "", "versions": {}, "outcomes": {}}
    return json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else empty


def write(measured: dict[str, Any]) -> None:
    """The outcomes of cases that the table has, in its order."""
    outcomes = measured["outcomes"]
    kept = {case.id: outcomes[case.id] for case in CASES if case.id in outcomes}
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps({**measured, "outcomes": kept}, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


def in_turn() -> list[str]:
    """The first case of every name, then the second ones, and so on: an interrupted run has something of each."""
    seen: Counter[str] = Counter()
    places: list[tuple[int, int, str]] = []
    for case in CASES:
        places.append((seen[case.name], len(places), case.id))
        seen[case.name] += 1
    return [case for _, _, case in sorted(places)]


def main() -> None:
    """Measure what is not measured yet."""
    parser = argparse.ArgumentParser(description="Measure the official converter with the table of conformance.")
    parser.add_argument("python", help="the Python of an environment with tensorflow-cpu and keras")
    parser.add_argument("--again", action="store_true", help="measure everything again")
    arguments = parser.parse_args()
    measured = read()
    if arguments.again:
        measured["outcomes"] = {}
    left = [case for case in in_turn() if case not in measured["outcomes"]]
    worker = None
    for count, case in enumerate(left, 1):
        if worker is None or not worker.is_alive:
            worker = Worker(arguments.python)
            measured |= {"date": datetime.date.today().isoformat(), "versions": worker.versions}
        outcome = worker.outcome(case)
        measured["outcomes"][case] = outcome
        if count % 20 == 0 or count == len(left):
            write(measured)
            print(f"{count} of {len(left)}", flush=True)


if __name__ == "__main__":
    main()
