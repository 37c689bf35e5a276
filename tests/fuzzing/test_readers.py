"""Every reader on changed files: a finding or a model, never a crash, a hang, or memory over 1 GB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("worker.py")
READERS = ("frozen", "saved_model", "checkpoint", "keras", "hdf5", "weights", "code", "litert")

QUICK, MANY = 25, 1000
"""How many files of each reader are tried each time, and by `make test-all`."""


def tried(readers, first, count, folder):
    """What went wrong, by the case, and how many files each reader read."""
    command = [sys.executable, str(WORKER), str(first), str(count), *readers]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120 + 10 * count)
    lines = process.stdout.splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    wrong = {each["case"]: each["problem"] for each in said if "case" in each}
    if process.returncode:
        begun = [line.removeprefix("case ") for line in lines if line.startswith("case ")]
        wrong[(begun or ["before"])[-1]] = f"the process ended with {process.returncode}: {process.stderr[-2000:]}"
    return wrong, {each["reader"]: each["read"] for each in said if "reader" in each}


def test_changed_files(tmp_path):
    """Some are sound enough to give a model, which shows that the others are almost so.

    One process tries all readers: to begin one takes as long as a hundred files.
    """
    wrong, read = tried(READERS, 0, QUICK, tmp_path)
    assert wrong == {}
    assert read.keys() == set(READERS)
    assert min(read.values()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_many_changed_files(reader, tmp_path):
    wrong, _ = tried([reader], 10_000, MANY, tmp_path)
    assert wrong == {}
